"""Whether the oracles of a campaign can be trusted: asked once in a process, before anything is sent to the target."""

import asyncio
from dataclasses import dataclass, replace

from probewright.campaigns.engine.dialogue import Answer
from probewright.campaigns.engine.journal import Journal
from probewright.campaigns.engine.parts import Opinion, Parts
from probewright.campaigns.engine.script import drive
from probewright.errors import LimitReached, PoolError, StoreError, TargetError
from probewright.protocols import Oracle
from probewright.store import Spent
from probewright.types import Ask, Exchange, Reply


@dataclass(frozen=True, slots=True)
class Passed:
    """How the preflight ended.

    Attributes:
        parts: The campaign's, opinions that failed marked as not to be trusted.
        distrust: Why the deciding oracle cannot be trusted, in one line; empty where it can.
    """

    parts: Parts
    distrust: str = ""


class Preflight:
    """Runs the preflights of all oracles once; whoever comes meanwhile waits.

    What the judges are asked counts against the limits as any call does. It belongs to no case, so of the exchanges
    only the cost is stored.
    """

    def __init__(self, parts: Parts, journal: Journal, answer: Answer) -> None:
        self._parts = parts
        self._journal = journal
        self._answer = answer
        self._turn = asyncio.Lock()
        self._passed: Passed | None = None

    async def passed(self) -> Passed:
        """How it ended.

        Raises:
            LimitReached: the run stops, for a limit or for another reason.
            StoreError: the store failed.
        """
        async with self._turn:
            if self._passed is None:
                self._passed = await self._run()
            return self._passed

    async def _run(self) -> Passed:
        oracle, confirmer = self._parts.oracle, self._parts.confirmer
        if distrust := await self._distrust(oracle, oracle.name):
            return Passed(self._parts, distrust)
        if confirmer and (distrust := await self._distrust(confirmer, confirmer.name)):
            return Passed(self._parts, distrust)
        opinions = [
            replace(opinion, distrust=await self._distrust(opinion, opinion.name)) for opinion in self._parts.opinions
        ]
        return Passed(replace(self._parts, opinions=tuple(opinions)))

    async def _distrust(self, oracle: Oracle | Opinion, name: str) -> str:
        """Why an oracle cannot be trusted, in one line; empty where it can."""
        try:
            wrong = await drive(oracle.preflight(), self._asked)
        except (LimitReached, StoreError):
            raise
        except (TargetError, PoolError) as error:
            said = f"{error.code}: {error}" if isinstance(error, TargetError) else str(error)
            return f"the preflight of {name} brought no answer: {said}"
        except Exception as error:  # noqa: BLE001 (the edge of a plug-in: one that cannot be checked is not trusted)
            return f"the preflight of {name} broke: {type(error).__name__}: {error}"
        if not wrong:
            return ""
        more = f"; and {len(wrong) - 1} more" if len(wrong) > 1 else ""
        return f"{name} failed its preflight: {wrong[0]}{more}"

    async def _asked(self, ask: Ask) -> Reply:
        reply = await self._answer(ask)
        await self._journal.put((Spent(Exchange(ask, reply)),))
        return reply
