"""One trial with all that was said and judged in it, read back from its rows."""

from datetime import datetime

from probewright.campaigns import models
from probewright.campaigns.browsing import Conversation, Place, Turn
from probewright.campaigns.rows.columns import exchanges_of
from probewright.campaigns.rows.reading import results_of
from probewright.types import Exchange, Generate, Message, Role, Status, Verdict


def conversation(campaign: int, place: Place) -> Conversation | None:
    """The trial at this place of a campaign; None where it has no outcome."""
    within = models.Transcript.objects.filter(case__campaign=campaign)
    rows = within.filter(case__position=place.position, trial=place.trial)
    found = rows.values_list("case_id", "case__content").first()
    if found is None:
        return None
    case, content = found
    said = exchanges_of(models.Exchange.objects.filter(case=case, trial=place.trial))
    return Conversation(
        result=next(results_of(rows)),
        expected=(content or {}).get("expected"),
        turns=_turns(said.get((case, place.trial), ())),
        verdicts=_verdicts(case, place.trial),
        before=_neighbour(campaign, place, is_before=True),
        after=_neighbour(campaign, place, is_before=False),
    )


def _neighbour(campaign: int, place: Place, is_before: bool) -> Place | None:
    """The trial next to a place, in case order: one of the same case, else of the next case that has one."""
    side, sign = ("lt", "-") if is_before else ("gt", "")
    rows = models.Transcript.objects.filter(case__campaign=campaign)
    same = rows.filter(**{"case__position": place.position, f"trial__{side}": place.trial}).order_by(f"{sign}trial")
    other = rows.filter(**{f"case__position__{side}": place.position}).order_by(f"{sign}case__position", f"{sign}trial")
    for nearest in (same, other):
        if found := nearest.values_list("case__position", "trial").first():
            return Place(*found)
    return None


def _turns(exchanges: tuple[Exchange, ...]) -> tuple[Turn, ...]:
    turns = []
    seen: dict[tuple[Role, str], tuple[Message, ...]] = {}
    for exchange in exchanges:
        address = (exchange.ask.role, exchange.ask.to)
        messages, known = _messages(exchange), seen.get(address, ())
        goes_on = bool(known) and messages[: len(known)] == known  # then the answer to `known` follows, said already
        turns.append(Turn(exchange, messages[len(known) + 1 :] if goes_on else messages))
        seen[address] = messages
    return tuple(turns)


def _messages(exchange: Exchange) -> tuple[Message, ...]:
    request = exchange.ask.request
    if isinstance(request, Generate):
        return request.messages
    return (Message("user", request.prefix),) if isinstance(request.prefix, str) else request.prefix


def _verdicts(case: int, trial: int) -> tuple[tuple[datetime, Verdict], ...]:
    rows = models.Verdict.objects.filter(case=case, trial=trial).order_by("pk")
    columns = ("created_at", "oracle", "version", "status", "label", "score", "reason")
    return tuple(
        (when, Verdict(oracle, version, Status(status), label, score, reason))
        for when, oracle, version, status, label, score, reason in rows.values_list(*columns)
    )
