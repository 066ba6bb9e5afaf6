"""The target `pool`: a model that this machine hosts itself."""

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from types import TracebackType
from typing import Annotated, Self

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from probewright import registry
from probewright.errors import TargetError, unknown
from probewright.plugins import PluginParams
from probewright.pools.engine import EngineOptions
from probewright.pools.models import InstalledModel
from probewright.pools.pool import Lease, Pool, Served, shared_pool
from probewright.protocols import Cost
from probewright.targets.openai_chat import OpenAIChat, Sampling
from probewright.targets.pricing import Price
from probewright.types import Json, Reply, Request

FREE = Price(input_usd_per_million=0, output_usd_per_million=0)
NOWHERE = "http://127.0.0.1/v1"  # the base URL while no engine runs


def _check_engine(name: str) -> str:
    if name not in registry.table("engine"):
        raise PydanticCustomError("engine", "{text}", {"text": unknown("engine", name, registry.table("engine"))})
    return name


@dataclass
class Worker:
    """A leased engine and the client that asks it where it listens now."""

    lease: Lease
    address: str = ""
    client: OpenAIChat | None = None
    opening: asyncio.Lock = field(default_factory=asyncio.Lock)


class PoolTarget:
    """Leases engines while open and asks them; follows an engine that was started again.

    Args:
        params: its part of the spec.
        pool: where to lease; None takes the pool that the event loop shares.
    """

    class Params(PluginParams):
        """What a spec may say.

        ``slots`` and ``context_tokens`` hold for each of the ``processes``, of which each takes one core. ``timeout_s``
        limits one attempt and does not count the wait for a slot.
        """

        model: str = Field(min_length=1)
        engine: Annotated[str, AfterValidator(_check_engine)] = "llama_cpp"
        system: str | None = None
        params: Sampling = Sampling()
        timeout_s: float = Field(120, gt=0, le=3600)
        retries: int = Field(5, ge=0, le=20)
        slots: int = Field(8, ge=1, le=64)
        context_tokens: int = Field(1024, ge=128, le=1_048_576)
        processes: int = Field(1, ge=1, le=64)
        adapter: str = Field(
            "", pattern=r"^([0-9a-f]{16})?$", description="key of a trained adapter to put on the model"
        )

    def __init__(self, params: Params, pool: Pool | None = None) -> None:
        self.name = f"pool:{params.model}"
        self._params = params
        self._pool = pool
        self._workers: list[Worker] = []
        self._stack = AsyncExitStack()
        self._clients: list[OpenAIChat] = []
        self._follows = 0
        self._model: InstalledModel | None = None
        self._chat = OpenAIChat.Params(
            base_url=NOWHERE,
            model=params.model,
            system=params.system,
            params=params.params,
            timeout_s=params.timeout_s,
            retries=params.retries,
            price=FREE,
        )

    @property
    def retries(self) -> int:
        """Requests sent again so far, those to a restarted engine included."""
        return self._follows + sum(client.retries for client in self._clients)

    @property
    def recommended_concurrency(self) -> int:
        """Requests in flight that fill every slot; more only wait."""
        return self._params.slots * self._params.processes

    async def __aenter__(self) -> Self:
        """Leases the engines, which starts those that nobody leases yet.

        Raises:
            ModelMissing: the model is not installed.
            PoolError: the engine's package is missing, the model's file is damaged, or an engine would not start.
        """
        pool = self._pool or shared_pool()
        params = self._params
        async with AsyncExitStack() as stack:
            workers = []
            for process in range(params.processes):
                options = EngineOptions(params.slots, params.context_tokens, process, params.adapter)
                lease = await stack.enter_async_context(pool.lease(params.model, params.engine, options))
                workers.append(Worker(lease))
            self._stack = stack.pop_all()
        self._workers = workers
        self._model = workers[0].lease.model
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the leases back; an engine that nobody else leases is stopped."""
        self._workers = []
        await self._stack.aclose()

    async def ask(self, request: Request) -> Reply:
        """The model's answer to ``request``.

        Raises:
            Unsupported: ``request`` asks for scores and the engine gives none.
            TargetError: no answer, after bounded retries.
            EngineFailed: the engine kept dying.
        """
        if not self._workers:
            raise RuntimeError(f"{self.name} is not open: use 'async with'")
        worker = min(self._workers, key=lambda worker: worker.lease.load)
        async with worker.lease.slot():
            return await self._ask(worker, request)

    def worst_case(self, request: Request) -> Cost:
        """One call at the most tokens that it can be expected to take. A local model costs 0 US dollars."""
        return OpenAIChat(self._chat).worst_case(request)

    def provenance(self) -> Mapping[str, Json]:
        """Which file was served, and by what; empty until the target was open."""
        if self._model is None:
            return {}
        engine = registry.load("engine", self._params.engine)
        known = {
            "model": self._model.name,
            "source": self._model.source,
            "sha256": self._model.sha256,
            "engine": self._params.engine,
            engine.requires: version(engine.requires),
        }
        return known | ({"adapter": self._params.adapter} if self._params.adapter else {})

    async def _ask(self, worker: Worker, request: Request) -> Reply:
        lost_attempts = 0
        while True:
            served = await worker.lease.served()
            client = await self._client(worker, served)
            try:
                reply = await client.ask(request)
            except TargetError as error:
                # Restarts are bounded, so this ends: `served` raises once the engine has kept dying.
                if not error.is_retryable or not await worker.lease.replaced(served):
                    raise
                self._follows += 1
                lost_attempts += 1 + self._params.retries
            else:
                return replace(reply, attempts=reply.attempts + lost_attempts)

    async def _client(self, worker: Worker, served: Served) -> OpenAIChat:
        """A client of the address where the engine listens now; it can change with a restart."""
        async with worker.opening:
            address = served.endpoint.base_url
            if worker.client is None or worker.address != address:
                client = OpenAIChat(self._chat.model_copy(update={"base_url": address}))
                worker.client = await self._stack.enter_async_context(client)
                worker.address = address
                self._clients.append(client)
            return worker.client
