"""The campaigns that one worker process takes part in: their engines share one event loop in a thread of its own.

The database is the truth: a worker looks there twice a second for campaigns with work that nobody does, so a lost
message, a broker that is down or a worker that was killed costs a second or a lease, never a case. A broker is only a
doorbell.
"""

import asyncio
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from time import monotonic
from typing import Self

import uvloop
from django.db import DatabaseError, connection

from probewright.campaigns.engine.engine import Engine
from probewright.campaigns.engine.process import process_name
from probewright.campaigns.engine.stop import StopKind
from probewright.campaigns.rows import archive, leases
from probewright.campaigns.workers import shift
from probewright.campaigns.workers.launch import relax_garbage_collection
from probewright.errors import StoreError

LOOK_S = 0.5
PAUSE_S = 5.0  # before a campaign is tried again whose shift broke off
SLOTS = 4

log = logging.getLogger("probewright.worker")


class Crew:
    """Works on at most ``slots`` campaigns at once. Use as a context manager; leaving it ends all shifts gently.

    Args:
        slots: How many campaigns at once; each has ``limits.concurrency`` requests in flight.
        redis_url: Where limits are shared with other workers. Without it, a campaign whose limits would have to be
            shared is worked on by one worker at a time.
    """

    def __init__(self, slots: int = SLOTS, redis_url: str = "") -> None:
        self._slots = slots
        self._redis_url = redis_url
        self._lock = threading.RLock()  # a signal's handler may come while its own thread is in here
        self._left = threading.Condition(self._lock)
        self._at: dict[int, Engine | None] = {}  # by campaign; None until its engine runs
        self._paused: dict[int, float] = {}  # campaign -> when it may be tried again
        self._is_leaving = threading.Event()
        self._loop = uvloop.new_event_loop()
        self._threads = ThreadPoolExecutor(slots, thread_name_prefix="probewright-shift")
        self._looping = threading.Thread(target=self._run_loop, name="probewright-engine", daemon=True)
        self._looking = threading.Thread(target=self._look_for_work, name="probewright-look", daemon=True)

    def __enter__(self) -> Self:
        relax_garbage_collection()
        self._looping.start()
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.leave()
        self._looking.join()
        self._threads.shutdown(wait=True)
        with self._left:
            self._left.wait_for(lambda: not self._at)  # shifts that the broker's threads began
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._looping.join()
        self._loop.close()

    def leave(self) -> None:
        """Begins no more shifts and ends those that run: requests in flight may still bring their answers."""
        with self._lock:
            self._is_leaving.set()
            engines = [engine for engine in self._at.values() if engine is not None]
        for engine in engines:
            self._loop.call_soon_threadsafe(engine.stop, StopKind.INTERRUPT, "the worker leaves")

    def cut(self) -> None:
        """Drops what is in flight."""
        with self._lock:
            engines = [engine for engine in self._at.values() if engine is not None]
        for engine in engines:
            self._loop.call_soon_threadsafe(engine.cut)

    def work(self, campaign: int) -> bool:
        """Takes part in a campaign until nothing is left to do there; False where it cannot, or does already."""
        with self._lock:
            if self._is_leaving.is_set() or campaign in self._at or len(self._at) >= self._slots:
                return False
            self._at[campaign] = None
        has_joined = False
        try:
            has_joined = shift.work(campaign, self._loop, self._redis_url, partial(self._note, campaign))
        except (DatabaseError, StoreError) as error:
            log.warning("campaign %s: %s; trying again in %g s", campaign, " ".join(str(error).split()), PAUSE_S)
        except Exception as error:  # the edge of a task: recorded, and one broken campaign harms no other
            log.exception("campaign %s: the shift broke off", campaign)
            archive.break_off(campaign, error)
        finally:
            if not has_joined:
                self._paused[campaign] = monotonic() + PAUSE_S
            with self._lock:
                del self._at[campaign]
                self._left.notify_all()
            connection.close()
        return has_joined

    def look(self) -> list[Future[bool]]:
        """Begins a shift at every campaign that has work, as far as there are slots."""
        waiting = (row for row in archive.open_to_workers() if self._is_free_for(row.pk))
        return [self._threads.submit(self.work, row.pk) for row in waiting if leases.has_work(row, process_name())]

    def _is_free_for(self, campaign: int) -> bool:
        is_ready = monotonic() >= self._paused.get(campaign, 0.0)
        return is_ready and campaign not in self._at and len(self._at) < self._slots

    def _look_for_work(self) -> None:
        while not self._is_leaving.wait(LOOK_S):
            try:
                self.look()
            except DatabaseError as error:
                log.warning("the database cannot be asked for work: %s", " ".join(str(error).split()))
                connection.close()  # the next look opens another
                self._is_leaving.wait(PAUSE_S)
        connection.close()

    def _run_loop(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    def _note(self, campaign: int, engine: Engine) -> None:
        """Told each engine before it starts, in the loop's thread."""
        with self._lock:
            self._at[campaign] = engine
            is_leaving = self._is_leaving.is_set()
        if is_leaving:
            engine.stop(StopKind.INTERRUPT, "the worker leaves")
