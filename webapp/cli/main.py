"""The command `probewright`: finds the command's file, runs it, turns errors into one line and an exit code."""

import os
import sys
from argparse import ArgumentParser
from collections.abc import Sequence
from importlib import import_module
from typing import NoReturn

from probewright import __version__
from probewright.errors import ProbewrightError, unknown
from probewright.webapp.cli import exit_codes

# name -> module with `configure(parser)` and `execute(args)`, and what `--help` says of it
COMMANDS = {
    "demo": ("probewright.webapp.cli.demo", "test a real small language model, with and without a cautious prompt"),
    "run": ("probewright.webapp.cli.run", "run the campaign of a spec file, or go on with it"),
    "resume": ("probewright.webapp.cli.resume", "go on with a stopped campaign"),
    "rejudge": ("probewright.webapp.cli.rejudge", "have another oracle judge a campaign's stored answers"),
    "label": ("probewright.webapp.cli.label", "label a campaign's answers yourself, and see how far people agree"),
    "baseline": ("probewright.webapp.cli.baseline", "bless a campaign as what later ones are held against"),
    "oracle": ("probewright.webapp.cli.oracle", "measure an oracle on labelled answers, and list the cards of oracles"),
    "submit": ("probewright.webapp.cli.submit", "give the campaign of a spec file to the workers"),
    "cancel": ("probewright.webapp.cli.cancel", "stop a campaign wherever it runs"),
    "worker": ("probewright.webapp.cli.worker", "work on campaigns that were submitted"),
    "gate": ("probewright.webapp.cli.gate", "gate a pull request: run a spec on a server, and say what came of it"),
    "comment": ("probewright.webapp.cli.comment", "write what a pull request should know of a campaign, or post it"),
    "serve": ("probewright.webapp.cli.serve", "the web pages, with a worker"),
    "report": ("probewright.webapp.cli.report", "write a campaign's report, alone or against another's"),
    "suite": ("probewright.webapp.cli.suite", "freeze a campaign's cases, or make a suite of a published set's file"),
    "export": ("probewright.webapp.cli.export", "write a campaign's outcomes as SARIF, CSV, Parquet and other formats"),
    "outcomes": ("probewright.webapp.cli.outcomes", "stream a campaign's cases with prompt, answer and verdict"),
    "models": ("probewright.webapp.cli.models", "list and install local models"),
    "token": ("probewright.webapp.cli.token", "make, list and revoke tokens of the REST API"),
    "user": ("probewright.webapp.cli.user", "add a user of the web, or list them"),
    "validate": ("probewright.webapp.cli.validate", "check a spec file"),
    "targets": ("probewright.webapp.cli.targets", "ask every endpoint that a spec names one short question"),
    "schema": ("probewright.webapp.cli.schema", "print the JSON Schema of spec files"),
}
DEBUG = "PROBEWRIGHT_DEBUG"


class Parser(ArgumentParser):
    """A parser whose errors are one line that leads to the help."""

    def error(self, message: str) -> NoReturn:
        """Ends the process with exit code 2."""
        self.exit(exit_codes.USAGE, f"{self.prog}: {message}; see {self.prog} --help\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command line; returns its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0] in {"-h", "--help", "help"}:
        print(_help())
        return exit_codes.PASS if words else exit_codes.USAGE
    if words[0] == "--version":
        print(f"probewright {__version__}")
        return exit_codes.PASS
    try:
        return _run(words[0], words[1:])
    except KeyboardInterrupt:
        return _say("interrupted", exit_codes.INTERRUPTED)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read stdout has read enough
        return exit_codes.PASS
    except ProbewrightError as error:
        if error.exit_code == exit_codes.INTERNAL and os.environ.get(DEBUG):
            raise
        return _say(str(error), error.exit_code)
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        kind, text = type(error).__name__, " ".join(str(error).split())
        return _say(f"internal error: {kind}: {text} (the traceback: set {DEBUG}=1)", exit_codes.INTERNAL)


def _run(name: str, words: Sequence[str]) -> int:
    if name not in COMMANDS:
        return _say(unknown("command", name, COMMANDS), exit_codes.USAGE)
    path, description = COMMANDS[name]
    module = import_module(path)
    parser = Parser(prog=f"probewright {name}", description=f"{description[0].upper()}{description[1:]}.")
    module.configure(parser)
    code: int = module.execute(parser.parse_args(words))
    return code


def _say(text: str, code: int) -> int:
    for line in text.splitlines() or [""]:
        print(f"probewright: {line}", file=sys.stderr)
    return code


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {description}" for name, (_, description) in COMMANDS.items()]
    usage = "usage: probewright COMMAND [options]\n\nProof-tests language models before they ship.\n"
    return "\n".join(
        [usage, *lines, "", "probewright COMMAND --help says more; probewright --version names the version."]
    )
