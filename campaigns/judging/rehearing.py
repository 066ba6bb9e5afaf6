"""Judging stored answers with the engine that runs campaigns: a plan in which nothing is searched, written or played.

The engine claims trials, runs the oracle's script within the limits, and saves, all as in a run. But transcripts are
those that the store hands out, and only the oracle's own endpoints are open, so the target cannot be asked.
"""

from collections.abc import Mapping, Sequence
from typing import ClassVar, cast

from probewright.campaigns.engine.parts import Opinion
from probewright.campaigns.engine.runner import Plan
from probewright.campaigns.specs.judges import Judge
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.plugins import Plugin, PluginParams
from probewright.protocols import FamilyParams, Oracle
from probewright.testgen.family import BaseFamily
from probewright.types import Case, Cell, Hole, Items, Json, Outcome, Role, Script, Space, Transcript, Verdict

Heard = dict[tuple[str, int], Transcript]  # by case key and trial: what the store handed out and nobody judged yet


def rehearing(spec: CampaignSpec, judge: Judge, place: str, heard: Heard, trials: int, digest: str) -> Plan:
    """The plan by which ``judge`` judges ``trials`` stored trials of a campaign.

    Args:
        spec: The campaign's spec: its limits on calls, tokens and dollars hold, that on minutes is for runs.
        judge: Who judges.
        place: Below which address its endpoints are asked.
        heard: Where the store puts the transcripts of trials that it hands out.
        trials: How many.
        digest: The campaign's.
    """
    opinion = Opinion(judge.oracle, place, known_as=judge.name)
    endpoints = {(Role.JUDGE, opinion.address(name)): plugin for name, plugin in judge.oracle.endpoints().items()}
    limits = spec.limits.model_copy(update={"cases": None, "trials": 1, "minutes": None})
    return Plan(
        spec=spec.model_copy(
            update={"limits": limits, "gate": None}
        ),  # what was asked is asked: no gate ends this early
        family=_NothingToPlay(None, spec.seed),
        search=_NothingToSearch(None, Items(()), spec.seed),
        oracle=cast("Oracle", _OnStored(opinion, heard)),  # its name is its instance's, not its class's
        opinions=(),
        endpoints=endpoints,
        cases=trials,
        digest=digest,
    )


class _OnStored:
    """The judge's oracle, on the stored transcript of the trial that is played."""

    Params: ClassVar[type[PluginParams]] = PluginParams
    failure: ClassVar[str] = ""
    source: ClassVar[str] = "the judge's own"

    def __init__(self, opinion: Opinion, heard: Heard) -> None:
        self.name, self.version = opinion.name, opinion.version
        self._opinion = opinion
        self._heard = heard

    def judge(self, transcript: Transcript) -> Script[Verdict]:
        """What the oracle says of what was said then."""
        return self._opinion.judge(self._heard.pop((transcript.case.key, transcript.trial)))

    def preflight(self) -> Script[tuple[str, ...]]:
        """The oracle's own."""
        return self._opinion.preflight()

    def endpoints(self) -> Mapping[str, Plugin]:
        """The oracle's own."""
        return self._opinion.oracle.endpoints()


class _NothingToPlay(BaseFamily):
    """A family whose cases were all played."""

    Params: ClassVar[type[FamilyParams]] = FamilyParams
    name: ClassVar[str] = "stored"
    source: ClassVar[str] = "the campaign's own transcripts"
    oracle = ""

    def __init__(self, params: object, seed: int) -> None:
        """Takes what any family takes, and needs none of it."""

    def space(self) -> Space:
        """Nothing is left to ask."""
        return Items(())

    def write(self, cell: Cell) -> Script[Case | Hole]:
        """Never called: every case is written."""
        raise NotImplementedError(f"the case of {cell} is stored")

    def play(self, case: Case) -> Script[None]:  # noqa: ARG002 (its answers are stored)
        """Asks nothing."""
        yield from ()


class _NothingToSearch:
    """A search that has asked for all it wanted."""

    Params: ClassVar[type[PluginParams]] = PluginParams
    criterion = ""
    round_size = 1
    learns = False
    is_shuffled = False
    size = 0

    def __init__(self, params: object, space: Space, seed: int) -> None:
        """Takes what any search takes, and needs none of it."""

    def ask(self, n: int) -> Sequence[Cell]:  # noqa: ARG002 (there is none)
        """No cell."""
        return ()

    def tell(self, outcomes: Sequence[Outcome]) -> None:
        """Learns nothing."""

    def state(self) -> Json:
        """None to keep."""
        return None

    def resume(self, state: Json) -> None:
        """Goes on with nothing."""
