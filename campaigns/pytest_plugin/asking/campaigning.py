"""The fixture ``campaign``: a whole campaign inside a test, by the same engine, without a database."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from probewright.campaigns.engine.engine import Engine, Load
from probewright.campaigns.engine.memory import MemoryStore
from probewright.campaigns.engine.parts import Parts
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import Plan, budget, build
from probewright.campaigns.engine.stop import Stop, StopKind
from probewright.campaigns.pytest_plugin.asking.live import Live, Scope
from probewright.campaigns.pytest_plugin.gates.outcomes import Outcomes
from probewright.campaigns.pytest_plugin.specs import Base
from probewright.campaigns.pytest_plugin.telling.record import Record
from probewright.errors import ConfigError, unknown
from probewright.protocols import Cost
from probewright.testgen.described import described
from probewright.types import Outcome, Role, Status, last_prompt

OF_LIMITS = ("cases", "trials", "concurrency", "calls", "tokens", "usd", "minutes")
OF_SPEC = ("target", "family", "oracle", "opinions", "confirm", "seed")
BUDGET = "the budget of the test session is spent"


class RunCampaign:
    """Runs campaigns: ``campaign(family="astral", cases=84, seed=7)``.

    Args:
        live: The open endpoints.
        base: The user's spec, which the arguments of a call go on top of.
        record: Gives the record of the test that runs now.
    """

    def __init__(self, live: Live, base: Base, record: Callable[[], Record]) -> None:
        self._live = live
        self._base = base
        self._record = record

    def __call__(self, **changes: Any) -> Outcomes:
        """The outcomes of one campaign, every planned trial once.

        Args:
            changes: Keys of a spec (target, family, oracle, opinions, confirm, seed) or of its limits (cases, trials,
                concurrency, calls, tokens, usd, minutes), in place of the user's own.

        Raises:
            ConfigError: the spec does not check, or an oracle failed its preflight.
        """
        plan = build(self._base.check(self._changed(changes)))
        record = self._record()
        own = Record(record.group)
        store = MemoryStore(plan.spec.limits.trials)
        stop = self._live.call(self._run(plan, store, Scope(own)))
        record.spend(own.calls, own.tokens, own.usd)
        record.replayed += own.replayed
        if stop is not None and stop.kind is StopKind.SETUP:
            raise ConfigError(stop.reason)
        outcomes = _outcomes(plan, store, stop, Cost(own.calls, own.tokens, own.usd))
        _note(record, outcomes, store)
        return outcomes

    def _changed(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        for name in changes:
            if name not in (*OF_SPEC, *OF_LIMITS):
                raise ConfigError(f"campaign: {unknown('argument', name, (*OF_SPEC, *OF_LIMITS))}")
        values = dict(self._base.values)
        limits = {name: value for name, value in changes.items() if name in OF_LIMITS}
        values |= {name: value for name, value in changes.items() if name in OF_SPEC}
        return {**values, "limits": {**values.get("limits", {}), **limits}}

    async def _run(self, plan: Plan, store: MemoryStore, scope: Scope) -> Stop | None:
        limits = plan.spec.limits
        endpoints = await self._live.endpoints(plan.endpoints, scope)
        parts = Parts(plan.family, plan.search, plan.oracle, endpoints, plan.opinions, plan.confirmer)
        seconds = None if limits.minutes is None else limits.minutes * 60
        load = Load(plan.cases, limits.trials, limits.concurrency, seconds)
        engine = Engine(parts, store, budget(plan, store.standing()), load, Progress())
        return await engine.run()


def _outcomes(plan: Plan, store: MemoryStore, stop: Stop | None, spent: Cost) -> Outcomes:
    """What the store holds, and `not_run` for every trial that has no outcome."""
    trials = plan.spec.limits.trials
    places = [(position, trial) for position in sorted(store.slots) for trial in range(trials)]
    is_whole = len(store.finished) == len(places) and (stop is None or len(store.slots) == plan.cases)
    ended = stop if stop or is_whole else Stop(StopKind.LIMIT, BUDGET)
    items = [
        store.finished.get(place) or _not_run(store, place, ended.reason if ended else "the run ended before it")
        for place in places
    ]
    if ended:
        never = (plan.cases - len(store.slots)) * trials
        items += [Outcome("", {}, Status.NOT_RUN, ended.reason) for _ in range(never)]
    family = described(plan.spec.family.dump())
    return Outcomes(
        tuple(items),
        spent,
        ended.kind.value if ended else "",
        ended.reason if ended else "",
        dict(family.rated),
        family.cluster,
        _judged_by(plan),
    )


def _judged_by(plan: Plan) -> str:
    """The deciding oracle and its version, with what confirms its failures."""
    deciding = f"{plan.oracle.name} {plan.oracle.version}".strip()
    return f"{deciding}, confirmed by {plan.confirmer.name} {plan.confirmer.version}" if plan.confirmer else deciding


def _not_run(store: MemoryStore, place: tuple[int, int], reason: str) -> Outcome:
    slot, trial = store.slots[place[0]], place[1]
    key, labels = ("", slot.cell.labels) if slot.case is None else (slot.case.key, slot.case.labels)
    return Outcome(key, labels, Status.NOT_RUN, reason, trial=trial)


def _note(record: Record, outcomes: Outcomes, store: MemoryStore) -> None:
    """Adds the outcomes to what the test reports."""
    places = {id(outcome): place for place, outcome in store.finished.items()}
    for outcome in outcomes:
        words = _words(store, places.get(id(outcome)))
        cluster, is_rated = outcomes.cluster_of(outcome), outcomes.is_rated(outcome)
        record.keep(outcome, cluster=cluster, is_rated=is_rated, words=words)


def _words(store: MemoryStore, place: tuple[int, int] | None) -> Sequence[str]:
    """The last prompt and answer of a trial."""
    asked = [e for e in store.exchanges.get(place, ()) if e.ask.role is Role.TARGET] if place else []
    return (last_prompt(asked[-1].ask.request), asked[-1].reply.text) if asked else ()
