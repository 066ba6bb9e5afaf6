"""Rows of a running campaign to core types, and core types to columns; `store` decides when."""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

import orjson
from django.db import connection
from django.db.models import Model, QuerySet

from probewright.campaigns import models
from probewright.campaigns.rows.codec import ask_from, case_from_json, case_to_json, reply_from, request_to_json
from probewright.store import Answered, Slot
from probewright.types import Cell, Exchange, Hole, Outcome, Status, Verdict

OUTCOME = ("case__key", "case__labels", "status", "reason", "label", "score", "trial")
SLOT = ("position", "cell", "index", "labels", "content")
ROWS_AT_ONCE = 500
FINISH_REASON, MODEL, LABEL = 40, 200, 60  # characters that these columns hold


def outcome_of(
    key: str | None, labels: dict[str, str], status: str, reason: str, label: str, score: float | None, trial: int
) -> Outcome:
    """The outcome that a row of Transcript keeps, from its columns `OUTCOME`."""
    return Outcome(key or "", labels, Status(status), reason, label, score, trial)


def slot_of(
    position: int, cell: dict[str, str], index: int, labels: dict[str, str], content: dict[str, Any] | None
) -> Slot:
    """The slot that a row of Case keeps, from its columns `SLOT`."""
    return Slot(position, Cell(cell, index), None if content is None else case_from_json(content, labels))


def exchanges_of(rows: QuerySet[models.Exchange]) -> dict[tuple[int, int | None], tuple[Exchange, ...]]:
    """Exchanges by case and trial, in their order; trial None holds those in which the case was being written."""
    stored: dict[tuple[int, int | None], tuple[Exchange, ...]] = {}
    for row in rows.order_by("case_id", "trial", "ordinal").values():
        ask = ask_from(row["role"], row["to"], row["request"])
        key = (row["case_id"], row["trial"])
        stored[key] = (*stored.get(key, ()), Exchange(ask, reply_from(row)))
    return stored


def verdicts_of(
    rows: QuerySet[models.Verdict], unread: Mapping[str, int] = MappingProxyType({})
) -> dict[tuple[int, int], dict[str, Verdict]]:
    """The latest verdict of each oracle, by case and trial. For ``unread`` see `sittings.unread`."""
    columns = ("pk", "case_id", "trial", "oracle", "version", "status", "label", "score", "reason")
    found: dict[tuple[int, int], dict[str, Verdict]] = defaultdict(dict)
    for pk, case, trial, oracle, version, status, *rest in rows.order_by("pk").values_list(*columns):
        if oracle not in unread or pk <= unread[oracle]:
            found[case, trial][oracle] = Verdict(oracle, version, Status(status), *rest)
    return found


def exchange_row(case_id: int, answered: Answered) -> dict[str, Any]:
    """Columns of an Exchange."""
    ask, reply = answered.exchange.ask, answered.exchange.reply
    return {
        "case_id": case_id,
        "trial": answered.trial,
        "ordinal": answered.ordinal,
        "role": ask.role.value,
        "to": ask.to,
        "request": dumps(request_to_json(ask.request)),
        "text": _storable(reply.text),
        "reasoning": _storable(reply.reasoning),
        "finish_reason": _storable(reply.finish_reason)[:FINISH_REASON],
        "scores": dumps([[score.logprob, score.tokens] for score in reply.scores]) if reply.scores else None,
        "blocked": _storable(reply.blocked),
        "model": _storable(reply.model)[:MODEL],
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "is_estimated": reply.usage.is_estimated,
        "usd": reply.usd,
        "latency_s": reply.latency_s,
        "attempts": reply.attempts,
    }


def transcript_row(case_id: int, trial: int, outcome: Outcome) -> dict[str, Any]:
    """Columns of a Transcript."""
    return {
        "case_id": case_id,
        "trial": trial,
        "status": outcome.status.value,
        "label": _storable(outcome.label)[:LABEL],
        "score": outcome.score,
        "reason": _storable(outcome.reason),
    }


def verdict_row(case_id: int, trial: int, verdict: Verdict, now: Any) -> dict[str, Any]:
    """Columns of a Verdict; ``now`` as the database wants it."""
    return {
        "case_id": case_id,
        "trial": trial,
        "oracle": verdict.oracle,
        "version": verdict.version,
        "status": verdict.status.value,
        "label": _storable(verdict.label)[:LABEL],
        "score": verdict.score,
        "reason": _storable(verdict.reason),
        "created_at": now,
    }


def case_row(campaign: int, slot: Slot, round_number: int) -> dict[str, Any]:
    """Columns of a Case."""
    case = slot.case
    return {
        "campaign_id": campaign,
        "position": slot.position,
        "round": round_number,
        "cell": dumps(slot.cell.labels),
        "index": slot.cell.index,
        "labels": dumps(slot.cell.labels if case is None else case.labels),
        "key": None if case is None else case.key,
        "content": None if case is None else dumps(case_to_json(case)),
    }


def hole_row(campaign: int, hole: Hole) -> models.Hole:
    """A Hole, not yet saved."""
    labels, index = dict(hole.cell.labels), hole.cell.index
    return models.Hole(
        campaign_id=campaign, cell=labels, index=index, kind=hole.kind.value, reason=_storable(hole.reason)
    )


def dumps(value: Any) -> str:
    """JSON as a column holds it."""
    try:
        return orjson.dumps(value).decode()
    except TypeError:  # half of a surrogate pair, which the answer of a Python target may bring into the next request
        return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace").decode()


def _storable(text: str) -> str:
    """``text`` without what a database cannot hold: NUL, and halves of surrogate pairs."""
    text = text.replace("\0", "\N{REPLACEMENT CHARACTER}") if "\0" in text else text
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def insert(model: type[Model], rows: Iterable[Mapping[str, Any]]) -> None:
    """Inserts rows of columns. Django's `bulk_create` costs 5 times as much a row, and this is the hot path."""
    columns: list[str] = []
    values = []
    for row in rows:
        columns = columns or list(row)
        values.append(tuple(row.values()))
    if not values:
        return
    quote = connection.ops.quote_name
    names = ", ".join(quote(column) for column in columns)
    marks = f"({', '.join(['%s'] * len(columns))})"
    statement = f"INSERT INTO {quote(model._meta.db_table)} ({names}) VALUES "
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":  # a prepared statement is the fastest; elsewhere each row is a round trip
            cursor.executemany(statement + marks, values)
            return
        for start in range(0, len(values), ROWS_AT_ONCE):
            piece = values[start : start + ROWS_AT_ONCE]
            cursor.execute(statement + ", ".join([marks] * len(piece)), [item for row in piece for item in row])
