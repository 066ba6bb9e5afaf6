"""Running a campaign whose rows lie in the database, in this process: what `probewright run` and `resume` do."""

import asyncio
import gc
import signal
from collections.abc import Callable

import uvloop
from django.db import DatabaseError

from probewright.campaigns import models
from probewright.campaigns.engine.engine import Engine
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import Plan, budget, run
from probewright.campaigns.engine.sharing import shared_rates
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.campaigns.rows import archive
from probewright.campaigns.rows.store import DjangoStore
from probewright.campaigns.workers.interrupts import was_interrupted
from probewright.errors import StoreError
from probewright.store import Standing

GARBAGE_THRESHOLD = 20_000  # new containers before a collection; Python's default of 700 costs a run 5 % of its CPU


def launch(
    plan: Plan,
    row: models.Campaign,
    progress: Progress,
    notice: Callable[[str], None] = lambda _: None,
    redis_url: str = "",
) -> Stop | None:
    """Runs the campaign until it is finished or stopped, holding its row meanwhile.

    SIGINT and SIGTERM end it gently: requests in flight may still bring their answers for 10 s, a second signal cuts
    them. ``notice`` is told what a signal does. Rates of targets are shared through ``redis_url`` where there is one.

    Raises:
        CampaignBusy: another living process runs it.
        ConfigError: the plan is not this campaign's.
        StoreError: the database failed; the campaign can be resumed.
        ProbewrightError: an endpoint cannot be opened; the campaign can be resumed.
    """
    archive.hold(row, plan)
    stop: Stop | None = Stop(StopKind.INTERRUPT, "the run broke off")
    try:
        store = DjangoStore(row.pk, plan.spec.limits.trials, plan.spec.limits.concurrency)
        standing = store.standing()
        interrupts = Interrupts(notice)
        relax_garbage_collection()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            stop = runner.run(_run(plan, store, standing, progress, interrupts.attach, redis_url))
    except DatabaseError as error:
        said = " ".join(str(error).split())
        raise StoreError(
            f"the database failed ({said}); what was committed stands, the same command goes on"
        ) from error
    finally:
        archive.let_go(row, stop, progress.provenance)
        row.refresh_from_db()
    return stop


async def _run(
    plan: Plan,
    store: DjangoStore,
    standing: Standing,
    progress: Progress,
    started: Callable[[Engine], None],
    redis_url: str,
) -> Stop | None:
    async with shared_rates(redis_url):
        return await run(plan, store, standing, budget(plan, standing), progress, started)


def relax_garbage_collection() -> None:
    """What was imported lives on and need not be looked at again; answers hold no cycles, so collecting can wait."""
    gc.freeze()
    gc.set_threshold(GARBAGE_THRESHOLD)


class Interrupts:
    """Turns signals into stops of the engine."""

    def __init__(self, notice: Callable[[str], None]) -> None:
        self._notice = notice
        self._engine: Engine | None = None

    def attach(self, engine: Engine) -> None:
        """Handles signals for this engine from now on; called inside its loop."""
        self._engine = engine
        is_late = was_interrupted()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, self._signalled, signal.Signals(number).name)
        if is_late:
            self._signalled(signal.SIGINT.name)

    def _signalled(self, name: str) -> None:
        engine = self._engine
        if engine is None:
            return
        if engine.is_stopping:
            self._notice(f"{name} again: requests in flight are cut")
            engine.cut()
        else:
            self._notice(f"{name}: no new requests; waiting up to {engine.grace_s:g} s for those in flight")
            engine.stop(StopKind.INTERRUPT, f"interrupted by {name}")
