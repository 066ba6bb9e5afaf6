"""Writes the cases that the planner could not write alone, because their writer asks a model."""

import asyncio

from probewright.campaigns.engine.dialogue import Answer, Dialogue
from probewright.campaigns.engine.journal import Journal
from probewright.protocols import Family
from probewright.store import Store, Task
from probewright.types import Case


class Scribe:
    """Gives each task its case; a slot with many trials is written once, and its other trials wait for that."""

    def __init__(self, family: Family, store: Store, journal: Journal, answer: Answer) -> None:
        self._family = family
        self._store = store
        self._journal = journal
        self._answer = answer
        self._writing: dict[int, dict[int, asyncio.Task[Case | None]]] = {}  # chunk -> position -> the writing

    async def case_of(self, chunk: int, task: Task) -> Case | None:
        """The task's case, or None where its cell turned out a hole.

        Raises:
            TargetError: the writer's endpoint brought no answer.
            LimitReached: the run stops.
        """
        if task.slot.case is not None:
            return task.slot.case
        writings = self._writing.setdefault(chunk, {})
        position = task.slot.position
        if position not in writings:
            writings[position] = asyncio.create_task(self._write(task))
        return await writings[position]

    def forget(self, chunk: int) -> None:
        """All trials of the chunk are done: nobody will ask for its cases again."""
        self._writing.pop(chunk, None)

    async def _write(self, task: Task) -> Case | None:
        dialogue = Dialogue(task.slot.position, None, task.writing, self._journal, self._answer)
        try:
            written = await dialogue.run(self._family.write(task.slot.cell))
        finally:
            await self._journal.put(dialogue.unsaved())
        await self._journal.flush()  # a hole's slot goes away, so what was said in writing it is committed before
        is_kept = await self._journal.call(self._store.write, task.slot.position, written)
        if is_kept and isinstance(written, Case):
            return written
        return None
