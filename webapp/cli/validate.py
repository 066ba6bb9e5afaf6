"""`probewright validate SPEC`."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import orjson

from probewright.campaigns.engine.runner import build
from probewright.campaigns.gates.outlook import outlook
from probewright.campaigns.specs.spec_file import read_spec
from probewright.figures import counted
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_settings


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("spec", metavar="SPEC", type=Path, help="a YAML file")
    add_settings(parser)
    parser.add_argument("--json", action="store_true", help="print the checked spec, every default spelled out")


def execute(args: Namespace) -> int:
    """Checks the spec without asking any endpoint; what is wrong is said in one line each."""
    spec = read_spec(args.spec, args.settings)
    plan = build(spec)
    if args.json:
        print(orjson.dumps(spec.dump(), option=orjson.OPT_INDENT_2).decode())
    else:
        print(
            f"{args.spec}: valid; plans {counted(plan.cases, 'case')} for {counted(spec.limits.trials, 'trial')} each"
        )
        for line in outlook(spec, plan.cases):
            print(f"gate: {line}")
    return exit_codes.PASS
