"""`probewright run SPEC`."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec_file import read_spec
from probewright.webapp.cli.options import add_database, add_output, add_settings
from probewright.webapp.cli.session import Session


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "spec", metavar="SPEC", type=Path, help="a YAML file; `probewright schema` says what may stand in it"
    )
    parser.add_argument(
        "--new", action="store_true", help="start another campaign even if one of this spec is unfinished"
    )
    add_settings(parser)
    add_database(parser)
    add_output(parser)


def execute(args: Namespace) -> int:
    """Runs the campaign; the exit code says what its gate, or its end, says."""
    plan = build(read_spec(args.spec, args.settings))
    session = Session(args.db, args.out, args.json)
    campaign = session.desk.open(plan, is_new=args.new)
    session.run(plan, campaign)
    return session.finish(campaign)
