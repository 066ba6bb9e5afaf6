"""`probewright targets check SPEC`."""

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from probewright import registry
from probewright.campaigns.engine.parts import Address, named
from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec_file import read_spec
from probewright.errors import ProbewrightError, TargetError
from probewright.plugins import Plugin
from probewright.targets.failures import one_line
from probewright.types import Generate, Message, Reply
from probewright.webapp.cli import exit_codes

QUESTION = Generate((Message("user", "Reply with the word ready."),))
HERE = "this machine"  # where a target without an address answers
MAX_ANSWER_CHARS = 40


@dataclass(frozen=True, slots=True)
class Checked:
    """One endpoint of a spec, and what came of the question: a reply, or else an error."""

    name: str
    plugin: Plugin
    came: Reply | ProbewrightError

    @property
    def columns(self) -> tuple[str, str, str, str]:
        """Whom the campaign asks there, the target's kind, its place, its model."""
        params = self.plugin.params
        return self.name, self.plugin.kind, getattr(params, "place", HERE), getattr(params, "model", "")

    @property
    def cannot(self) -> tuple[str, ...]:
        """What no target of this kind does; what only asking can tell is not among it."""
        return tuple(getattr(registry.load("target", self.plugin.kind), "cannot", ()))

    @property
    def result(self) -> str:
        """What came of it, in one line."""
        came = self.came
        if isinstance(came, ProbewrightError):
            return f"failed: {came}"
        about = "about " if came.usage.is_estimated else ""
        tokens = f"{about}{came.usage.prompt_tokens} + {came.usage.completion_tokens} tokens"
        said = f"withheld by {came.blocked}" if came.blocked else repr(one_line(came.text)[:MAX_ANSWER_CHARS])
        limits = f"; cannot {', '.join(self.cannot)}" if self.cannot else ""
        return f"ok: {said} in {came.latency_s:.2f} s, {tokens}{limits}"

    def row(self) -> dict[str, Any]:
        """The same as JSON values."""
        row = dict(zip(("endpoint", "kind", "place", "model"), self.columns, strict=True))
        came, cannot = self.came, list(self.cannot)
        if isinstance(came, ProbewrightError):
            code = came.code if isinstance(came, TargetError) else type(came).__name__
            return {**row, "ok": False, "error": str(came), "code": code, "cannot": cannot}
        tokens = {"prompt": came.usage.prompt_tokens, "completion": came.usage.completion_tokens}
        return {
            **row,
            "ok": True,
            "answer": came.text,
            "blocked": came.blocked,
            "model_reported": came.model,
            "latency_s": round(came.latency_s, 3),
            "tokens": {**tokens, "estimated": came.usage.is_estimated},
            "cannot": cannot,
        }


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="check", required=True)
    checking = actions.add_parser("check", help="ask every endpoint that a spec names one short question")
    checking.add_argument("spec", metavar="SPEC", type=Path, help="a YAML file")
    checking.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def execute(args: Namespace) -> int:
    """Asks all endpoints at once, each a single time; stores nothing."""
    checked = asyncio.run(check_all(build(read_spec(args.spec)).endpoints.items()))
    code = _exit_code([each.came for each in checked])
    if args.json:
        found = {"ok": code == exit_codes.PASS, "endpoints": [each.row() for each in checked]}
        print(orjson.dumps(found, option=orjson.OPT_INDENT_2).decode())
    else:
        _print(checked)
    return code


async def check_all(endpoints: Iterable[tuple[Address, Plugin]]) -> list[Checked]:
    """What comes of asking every endpoint the question, in their order."""
    return await asyncio.gather(*(_check(named(address), plugin) for address, plugin in endpoints))


async def _check(name: str, plugin: Plugin) -> Checked:
    while plugin.kind == "tuned":  # opening it would train; what it starts from can be asked
        name, plugin = f"{name} (base)", plugin.params.base
    try:
        async with registry.create("target", _without_retries(plugin)) as target:
            return Checked(name, plugin, await target.ask(QUESTION))
    except ProbewrightError as error:
        return Checked(name, plugin, error)


def _without_retries(plugin: Plugin) -> Plugin:
    """A check says at once what is wrong, where a campaign would wait and try again."""
    if "retries" not in type(plugin.params).model_fields:
        return plugin
    return Plugin(plugin.kind, plugin.params.model_copy(update={"retries": 0}))


def _exit_code(came: Sequence[Reply | ProbewrightError]) -> int:
    errors = [each for each in came if isinstance(each, ProbewrightError)]
    if any(error.exit_code == exit_codes.USAGE for error in errors):
        return exit_codes.USAGE
    return exit_codes.UNDECIDED if errors else exit_codes.PASS


def _print(checked: Sequence[Checked]) -> None:
    widths = [max(map(len, column)) for column in zip(*(each.columns for each in checked), strict=True)]
    for each in checked:
        cells = [f"{text:<{width}}" for text, width in zip(each.columns, widths, strict=True) if width]
        print("  ".join([*cells, each.result]))
