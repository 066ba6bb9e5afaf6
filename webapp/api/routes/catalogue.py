"""What this installation has: kinds of targets and oracles, local models."""

import asyncio
import inspect
from collections import Counter
from functools import cache
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Router

from probewright import registry
from probewright.campaigns.desk import Desk
from probewright.campaigns.engine.parts import Address
from probewright.campaigns.render.evaluation import card_as_json
from probewright.campaigns.specs.spec_schema import spec_schema
from probewright.campaigns.specs.untrusted import TARGETS, check_untrusted
from probewright.errors import ConfigError, PoolError
from probewright.plugins import Plugin
from probewright.pools import models as pools
from probewright.types import Role
from probewright.webapp.api.answers import problems
from probewright.webapp.api.auth import Bearer
from probewright.webapp.api.mistakes import SOURCE, spec_problems
from probewright.webapp.api.places import stream_place
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.schemas import (
    Check,
    Checked,
    Kind,
    Kinds,
    OracleDetails,
    OracleKind,
    OracleKinds,
    PoolModel,
    PoolModels,
)
from probewright.webapp.api.tokens import Scope

router = Router(tags=["catalogue"], by_alias=True)

MOST_CARDS = 20
CHECK_S = 30.0  # of one check, whatever timeout the target names
REMOTE = TARGETS - {"pool", "tuned"}  # a check of these would load a model into the web server's machine

KindName = Annotated[str, Path(pattern=r"^[a-z0-9_]{1,60}$")]


@router.get(
    "/targets",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=Kinds,
    operation_id="list_targets",
    summary="List kinds of targets",
    openapi_extra=problems("scope_missing"),
)
def targets(request: HttpRequest) -> Kinds:  # noqa: ARG001 (ninja's signature)
    """The kinds that a spec from the network may name, with the JSON Schema of their parameters."""
    return Kinds(items=[_kind(name) for name in sorted(TARGETS & registry.table("target").keys())])


@cache
def _kind(name: str) -> Kind:
    target = registry.load("target", name)
    return Kind(kind=name, about=_about(target), parameters=target.Params.model_json_schema())


@router.post(
    "/targets/check",
    auth=Bearer(Scope.CAMPAIGNS_WRITE),
    response=Checked,
    operation_id="check_target",
    summary="Ask a target one short question",
    openapi_extra=problems(
        "malformed_request", "scope_missing", "body_too_large", "unsupported_media_type", "invalid_spec",
        "too_many_streams",
    ),
)  # fmt: skip
def check(request: HttpRequest, body: Check) -> Checked:  # noqa: ARG001 (ninja's signature)
    """As `probewright targets check` does. It costs one call; nothing is stored."""
    with stream_place():
        with spec_problems():
            plugin = _remote(body.target)
        return asyncio.run(_check(plugin))


def _remote(target: dict[str, Any]) -> Plugin:
    """The target, checked by the rules for specs from the network.

    Raises:
        ConfigError: it is not allowed, or runs on this machine.
    """
    plugin = check_untrusted({"name": "check", "target": target, "family": {"kind": "astral"}}, SOURCE).target
    if plugin.kind not in REMOTE:
        raise ConfigError(f"target.kind: {plugin.kind!r} is not checked here; allowed: {', '.join(sorted(REMOTE))}")
    return plugin


async def _check(plugin: Plugin) -> Checked:
    # The client of targets takes half a second to import, and pages are served by the same process.
    from probewright.webapp.cli.targets import check_all  # noqa: PLC0415

    address: Address = (Role.TARGET, "")
    try:
        async with asyncio.timeout(CHECK_S):
            rows = [each.row() for each in await check_all([(address, plugin)])]
    except TimeoutError:
        rows = [{"kind": plugin.kind, "ok": False, "error": f"no answer within {CHECK_S:g} s", "code": "timed_out"}]
    return Checked(ok=all(row["ok"] for row in rows), endpoints=rows)


@router.get(
    "/oracles",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=OracleKinds,
    operation_id="list_oracles",
    summary="List kinds of oracles",
    openapi_extra=problems("scope_missing"),
)
def oracles(request: HttpRequest) -> OracleKinds:  # noqa: ARG001 (ninja's signature)
    """All kinds, with how many cards are kept of each: measurements on labelled answers."""
    cards = Counter(card.oracle for _, card in Desk().cards())
    return OracleKinds(items=[_oracle(name, cards[name]) for name in sorted(registry.table("oracle"))])


@router.get(
    "/oracles/{kind}",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=OracleDetails,
    operation_id="get_oracle",
    summary="Get a kind of oracle with its cards",
    openapi_extra=problems("scope_missing", "not_found"),
)
def oracle(request: HttpRequest, kind: KindName) -> OracleDetails:  # noqa: ARG001 (ninja's signature)
    """Its parameters as JSON Schema, and its newest cards."""
    if kind not in registry.table("oracle"):
        raise Problem("not_found", f"there is no oracle {kind!r}; there are: {', '.join(registry.table('oracle'))}")
    cards = [card_as_json(number, card) for number, card in Desk().cards(kind)]
    schema = registry.load("oracle", kind).Params.model_json_schema()
    known = _oracle(kind, len(cards)).model_dump()
    return OracleDetails(**known, parameters=schema, newest_cards=cards[:MOST_CARDS])


def _oracle(name: str, cards: int) -> OracleKind:
    found = registry.load("oracle", name)
    version, failure = getattr(found, "version", ""), getattr(found, "failure", "")
    return OracleKind(
        kind=name,
        version=version if isinstance(version, str) else "",
        about=_about(found),
        failure=failure if isinstance(failure, str) else "",
        cards=cards,
    )


def _about(found: type) -> str:
    """The first line of what a class says of itself."""
    return (inspect.getdoc(found) or "").partition("\n")[0]


@router.get(
    "/pools",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=PoolModels,
    operation_id="list_pools",
    summary="List local models",
    openapi_extra=problems("scope_missing", "pool_damaged"),
)
def local_models(request: HttpRequest) -> PoolModels:  # noqa: ARG001 (ninja's signature)
    """The models that the target `pool` can host on this machine, and those that can be installed."""
    try:
        here = pools.installed()
    except PoolError as error:
        raise Problem("pool_damaged", " ".join(str(error).split())) from error
    names = {model.name for model in here}
    found = [PoolModel(name=m.name, is_installed=True, sha256=m.sha256, licence=m.licence) for m in here]
    for model in pools.known():
        if model.name not in names:
            row = PoolModel(name=model.name, is_installed=False, sha256=model.sha256, licence=model.licence)
            found.append(row)
    return PoolModels(items=found)


@router.get(
    "/spec-schema",
    auth=Bearer(Scope.CAMPAIGNS_READ),
    response=dict[str, Any],
    operation_id="get_spec_schema",
    summary="Get the JSON Schema of specs",
    openapi_extra=problems("scope_missing"),
)
def schema(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001 (ninja's signature)
    """JSON Schema 2020-12, as `probewright schema` prints it. Specs from the network have further rules."""
    return _spec_schema()


@cache
def _spec_schema() -> dict[str, Any]:
    return spec_schema()
