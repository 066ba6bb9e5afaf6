"""`probewright report CAMPAIGN`."""

import sys
from argparse import ArgumentParser, Namespace
from pathlib import Path

from probewright.campaigns.render.terminal import terminal
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_campaign, add_database, add_reader
from probewright.webapp.cli.report_files import FORMATS, default_directory, render, write_reports
from probewright.webapp.database import open_desk


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    add_campaign(parser)
    parser.add_argument("--against", metavar="CAMPAIGN", help="compare with this campaign, case by case")
    add_reader(parser)
    parser.add_argument("--format", choices=[*FORMATS, "text"], help="print it in this format instead of writing files")
    parser.add_argument("--out", metavar="DIR", type=Path, help="where the files go; default: in the data folder")
    add_database(parser)


def execute(args: Namespace) -> int:
    """Writes or prints the report; exit code 0 whatever the report says."""
    desk = open_desk(args.db)
    campaign = desk.find(args.campaign)
    against = None if args.against is None else desk.find(args.against)
    report = desk.report(campaign, against, args.oracle)
    if args.format == "text":
        print(terminal(report))
    elif args.format is not None:
        sys.stdout.write(render(desk, report, args.format, ""))
    else:
        print(terminal(report))
        print(f"report: {write_reports(desk, report, args.out or default_directory(report))}")
    return exit_codes.PASS
