"""From a spec to a running engine: builds the plug-ins, opens their endpoints, derives the campaign's identity."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol, runtime_checkable

import orjson

from probewright import registry
from probewright.campaigns.engine.engine import Engine, Load
from probewright.campaigns.engine.limiter import BudgetLimiter
from probewright.campaigns.engine.parts import Address, Opinion, Parts, named
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.stop import Stop
from probewright.campaigns.gates.early import referee, require_sequential
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.errors import ConfigError
from probewright.plugins import Plugin
from probewright.protocols import Family, Limiter, Oracle, Search, Target
from probewright.secrets import Secret
from probewright.store import Standing, Store
from probewright.types import Items, Role

CONFIRMING = "confirm"  # the place of the confirming oracle's endpoints


@runtime_checkable
class RefersToSecrets(Protocol):
    """Parameters that name secrets by reference."""

    def secrets(self) -> Mapping[str, Secret]:
        """Reads them; raises `ConfigError` where one is not set."""
        ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What a spec asks for, built but not yet opened: plug-ins, their endpoints by address, and how much to do."""

    spec: CampaignSpec
    family: Family
    search: Search
    oracle: Oracle
    opinions: tuple[Opinion, ...]
    endpoints: Mapping[Address, Plugin]
    cases: int
    digest: str
    confirmer: Opinion | None = None


def build(spec: CampaignSpec) -> Plan:
    """Builds the plug-ins of a spec and checks what only they together can tell.

    Raises:
        ConfigError: a plug-in refuses its parameters, a file cannot be read, or more cases are wanted than there are.
    """
    family: Family = registry.create("family", spec.family, spec.seed)
    space = family.space()
    search: Search = registry.create("search", spec.family.params.search, space, spec.seed)
    oracle: Oracle = registry.create("oracle", spec.judge)
    wanted = spec.limits.cases or search.size
    if isinstance(space, Items) and wanted > search.size:
        raise ConfigError(f"limits.cases: {wanted:,} is more than the set holds; allowed: 1 to {search.size:,}")
    opinions = tuple(
        Opinion(registry.create("oracle", plugin), str(number)) for number, plugin in enumerate(spec.second_judges, 1)
    )
    confirmer = (
        Opinion(registry.create("oracle", spec.confirm), CONFIRMING, known_as=spec.confirmer) if spec.confirm else None
    )
    require_sequential(spec, search, wanted)
    if not wanted:
        raise ConfigError("the family has no case under these parameters; allowed: at least 1")
    beside = (*opinions, confirmer) if confirmer else opinions
    endpoints = _endpoints(spec, family, oracle, beside)
    return Plan(spec, family, search, oracle, opinions, endpoints, wanted, digest(spec, family), confirmer)


def _endpoints(
    spec: CampaignSpec, family: Family, oracle: Oracle, opinions: Sequence[Opinion]
) -> dict[Address, Plugin]:
    """Everything that scripts may ask, by address; the target itself has no name."""
    endpoints: dict[Address, Plugin] = {(Role.TARGET, ""): spec.target}
    endpoints.update({(Role.TARGET, name): plugin for name, plugin in family.targets(spec.target).items()})
    endpoints.update({(Role.WRITER, name): plugin for name, plugin in family.endpoints().items()})
    endpoints.update({(Role.JUDGE, name): plugin for name, plugin in oracle.endpoints().items()})
    for opinion in opinions:
        own = opinion.oracle.endpoints().items()
        endpoints.update({(Role.JUDGE, opinion.address(name)): plugin for name, plugin in own})
    return endpoints


def digest(spec: CampaignSpec, family: Family) -> str:
    """What makes two runs the same campaign: the spec without limits and gate, and the data its cases come from."""
    content = orjson.dumps([spec.identity(), family.fingerprint()], option=orjson.OPT_SORT_KEYS)
    return blake2b(content, digest_size=16).hexdigest()


def require_secrets(plan: Plan) -> None:
    """Makes sure, before a row is written or a request is sent, that each secret the spec refers to is there.

    Raises:
        ConfigError: an environment variable is not set.
    """
    for plugin in plan.endpoints.values():
        if isinstance(plugin.params, RefersToSecrets):
            plugin.params.secrets()


def budget(plan: Plan, standing: Standing) -> BudgetLimiter:
    """The plan's limits for a process that has the campaign for itself: what was spent before counts against them."""
    limits = plan.spec.limits
    return BudgetLimiter(limits.calls, limits.tokens, limits.usd, standing.spent)


async def run(
    plan: Plan,
    store: Store,
    standing: Standing,
    limiter: Limiter,
    progress: Progress,
    started: Callable[[Engine], None],
) -> Stop | None:
    """Runs a plan on a store to its end or to a stop.

    Args:
        plan: What `build` gave.
        store: Where the campaign is kept.
        standing: Where the campaign stands there: the time that it ran counts against the limits.
        limiter: Holds the limits on calls, tokens and dollars.
        progress: Counts that a display may read while the run goes on.
        started: Told the engine before it starts, to stop it later.

    Returns:
        Why it stopped early, or None when nothing was left to do here.
    """
    limits = plan.spec.limits
    left = None if limits.minutes is None else limits.minutes * 60 - standing.seconds
    load = Load(plan.cases, limits.trials, limits.concurrency, left)
    async with opened(plan.endpoints) as endpoints:
        progress.watch(endpoints.values())
        parts = Parts(plan.family, plan.search, plan.oracle, endpoints, plan.opinions, plan.confirmer)
        engine = Engine(parts, store, limiter, load, progress, referee(plan.spec))
        started(engine)
        try:
            return await engine.run()
        finally:
            progress.provenance = {named(address): target.provenance() for address, target in endpoints.items()}


@asynccontextmanager
async def opened(plugins: Mapping[Address, Plugin]) -> AsyncIterator[dict[Address, Target]]:
    """Endpoints, open until the block ends.

    Raises:
        ProbewrightError: one of them cannot be opened.
    """
    async with AsyncExitStack() as stack:
        targets = {address: registry.create("target", plugin) for address, plugin in plugins.items()}
        yield {address: await stack.enter_async_context(target) for address, target in targets.items()}
