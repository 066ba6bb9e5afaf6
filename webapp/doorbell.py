"""Listening to the broker, in a thread of its own: Celery's consumer without its signal handlers and command line."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from celery.worker import WorkController, state

from probewright.campaigns.workers import tasks
from probewright.campaigns.workers.crew import Crew
from probewright.webapp.celery_app import app

GOODBYE_S = 5.0  # for the consumer to say goodbye to its broker, which may be down

log = logging.getLogger("probewright.worker")


@contextmanager
def listening(crew: Crew, slots: int) -> Iterator[None]:
    """Tasks that the broker sends are worked on by ``crew`` until the block ends."""
    tasks.employ(crew)
    consumer = WorkController(
        app=app, pool_cls="threads", concurrency=slots, without_mingle=True, without_gossip=True, without_heartbeat=True
    )
    thread = threading.Thread(target=_consume, args=(consumer,), name="probewright-broker", daemon=True)
    thread.start()
    try:
        yield
    finally:
        state.should_stop = 0  # type: ignore[assignment] # an exit code, though its stub knows the start value only
        thread.join(GOODBYE_S)


def _consume(consumer: WorkController) -> None:
    try:
        consumer.start()
    except Exception:
        log.exception("the broker's messages cannot be read any more; this worker goes on looking by itself")
