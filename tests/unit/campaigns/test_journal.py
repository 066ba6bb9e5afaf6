"""The journal: answers committed together, in order, and never lost, whoever is cancelled meanwhile."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest

from probewright.campaigns.engine.journal import BATCH, Journal
from probewright.campaigns.engine.memory import MemoryStore
from probewright.errors import StoreError
from probewright.store import Answered, Entry
from probewright.types import Ask, Exchange, Generate, Message, Reply, Role


class Recording(MemoryStore):
    """Remembers its batches and the threads they came in; waits at a gate, or fails."""

    def __init__(self, *, is_failing: bool = False) -> None:
        super().__init__()
        self.batches: list[list[int]] = []
        self.threads: set[int] = set()
        self.gate = threading.Event()
        self.gate.set()
        self.is_failing = is_failing

    def save(self, entries: Sequence[Entry]) -> Sequence[int]:
        self.threads.add(threading.get_ident())
        assert self.gate.wait(60)
        if self.is_failing:
            raise StoreError("disk full")
        self.batches.append([entry.position for entry in entries if isinstance(entry, Answered)])
        return ()

    @property
    def saved(self) -> list[int]:
        return [position for batch in self.batches for position in batch]


def entry(position: int) -> Answered:
    ask = Ask(Role.TARGET, Generate((Message("user", "q"),)))
    return Answered(position, 0, 0, Exchange(ask, Reply("a")))


def run(store: Recording, work: Callable[[Journal], Awaitable[None]]) -> Recording:
    async def whole() -> None:
        journal = Journal(store)
        try:
            await work(journal)
        finally:
            store.gate.set()
            await journal.close()

    asyncio.run(whole())
    return store


def test_sixteen_answers_are_one_commit_in_their_order() -> None:
    async def work(journal: Journal) -> None:
        for position in range(BATCH):
            await journal.put([entry(position)])
        await journal.flush()

    store = run(Recording(), work)
    assert store.batches == [list(range(BATCH))]


def test_fewer_answers_are_committed_soon_by_themselves() -> None:
    async def work(journal: Journal) -> None:
        await journal.put([entry(0), entry(1)])
        while not store.batches:
            await asyncio.sleep(0.001)

    store = Recording()
    run(store, work)
    assert store.batches == [[0, 1]]


def test_all_calls_share_one_thread_that_is_not_the_loops() -> None:
    async def work(journal: Journal) -> None:
        for position in range(100):
            await journal.put([entry(position)])

    store = run(Recording(), work)
    assert len(store.threads) == 1
    assert threading.get_ident() not in store.threads
    assert store.saved == list(range(100))


def test_nobody_gets_more_than_one_batch_ahead_of_a_slow_store() -> None:
    async def work(journal: Journal) -> None:
        store.gate.clear()
        puts = [asyncio.create_task(journal.put([entry(position)])) for position in range(3 * BATCH)]
        await asyncio.sleep(0.1)
        assert sum(put.done() for put in puts) == BATCH
        store.gate.set()
        await asyncio.gather(*puts)

    store = Recording()
    run(store, work)
    assert store.saved == list(range(3 * BATCH))


@pytest.mark.parametrize("waits", ["flush", "put", "call"])
def test_an_answer_is_committed_even_if_whoever_waits_for_it_is_cancelled(waits: str) -> None:
    async def work(journal: Journal) -> None:
        store.gate.clear()
        for position in range(BATCH):
            await journal.put([entry(position)])
        waiting = {
            "flush": lambda: journal.flush(),
            "put": lambda: journal.put([entry(BATCH)]),
            "call": lambda: journal.call(store.unclaimed),
        }
        task = asyncio.create_task(waiting[waits]())
        await asyncio.sleep(0.05)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        store.gate.set()
        for position in range(100, 100 + 2 * BATCH):  # there is room again for all that comes after
            await asyncio.wait_for(journal.put([entry(position)]), 60)

    store = Recording()
    run(store, work)
    expected = {*range(BATCH), *range(100, 100 + 2 * BATCH)} | ({BATCH} if waits == "put" else set())
    assert set(store.saved) == expected
    assert len(store.saved) == len(expected)


def test_a_commit_that_waits_its_turn_is_not_lost_when_a_flush_is_cancelled() -> None:
    async def work(journal: Journal) -> None:
        store.gate.clear()
        await journal.put([entry(0)])
        while not store.threads:  # the first commit is under way, and stuck
            await asyncio.sleep(0.001)
        for position in range(1, 6):
            await journal.put([entry(position)])
        flush = asyncio.create_task(journal.flush())  # makes a second commit that waits for the first
        await asyncio.sleep(0.05)
        flush.cancel()
        await asyncio.gather(flush, return_exceptions=True)

    store = Recording()
    run(store, work)
    assert store.batches == [[0], [1, 2, 3, 4, 5]]


def test_a_commit_that_failed_fails_all_that_comes_after() -> None:
    async def work(journal: Journal) -> None:
        await journal.put([entry(0)])
        with pytest.raises(StoreError, match="disk full"):
            await journal.flush()
        with pytest.raises(StoreError, match="disk full"):
            await journal.put([entry(1)])

    with pytest.raises(StoreError, match="disk full"):
        run(Recording(is_failing=True), work)


def test_the_last_call_is_made_after_the_rest_even_if_a_commit_failed() -> None:
    ended = []

    async def whole(store: Recording) -> None:
        journal = Journal(store)
        await journal.put([entry(0)])
        await journal.close(last=lambda: ended.append(store.saved))

    asyncio.run(whole(Recording()))
    with pytest.raises(StoreError):
        asyncio.run(whole(Recording(is_failing=True)))
    assert ended == [[0], []]


def test_nothing_handed_over_is_no_commit() -> None:
    async def work(journal: Journal) -> None:
        await journal.put([])
        await journal.flush()

    assert run(Recording(), work).batches == []
