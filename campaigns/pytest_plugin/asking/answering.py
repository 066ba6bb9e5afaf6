"""The fixtures ``target`` and ``oracle``: asking one prompt, judging one answer, synchronously."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from probewright import registry
from probewright.campaigns.engine.dialogue import Withheld
from probewright.campaigns.engine.script import drive
from probewright.campaigns.pytest_plugin.asking.live import Live, Scope
from probewright.campaigns.pytest_plugin.specs import Base
from probewright.campaigns.specs.spec_file import check_oracle
from probewright.errors import ConfigError, TargetError
from probewright.plugins import Plugin
from probewright.protocols import Oracle
from probewright.targets import asked_case
from probewright.types import (
    Ask,
    Case,
    Exchange,
    Generate,
    Message,
    Reply,
    Request,
    Role,
    Score,
    Script,
    Status,
    Transcript,
    Verdict,
)

Conversation = str | Sequence[Message] | Request


class Undecided(Exception):
    """An oracle could not tell, so neither a pass nor a fail may be concluded from its verdict."""


@dataclass(frozen=True, slots=True)
class Judgement:
    """A verdict that a test may assert. It is true for a pass and false for a fail.

    Raises:
        Undecided: when an undecided verdict is taken for true or false; ``assert not judgement`` does not pass either.
    """

    verdict: Verdict

    @property
    def status(self) -> Status:
        """Pass, fail or undecided."""
        return self.verdict.status

    def __bool__(self) -> bool:
        if self.verdict.status is Status.UNDECIDED:
            raise Undecided(f"{self.verdict.oracle} could not tell: {self.verdict.reason}")
        return self.verdict.status is Status.PASS

    def __repr__(self) -> str:
        return f"<{self.verdict.oracle} says {self.verdict.status.value}: {self.verdict.reason}>"


class AskTarget:
    """Asks the target of the spec.

    Args:
        live: The open endpoints.
        base: The user's spec.
        scope: Gives the scope of the test that runs now.
    """

    def __init__(self, live: Live, base: Base, scope: Callable[[], Scope]) -> None:
        self._live = live
        self._plugin = base.check().target
        self._scope = scope
        self._once: dict[str, Reply] = {}

    def __call__(self, prompt: Conversation, /, **params: Any) -> Reply:
        """The reply to a prompt, to messages, or to a `Score`; ``params`` override the target's own sampling.

        Raises:
            Withheld: the provider's filter withheld the answer.
            TargetError: no answer came, or a replay has none.
            LimitReached: the session's budget allows no further call.
        """
        return self._ask(_request(prompt, params), self._scope())

    def once(self, prompt: str, /, **params: Any) -> Reply:
        """The reply to a prompt, asked at most once in this fixture's life: the same prompt gets the same reply.

        What a property of Hypothesis needs, which comes back to prompts while it looks for the smallest that fails.
        """
        key = repr((prompt, sorted(params.items())))
        if key not in self._once:
            self._once[key] = self._ask(_request(prompt, params), Scope(self._scope().record))
        return self._once[key]

    def _ask(self, request: Request, scope: Scope) -> Reply:
        reply = self._live.call(self._answer(request, scope))
        if reply.blocked:
            raise Withheld(reply.blocked)
        return reply

    async def _answer(self, request: Request, scope: Scope) -> Reply:
        asked_case.begin({})
        endpoints = await self._live.endpoints({(Role.TARGET, ""): self._plugin}, scope)
        return await endpoints[Role.TARGET, ""].ask(request)


class AskOracle:
    """Judges one answer, by the spec's oracle or by another.

    Args:
        live: The open endpoints, for oracles that ask a model.
        base: The user's spec.
        scope: Gives the scope of the test that runs now.
    """

    def __init__(self, live: Live, base: Base, scope: Callable[[], Scope]) -> None:
        self._live = live
        self._base = base
        self._scope = scope
        self._oracles: dict[str, tuple[Plugin, Oracle]] = {}
        self._trusted: set[str] = set()

    def __call__(
        self, prompt: str, answer: str | Reply, /, expected: Any = None, *, by: Any = None, options: Sequence[str] = ()
    ) -> Judgement:
        """The verdict on an answer to a prompt.

        Args:
            prompt: What was asked.
            answer: What came back.
            expected: The right answer, for oracles that compare.
            by: An oracle as a spec names it; where not given, that of the spec, else ``refusal``.
            options: The answers to choose from, for oracles of choices.

        Raises:
            ConfigError: there is no such oracle, or it failed its preflight.
            TargetError: the oracle's model brought no answer.
        """
        name = repr(by)
        if name not in self._oracles:
            plugin = self._plugin(by)
            self._oracles[name] = plugin, registry.create("oracle", plugin)
        reply = answer if isinstance(answer, Reply) else Reply(answer)
        parameters = {"prompt": prompt, **({"options": list(options)} if options else {})}
        exchange = Exchange(Ask(Role.TARGET, Generate((Message("user", prompt),))), reply)
        transcript = Transcript(Case("pytest", parameters, expected=expected), (exchange,))
        return Judgement(self._live.call(self._judge(name, transcript)))

    def _plugin(self, by: Any) -> Plugin:
        if by is not None:
            return check_oracle(by, "oracle(by=...)", self._base.folder)
        named = self._base.values.get("oracle")
        if named is not None:
            return check_oracle(named, self._base.source, self._base.folder)
        return self._base.check().judge if self._base.family_kind else check_oracle("refusal", "oracle")

    async def _judge(self, name: str, transcript: Transcript) -> Verdict:
        plugin, oracle = self._oracles[name]
        addresses = {(Role.JUDGE, place): endpoint for place, endpoint in oracle.endpoints().items()}
        endpoints = await self._live.endpoints(addresses, self._scope())

        async def answer(ask: Ask) -> Reply:
            return await endpoints[ask.role, ask.to].ask(ask.request)

        if name not in self._trusted:
            script: Script[tuple[str, ...]] = oracle.preflight()
            if wrong := await drive(script, answer):
                raise ConfigError(f"{plugin.kind} failed its preflight: {wrong[0]}")
            self._trusted.add(name)
        try:
            return await drive(oracle.judge(transcript), answer)
        except TargetError as error:
            error.add_note(f"while {plugin.kind} was judging")
            raise


def _request(prompt: Conversation, params: dict[str, Any]) -> Request:
    if isinstance(prompt, str):
        return Generate((Message("user", str(prompt)),), params)
    if isinstance(prompt, Generate | Score):
        if params:
            raise ConfigError(f"target: a {type(prompt).__name__} holds its own parameters; allowed beside it: none")
        return prompt
    return Generate(tuple(prompt), params)
