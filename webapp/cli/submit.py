"""`probewright submit SPEC`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec_file import read_spec
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_database, add_output, add_settings
from probewright.webapp.cli.session import Session


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("spec", metavar="SPEC", type=Path, help="a YAML file, as for probewright run")
    parser.add_argument(
        "--new", action="store_true", help="start another campaign even if one of this spec is unfinished"
    )
    parser.add_argument("--wait", action="store_true", help="follow it to its end, and report as probewright run does")
    add_settings(parser)
    add_database(parser)
    add_output(parser)


def execute(args: Namespace) -> int:
    """Gives the campaign to the workers; with ``--wait``, the exit code says what its gate, or its end, says."""
    plan = build(read_spec(args.spec, args.settings))
    session = Session(args.db, args.out, args.json)
    campaign = session.desk.queue(plan, is_new=args.new)
    if not args.wait:
        print(campaign)
        return exit_codes.PASS
    print(f"campaign {campaign}: waiting for a worker (probewright worker, or probewright serve)", file=sys.stderr)
    session.follow(campaign)
    return session.finish(campaign)
