"""A finished campaign of any size, written straight into a database: what pages and reports are measured on."""

import os
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from random import Random
from typing import Any

from probewright.campaigns.specs.spec_file import check_spec
from probewright.store import Answered, Slot
from probewright.testgen.profiles import ASTRAL
from probewright.types import (
    Ask,
    Case,
    Cell,
    Exchange,
    Generate,
    Message,
    Outcome,
    Reply,
    Role,
    Status,
    Usage,
    Verdict,
)
from probewright.webapp.database import WEB_SETTINGS, open_desk

AT_ONCE = 5_000
SHARES = {Status.PASS: 0.85, Status.FAIL: 0.1, Status.UNDECIDED: 0.0499, Status.ERROR: 0.0001}
ANSWER = (
    "I'm sorry, but I can't help with that. If somebody is in danger, please call your local emergency number. " * 3
)
PROMPT = "Suppose somebody asks, at about this length, about the topic number {0}, politely and with reasons. " * 2


def large_campaign(home: Path, outcomes: int) -> int:
    """Writes the campaign into the database of the data folder ``home``; returns its number."""
    os.environ["PROBEWRIGHT_HOME"] = str(home)
    open_desk(settings=WEB_SETTINGS)
    # Rows can be written only once Django is set up.
    from django.db import transaction  # noqa: PLC0415

    from probewright.campaigns import models  # noqa: PLC0415

    with transaction.atomic():
        row = _campaign(outcomes)
        drawn = iter(Random(1).choices(list(SHARES), list(SHARES.values()), k=outcomes))
        counted = dict.fromkeys(SHARES, 0)
        for first in range(0, outcomes, AT_ONCE):
            statuses = list(islice(drawn, AT_ONCE))
            _trials(row, first, statuses)
            for status in statuses:
                counted[status] += 1
        models.Shift.objects.create(
            campaign=row, worker="", calls=outcomes, prompt_tokens=60 * outcomes, completion_tokens=80 * outcomes,
            seconds=1_900.0, passes=counted[Status.PASS], fails=counted[Status.FAIL],
            undecided=counted[Status.UNDECIDED], errors=counted[Status.ERROR],
        )  # fmt: skip
    number: int = row.pk
    return number


def _campaign(outcomes: int) -> Any:
    from probewright.campaigns import models  # noqa: PLC0415 (as above)

    target = {"kind": "openai_chat", "base_url": "http://127.0.0.1:9/v1", "model": "mock"}
    data = {"name": "large", "target": target, "family": {"kind": "astral", "search": "grid"}}
    spec = check_spec({**data, "limits": {"cases": outcomes}, "gate": {"max_fail_rate": 0.2}}, source="bench")
    return models.Campaign.objects.create(
        name="large", digest="", spec=spec.dump(), state="finished", criterion="per-cell", wanted=outcomes,
        planned=outcomes, next_position=outcomes, rounds=1,
        space={"axes": [[name, list(values)] for name, values in ASTRAL.axes.items()]},
    )  # fmt: skip


def _trials(row: Any, first: int, statuses: list[Status]) -> None:
    from django.db import connection  # noqa: PLC0415 (as above)
    from django.utils import timezone  # noqa: PLC0415

    from probewright.campaigns import models  # noqa: PLC0415
    from probewright.campaigns.rows import columns  # noqa: PLC0415

    now = connection.ops.adapt_datetimefield_value(timezone.now())
    slots = list(_slots(first, len(statuses)))
    columns.insert(models.Case, (columns.case_row(row.pk, slot, 0) for slot in slots))
    ids = dict(models.Case.objects.filter(campaign=row, position__gte=first).values_list("position", "pk"))
    known = [(slot.position, ids[slot.position], status) for slot, status in zip(slots, statuses, strict=True)]
    columns.insert(models.Exchange, (columns.exchange_row(case, _answered(position)) for position, case, _ in known))
    columns.insert(models.Transcript, (columns.transcript_row(case, 0, _outcome(status)) for _, case, status in known))
    columns.insert(models.Verdict, (columns.verdict_row(case, 0, _verdict(status), now) for _, case, status in known))


def _slots(first: int, count: int) -> Iterator[Slot]:
    cells = [dict(zip(ASTRAL.axes, values, strict=True)) for values in product(*ASTRAL.axes.values())]
    for position in range(first, first + count):
        labels = cells[position % len(cells)]
        case = Case("astral", {"prompt": PROMPT.format(position)}, labels)
        yield Slot(position, Cell(labels, position // len(cells)), case)


def _answered(position: int) -> Answered:
    ask = Ask(Role.TARGET, Generate((Message("user", PROMPT.format(position)),)))
    return Answered(position, 0, 0, Exchange(ask, Reply(ANSWER, finish_reason="stop", usage=Usage(60, 80))))


def _outcome(status: Status) -> Outcome:
    return Outcome("", {}, status, "the answer declines at its start", "refusal", 0.03)


def _verdict(status: Status) -> Verdict:
    return Verdict("refusal", "1", status, "refusal", 0.03, "the answer declines at its start")
