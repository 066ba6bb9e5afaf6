"""The plug-ins of one campaign, together."""

from collections.abc import Mapping
from dataclasses import dataclass

from probewright.protocols import Family, Oracle, Search, Target
from probewright.types import Ask, Reply, Role, Script, Transcript, Verdict

Address = tuple[Role, str]  # a role and, where it has several endpoints, which: what an Ask is addressed to


def named(address: Address) -> str:
    """An endpoint in a word: its role, and its name where it has one, such as ``target/tuned``."""
    role, name = address
    return f"{role.value}/{name}" if name else role.value


@dataclass(frozen=True, slots=True)
class Opinion:
    """An oracle that judges beside the deciding one. Its endpoints lie below ``place``, apart from other oracles'."""

    oracle: Oracle
    place: str

    def judge(self, transcript: Transcript) -> Script[Verdict]:
        """The oracle's script, its questions addressed to its own endpoints."""
        script = self.oracle.judge(transcript)
        try:
            ask = next(script)
            while True:
                reply: Reply = yield Ask(ask.role, ask.request, self.address(ask.to))
                ask = script.send(reply)
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]

    def address(self, name: str) -> str:
        """Under which name an endpoint of this oracle is asked."""
        return f"{self.place}/{name}"


@dataclass(frozen=True, slots=True)
class Parts:
    """A campaign's plug-ins, and the open endpoints that their scripts may ask."""

    family: Family
    search: Search
    oracle: Oracle
    endpoints: Mapping[Address, Target]
    opinions: tuple[Opinion, ...] = ()

    def is_vital(self, address: Address) -> bool:
        """Whether the campaign cannot go on without this endpoint: not so for those that only opinions ask."""
        return not any(address[1].startswith(opinion.address("")) for opinion in self.opinions)
