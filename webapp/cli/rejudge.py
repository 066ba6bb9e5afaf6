"""`probewright rejudge CAMPAIGN --oracle X`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.campaigns.specs.spec_file import check_spec
from probewright.errors import DataError
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.display import watching
from probewright.webapp.cli.options import add_campaign, add_database, add_output
from probewright.webapp.cli.session import Session

LIMITS = {"calls": int, "tokens": int, "usd": float}


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    add_campaign(parser)
    named = parser.add_mutually_exclusive_group(required=True)
    named.add_argument(
        "--oracle", metavar="X", help="a kind, such as contains, or a mapping in YAML or JSON: '{kind: contains}'"
    )
    named.add_argument("--oracle-file", metavar="FILE", type=Path, help="the same in a file")
    parser.add_argument("--again", action="store_true", help="judge also what this very oracle has judged already")
    for name, kind in LIMITS.items():
        parser.add_argument(f"--{name}", type=kind, metavar="N", help=f"a new limit of {name}, all runs together")
    add_database(parser)
    add_output(parser)


def execute(args: Namespace) -> int:
    """Adds the verdicts and decides by them; the exit code says what the gate says then, or why judging stopped."""
    text, source, folder = _oracle(args)
    session = Session(args.db, args.out, args.json)
    campaign = session.desk.find(args.campaign)
    spec = _spec(session, campaign, args)
    judge = session.desk.judge(campaign, spec, text, source, folder)
    progress = Progress()
    with watching(progress, f"{spec.name} by {judge.name}", sys.stderr):
        stop = session.desk.rejudge(campaign, spec, judge, args.again, progress, session.note)
    if stop is not None:
        session.note(f"stopped: {stop.reason}; the campaign is decided as before, the same command goes on")
        return exit_codes.BY_STOP.get(stop.kind, exit_codes.INTERRUPTED)
    code = session.finish(campaign)
    return exit_codes.UNDECIDED if code == exit_codes.INTERRUPTED else code  # the run was interrupted, not this


def _oracle(args: Namespace) -> tuple[str, str, Path]:
    """The oracle in words, what messages call them, and what paths in them are relative to."""
    if args.oracle is not None:
        return args.oracle, "--oracle", Path.cwd()
    path: Path = args.oracle_file
    try:
        return path.read_text("utf-8-sig"), str(path), path.resolve().parent
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path}: is not UTF-8; save the file as UTF-8") from error


def _spec(session: Session, campaign: int, args: Namespace) -> CampaignSpec:
    spec = dict(session.desk.spec(campaign))
    raised = {name: value for name in LIMITS if (value := getattr(args, name)) is not None}
    spec["limits"] = {**spec["limits"], **raised}
    return check_spec(spec, source=f"campaign {campaign}")
