"""The target `python`: a function in the user's own code, for what speaks no protocol. For the command line only."""

import asyncio
import inspect
import sys
import time
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from probewright.errors import Garbled, RequestRejected, TimedOut, Unsupported
from probewright.plugins import PluginParams
from probewright.protocols import Cost
from probewright.targets import asked_case
from probewright.targets.failures import one_line
from probewright.targets.http_target import SCORES
from probewright.targets.pricing import DEFAULT_MAX_TOKENS, Price, worst_case_tokens
from probewright.targets.python_function import REFERENCE, in_thread, load_function
from probewright.targets.reasoning import split_reasoning
from probewright.targets.reply_parts import estimated_usage
from probewright.types import Generate, Json, Message, Reply, Request, Score, Usage


class PythonTarget:
    """Calls ``function(messages, labels)``, which returns the answer as text.

    ``messages`` is a list of ``{"role": ..., "content": ...}``, ``labels`` a mapping of the case's labels. A plain
    function runs in a thread of its own, an async one in the event loop. Nothing is tried twice.

    Args:
        params: its part of the spec.
    """

    cannot: ClassVar[tuple[str, ...]] = (SCORES,)

    class Params(PluginParams):
        """What a spec may say: which function, and how long one call may take, in seconds."""

        callable: str
        system: str | None = None
        timeout_s: float = Field(60, gt=0, le=3600)
        price: Price | None = None

        @property
        def place(self) -> str:
            """Where the function is, for names."""
            return self.callable

        @field_validator("callable")
        @classmethod
        def _is_a_reference(cls, value: str) -> str:
            if not REFERENCE.fullmatch(value):
                raise PydanticCustomError("callable", "give 'module:function', such as 'my_app.chat:answer'")
            return value

        @field_validator("callable")
        @classmethod
        def _is_trusted(cls, value: str, info: ValidationInfo) -> str:
            if not (info.context or {}).get("is_trusted", True):
                raise PydanticCustomError(
                    "untrusted",
                    "a target of the kind 'python' runs code of yours: allowed on the command line and in pytest only",
                )
            return value

    def __init__(self, params: Params) -> None:
        self.name = f"python:{params.callable}"
        self.retries = 0
        self._params = params
        self._system = (Message("system", params.system),) if params.system else ()
        self._function: Callable[..., Any] | None = None

    async def __aenter__(self) -> Self:
        """Imports the module, with the current folder on ``sys.path``.

        Raises:
            ConfigError: there is no such module or function, or importing it fails.
        """
        self._function = load_function(self._params.callable)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Forgets the function. A thread that is still in it is left behind; it keeps nobody waiting."""
        self._function = None

    async def ask(self, request: Request) -> Reply:
        """What the function answers.

        Raises:
            Unsupported: ``request`` asks for scores.
            TimedOut: the function took longer than ``timeout_s``.
            RequestRejected: it raised an error, which the message names.
            Garbled: it returned no text.
        """
        if self._function is None:
            raise RuntimeError(f"{self.name} is not open: use 'async with'")
        if isinstance(request, Score):
            raise Unsupported(f"{self.name}: a function cannot {SCORES}")
        messages = (*self._system, *request.messages)
        started = time.perf_counter()
        answer = await self._call(self._function, [{"role": m.role, "content": m.content} for m in messages])
        latency_s = time.perf_counter() - started
        reasoning, text = split_reasoning(self._checked(answer))
        usage = estimated_usage(sum(len(m.content) for m in messages), len(answer))
        return Reply(text, reasoning, usage=usage, usd=self._usd(usage), latency_s=latency_s)

    def worst_case(self, request: Request) -> Cost:
        """One call at the most tokens that it can be expected to take; see `worst_case_tokens`."""
        usage = Usage() if isinstance(request, Score) else self._longest(request)
        return Cost(calls=1, tokens=usage.total, usd=self._usd(usage))

    def provenance(self) -> Mapping[str, Json]:
        """Which module was asked, and the digest of its file; empty until the target was open."""
        if self._function is None:
            return {}
        module = sys.modules[self._params.callable.partition(":")[0]]
        path = getattr(module, "__file__", None)  # a module that is built in has none
        digest = {"sha256": sha256(Path(path).read_bytes()).hexdigest()} if path else {}
        return {"callable": self._params.callable, **digest}

    async def _call(self, function: Callable[..., Any], messages: list[dict[str, str]]) -> Any:
        timeout_s = self._params.timeout_s
        limit = asyncio.timeout(timeout_s)
        try:
            async with limit:
                return await _answer(function, messages, asked_case.labels())
        except (Exception, SystemExit) as error:
            if isinstance(error, TimeoutError) and limit.expired():
                raise TimedOut(f"{self.name}: no answer within {timeout_s:g} s; raise timeout_s") from None
            raise RequestRejected(f"{self.name}: {type(error).__name__}: {one_line(str(error))}") from error

    def _checked(self, answer: Any) -> str:
        if not isinstance(answer, str):
            raise Garbled(f"{self.name}: returned {one_line(repr(answer))} ({type(answer).__name__}), not str")
        try:
            answer.encode()
        except UnicodeEncodeError as error:
            raise Garbled(f"{self.name}: returned text that is not Unicode: {one_line(str(error))}") from error
        return answer

    def _longest(self, request: Generate) -> Usage:
        return Usage(worst_case_tokens((*self._system, *request.messages)), DEFAULT_MAX_TOKENS)

    def _usd(self, usage: Usage) -> float | None:
        return self._params.price.usd(usage) if self._params.price else None


async def _answer(function: Callable[..., Any], messages: list[dict[str, str]], labels: dict[str, str]) -> Any:
    if inspect.iscoroutinefunction(function):
        return await function(messages, labels)
    answer = await in_thread(function, messages, labels)
    return await answer if inspect.isawaitable(answer) else answer
