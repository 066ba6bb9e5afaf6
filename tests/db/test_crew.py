"""The campaigns of one worker process, in this process: who begins a shift, and what a crew leaves behind."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest

from probewright.campaigns.engine.process import process_name
from probewright.store import Round, Slot
from probewright.types import Case, Cell
from tests.db.conftest import MakePlan
from tests.loopback.running import serving

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk

pytestmark = pytest.mark.usefixtures("either_database")


def make_crew() -> Any:
    # Models can be imported only once Django is set up.
    from probewright.campaigns.workers.crew import Crew  # noqa: PLC0415

    return Crew()


def chunks_held(campaign: int) -> int:
    from probewright.campaigns.models import Chunk  # noqa: PLC0415 (as above)

    return Chunk.objects.filter(campaign=campaign, owner=process_name(), is_done=False).count()


def until(is_so: Any) -> None:
    for _ in range(2000):
        if is_so():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came")


def test_a_shift_that_the_broker_began_brings_its_answers_in_before_the_crew_is_gone(
    desk: "Desk", make_plan: MakePlan
) -> None:
    before = threading.active_count()
    with serving(latency_s=1.0) as server, ThreadPoolExecutor(1) as broker:
        campaign = desk.queue(make_plan(server.base_url, size=40, concurrency=20))
        with make_crew() as crew:
            shift = broker.submit(crew.work, campaign)
            until(lambda: server.log.in_flight == 20)
            assert not crew.work(campaign)  # one shift at a time
        assert shift.result(timeout=1)
        live = desk.live(campaign)
        assert (sum(live.counts.values()), live.state, live.workers) == (20, "running", ())
        assert chunks_held(campaign) == 0
    assert threading.active_count() <= before


def test_what_a_shift_could_not_give_back_is_taken_up_by_the_next_shift_of_the_same_process(
    desk: "Desk", make_plan: MakePlan
) -> None:
    with serving() as server:
        campaign = desk.queue(make_plan(server.base_url, size=40))
        leave_in_the_middle(campaign)
        assert chunks_held(campaign) > 0
        with make_crew():
            until(lambda: desk.live(campaign).state == "finished")
        assert set(server.log.prompts.values()) == {1}


def leave_in_the_middle(campaign: int) -> None:
    """Joins, plans and claims as a shift whose database went away before it could give anything back."""
    from probewright.campaigns.rows import archive  # noqa: PLC0415 (as above)
    from probewright.campaigns.rows.store import DjangoStore  # noqa: PLC0415

    row = archive.join(campaign, is_alone=False)
    assert row is not None
    store = DjangoStore(campaign, 1, 16)
    assert store.lead()
    items = [{"item": str(number)} for number in range(20)]
    slots = [Slot(n, Cell(item), Case("static", {"prompt": f"question {n}"}, item)) for n, item in enumerate(items)]
    store.plan(Round(0, tuple(slots), (), {"asked": 20}))
    assert store.claim() is not None
