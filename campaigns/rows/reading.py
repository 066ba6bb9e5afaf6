"""Reading campaigns back from their rows, a page at a time, so that a large campaign needs no large memory."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from probewright import registry
from probewright.campaigns import models
from probewright.campaigns.engine.parts import named
from probewright.campaigns.rejudged import Rejudged
from probewright.campaigns.results import Facts, Live, Result, Said
from probewright.campaigns.rows import counters, leases, sittings
from probewright.campaigns.rows.codec import messages_from_json
from probewright.campaigns.rows.columns import OUTCOME, outcome_of, verdicts_of
from probewright.campaigns.rows.deciding import Deciders, changes, deciders, spec_rules
from probewright.campaigns.rows.failures import failure_of
from probewright.campaigns.specs.judges import kind_of
from probewright.errors import ConfigError, unknown
from probewright.figures import counted
from probewright.findings import Judged
from probewright.testgen.described import described
from probewright.types import Axes, Cell, Hole, HoleKind, Items, Message, Outcome, Role, Space, Verdict

PAGE = 500


def facts(row: models.Campaign, by: str = "") -> Facts:
    """The campaign as a whole, as decided, or as read by another oracle; see `reader`."""
    family = described(row.spec["family"])
    rules = _rules(row, by)
    oracle = registry.load("oracle", kind_of(rules[0]))
    verdict = _deciding_verdict(row, by)
    total = counters.total(row.pk)
    cut_off = models.Exchange.objects.filter(case__campaign=row, role=Role.TARGET, finish_reason="length").count()
    return Facts(
        id=row.pk,
        name=row.name,
        state=row.state,
        stop_kind=row.stop_kind,
        stop_reason=row.stop_reason,
        started=row.created_at.isoformat(timespec="seconds"),
        spec=row.spec,
        target=describe_target(row.spec["target"]),
        oracle=verdict.oracle if verdict else oracle.name,
        oracle_version=verdict.version if verdict else oracle.version,
        failure=failure_of(row, deciders(row, by)),
        family=row.spec["family"]["kind"],
        source=family.source,
        space=_space(row.space),
        criterion=row.criterion,
        wanted=row.wanted,
        planned=row.planned,
        trials=row.spec["limits"]["trials"],
        cut_off=cut_off,
        holes=tuple(_hole(hole) for hole in row.holes.order_by("cell", "index")),
        spent=total.spent,
        retries=total.retries,
        seconds=total.seconds,
        rated=family.rated,
        cluster=family.cluster,
        rules=rules,
        read_by=by,
        provenance=_provenance(row),
    )


def live(row: models.Campaign) -> Live:
    """Where the campaign stands now."""
    total = counters.total(row.pk)
    is_whole = row.state == models.CampaignState.FINISHED and not row.stop_kind
    planned = row.planned if is_whole else row.wanted
    return Live(
        id=row.pk,
        name=row.name,
        state=row.state,
        stop_kind=row.stop_kind,
        stop_reason=row.stop_reason,
        total=planned * row.spec["limits"]["trials"],
        counts=total.counts,
        spent=total.spent,
        retries=total.retries,
        seconds=total.seconds,
        holes=row.hole_count,
        workers=tuple(leases.workers(row.pk)),
    )


def reader(row: models.Campaign, name: str) -> str:
    """What to read a campaign ``by``, to see it as decided by the oracle ``name``: empty where it is decided so.

    Raises:
        ConfigError: this oracle has not judged all that was judged.
    """
    known = dict.fromkeys((*spec_rules(row), *sittings.judges(row)))
    if not name or name == (row.decided_by or spec_rules(row)[0]):
        return ""
    if name not in known:
        said = unknown(f"oracle of campaign {row.pk}", name, known)
        raise ConfigError(f"{said}; probewright rejudge {row.pk} --oracle NAME has another one judge it")
    if left := sittings.missing(row, name):
        raise ConfigError(
            f"campaign {row.pk} cannot be read by {name!r}: {counted(left, 'judged trial')} without a verdict of it; "
            f"probewright rejudge {row.pk} --oracle {name} adds them"
        )
    return name


def rejudged(row: models.Campaign, facts: Facts) -> Rejudged | None:
    """What judging again changed; None where the outcomes are those that the run ended with."""
    own = spec_rules(row)[0]
    first = _first_verdict(row)
    if first is None or not (facts.read_by or row.decided_by or own in sittings.settled(row)):
        return None
    run, by = deciders(row, own), deciders(row, facts.read_by)
    decided, decided_by = _deciding_verdict(row, ""), deciders(row)
    return Rejudged(
        by=_together(facts.judged_by, by),
        first=_together(f"{first.oracle} {first.version}", run),
        decided_by=_together(f"{decided.oracle} {decided.version}", decided_by) if decided else "",
        failures=(failure_of(row, run), facts.failure),
        changes=changes(row, run, by),
    )


def _together(judged_by: str, who: Deciders) -> str:
    """An oracle with its version, and who confirms its failures."""
    return f"{judged_by} with {who.confirmer}" if who.confirmer else judged_by


def _rules(row: models.Campaign, by: str) -> tuple[str, ...]:
    """The names of all oracles that judged, first the one whose verdicts are read."""
    of_spec = spec_rules(row)
    deciding = by or row.decided_by or of_spec[0]
    return tuple(dict.fromkeys((deciding, *of_spec, *sittings.settled(row))))


def _first_verdict(row: models.Campaign) -> models.Verdict | None:
    return models.Verdict.objects.filter(case__campaign=row).order_by("pk").first()


def _deciding_verdict(row: models.Campaign, by: str) -> models.Verdict | None:
    """The latest verdict of the oracle that is read; of the spec's own, the first, unless it judged again."""
    first = _first_verdict(row)
    name = by or row.decided_by
    if first is None or not (name or sittings.judges(row)):
        return first
    return sittings.verdicts(row, name or first.oracle).order_by("-pk").first()


