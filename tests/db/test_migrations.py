"""Databases of earlier versions: what is in them is still there, and counted as before."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec_file import check_spec
from probewright.protocols import Cost
from probewright.types import Status
from tests import stores
from tests.cluster import fresh_database
from tests.servers import Server

BEFORE_WORKERS = ("campaigns", "0002_provenance")
STATUSES = [Status.PASS, Status.PASS, Status.FAIL, Status.ERROR, Status.BLOCKED, Status.UNDECIDED]


@pytest.fixture
def plan(tmp_path: Path) -> Any:
    (tmp_path / "set.csv").write_text("prompt\n" + "".join(f"question {number}\n" for number in range(8)))
    spec = {
        "name": "old",
        "target": {"kind": "openai_chat", "base_url": "http://127.0.0.1:9/v1", "model": "mock"},
        "family": {"kind": "static", "path": str(tmp_path / "set.csv")},
    }
    return build(check_spec(spec, source="test"))


def fill(plan: Any, state: str) -> int:
    """Brings the tables to the version before workers, and puts a campaign in; gives its number."""
    executor = MigrationExecutor(connection)
    executor.migrate([BEFORE_WORKERS])
    apps: Any = executor.loader.project_state([BEFORE_WORKERS]).apps
    model = {name: apps.get_model("campaigns", name) for name in ("Campaign", "Chunk", "Case", "Transcript")}
    campaign = model["Campaign"].objects.create(
        name="old",
        digest=plan.digest,
        spec=plan.spec.dump(),
        state=state,
        stop_kind="" if state == "finished" else "interrupt",
        stop_reason="" if state == "finished" else "interrupted by SIGINT",
        space={"items": [str(number) for number in range(8)]},
        criterion="per-item",
        wanted=8,
        rounds=1,
        planned=8,
        next_position=8,
        calls=7,
        prompt_tokens=70,
        completion_tokens=30,
        usd=0.25,
        retries=2,
        seconds=12.5,
        search_state={"asked": 8},
        finished_at=datetime(2026, 1, 1, tzinfo=UTC) if state == "finished" else None,
    )
    model["Chunk"].objects.create(campaign=campaign, round=0, first=0, last=7, is_done=state == "finished")
    for position in range(8):
        case = model["Case"].objects.create(
            campaign=campaign,
            position=position,
            round=0,
            cell={"item": str(position)},
            index=0,
            key=f"key {position}",
            labels={"item": str(position)},
            content={"family": "static", "parameters": {"prompt": f"question {position}"}, "expected": None, "seed": 0},
        )
        if position < len(STATUSES):
            model["Transcript"].objects.create(case=case, trial=0, status=STATUSES[position].value)
    return int(campaign.pk)


@pytest.mark.parametrize("state", ["finished", "stopped"])
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_campaigns_from_before_there_were_workers_keep_their_results_and_what_they_cost(
    plan: Any, tmp_path: Path, postgresql: Server, kind: str, state: str
) -> None:
    url = f"sqlite:///{tmp_path}/old.sqlite3" if kind == "sqlite" else fresh_database(postgresql)
    with stores.on_database(url):
        campaign = fill(plan, state)
        desk = stores.desk()  # brings the tables up to date
        live = desk.live(campaign)
        assert (live.spent, live.retries, live.seconds) == (Cost(7, 100, 0.25), 2, 12.5)
        assert live.counts == {"pass": 2, "fail": 1, "error": 1, "blocked": 1, "undecided": 1}
        assert (live.state, live.workers) == (state, ())
        assert desk.report(campaign).tally.counts[Status.PASS] == 2
        assert (desk.queue(plan) == campaign) is (state == "stopped")
