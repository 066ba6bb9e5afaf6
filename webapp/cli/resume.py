"""`probewright resume CAMPAIGN`."""

from argparse import ArgumentParser, Namespace

from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec_file import check_spec
from probewright.webapp.cli.options import add_campaign, add_database, add_output
from probewright.webapp.cli.session import Session

LIMITS = {"calls": int, "tokens": int, "usd": float, "minutes": float}


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    add_campaign(parser)
    parser.add_argument("--errors", action="store_true", help="ask again what ended in an error")
    for name, kind in LIMITS.items():
        parser.add_argument(f"--{name}", type=kind, metavar="N", help=f"a new limit of {name}, all runs together")
    add_database(parser)
    add_output(parser)


def execute(args: Namespace) -> int:
    """Goes on where the campaign stopped; the exit code says what its gate, or its end, says."""
    session = Session(args.db, args.out, args.json)
    campaign = session.desk.find(args.campaign)
    spec = dict(session.desk.spec(campaign))
    raised = {name: value for name in LIMITS if (value := getattr(args, name)) is not None}
    spec["limits"] = {**spec["limits"], **raised}
    plan = build(check_spec(spec, source=f"campaign {campaign}"))
    if args.errors:
        session.note(f"asking {session.desk.reopen_errors(campaign)} errors again")
    session.run(plan, campaign)
    return session.finish(campaign)