def _provenance(row: models.Campaign) -> dict[str, dict[str, Any]]:
    """What endpoints said of themselves, and under which names their models answered: a provider may change those."""
    found = sittings.provenance(row)
    answered = models.Exchange.objects.filter(case__campaign=row).exclude(model="")
    for role, to, model in answered.values_list("role", "to", "model").distinct().order_by("role", "to", "model"):
        names = found.setdefault(named((Role(role), to)), {})
        names["models_reported"] = f"{names['models_reported']}, {model}" if "models_reported" in names else model
    return found


def describe_target(target: dict[str, Any]) -> str:
    """A target in a few words, from its part of the spec."""
    if "base" in target:
        return f"{target['kind']} from {describe_target(target['base'])}"
    if "callable" in target:
        return f"{target['callable']} ({target['kind']})"
    where = f" at {target['base_url']}" if target.get("base_url") else ""
    prompted = ", with a system prompt" if target.get("system") else ""
    return f"{target.get('model', target['kind'])} ({target['kind']}{where}{prompted})"


def outcomes(row: models.Campaign, by: str = "") -> Iterator[Outcome]:
    """Every outcome of a campaign, in case order, as decided, or as read by another oracle; see `reader`."""
    if by:
        yield from (trial.outcome for trial in judged(row, by))
        return
    for page in _pages(row):
        for columns in page.values_list(*OUTCOME):
            yield outcome_of(*columns)


def judged(row: models.Campaign, by: str = "") -> Iterator[Judged]:
    """Every outcome with the latest verdict of each oracle, in case order."""
    unread, reading_by = sittings.unread(row), deciders(row, by) if by else None
    for page in _pages(row):
        rows = list(page.values_list("case_id", *OUTCOME))
        verdicts = verdicts_of(models.Verdict.objects.filter(case__in={case for case, *_ in rows}), unread)
        for case, *columns in rows:
            outcome = outcome_of(*columns)
            said = verdicts.get((case, outcome.trial), {})
            yield Judged(_decided(outcome, said, reading_by) if reading_by else outcome, said)


def _decided(outcome: Outcome, said: Mapping[str, Verdict], by: Deciders) -> Outcome:
    """The outcome by other verdicts; a trial that nobody judged, such as a blocked one, stays as it is."""
    if not said:
        return outcome
    status, reason = by.ruling(said)
    first = said.get(by.oracle)
    label, score = (first.label, first.score) if first else ("", None)
    return replace(outcome, status=status, reason=reason, label=label, score=score)


def results(row: models.Campaign, by: str = "") -> Iterator[Result]:
    """Every trial that has an outcome, with its words, in case order, as decided or as read by another oracle."""
    if by:
        for result, outcome in zip(results(row), outcomes(row, by), strict=True):
            yield replace(result, outcome=outcome)
        return
    for page in _pages(row):
        yield from results_of(page)


def results_of(page: QuerySet[models.Transcript]) -> Iterator[Result]:
    """The trials of one page, with their words, in the page's order."""
    rows = list(page.values_list("case_id", "case__position", "case__content", *OUTCOME))
    words = _words({case for case, *_ in rows})
    for case, position, content, *columns in rows:
        outcome = outcome_of(*columns)
        yield Result(position, outcome, words.get((case, outcome.trial)) or _planned_words(content))


def _pages(row: models.Campaign) -> Iterator[QuerySet[models.Transcript]]:
    """Pages by key (position of the case), never by offset: a page costs the same at the end as at the start."""
    for first in range(0, row.next_position, PAGE):
        within = models.Transcript.objects.filter(
            case__campaign=row, case__position__gte=first, case__position__lt=first + PAGE
        )
        yield within.order_by("case__position", "trial")


def _words(cases: Iterable[int]) -> dict[tuple[int, int | None], Said]:
    rows = models.Exchange.objects.filter(case__in=cases, role=Role.TARGET).order_by("case_id", "trial", "ordinal")
    columns = ("case_id", "trial", "request", "scores", "text", "reasoning", "finish_reason")
    return {
        (case, trial): Said(_asked(request), _scored(request, scores) or text, reasoning, finish_reason)
        for case, trial, request, scores, text, reasoning, finish_reason in rows.values_list(*columns)
    }


def _scored(request: dict[str, Any], scores: list[tuple[float, int]] | None) -> str:
    """The answer to a Score as text, the likeliest option first: "-4.21 over 2 tokens: Paris"."""
    scored = sorted(zip(scores or (), request.get("options", ()), strict=False), key=lambda pair: -pair[0][0])
    lines = (f"{logprob:.2f} over {counted(tokens, 'token')}: {option.strip()}" for (logprob, tokens), option in scored)
    return "\n".join(lines)


def _asked(request: dict[str, Any]) -> tuple[Message, ...]:
    prefix = request.get("messages", request.get("prefix"))
    return (Message("user", prefix),) if isinstance(prefix, str) else messages_from_json(prefix or [])


def _planned_words(content: dict[str, Any] | None) -> Said | None:
    """What would have been asked, for a trial whose request brought no answer."""
    prompt = (content or {}).get("parameters", {}).get("prompt")
    return Said((Message("user", prompt),), "") if prompt else None


def _space(content: dict[str, Any]) -> Space:
    if "items" in content:
        return Items(tuple(content["items"]))
    return Axes({name: tuple(values) for name, values in content["axes"]})


def _hole(row: models.Hole) -> Hole:
    return Hole(Cell(row.cell, row.index), HoleKind(row.kind), row.reason)
