"""Options that several commands share."""

from argparse import ArgumentParser
from pathlib import Path


def add_database(parser: ArgumentParser) -> None:
    """``--db URL``."""
    parser.add_argument(
        "--db", metavar="URL", help="sqlite:///PATH; default: $PROBEWRIGHT_DATABASE_URL, else a file in the data folder"
    )


def add_settings(parser: ArgumentParser) -> None:
    """``--set KEY=VALUE``: other values in the spec."""
    parser.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="settings",
        help="another value in the spec, several a line each; @FILE is a file's text: target.system=@prompt.md",
    )


def add_output(parser: ArgumentParser) -> None:
    """``--out DIR`` and ``--json``."""
    parser.add_argument(
        "--out",
        metavar="DIR",
        type=Path,
        help="where the report goes, in every format; default: as HTML in the data folder",
    )
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object on stdout")


def add_reader(parser: ArgumentParser) -> None:
    """``--oracle NAME``: by whose verdicts to read a campaign."""
    parser.add_argument(
        "--oracle",
        metavar="NAME",
        default="",
        help="as decided by this oracle, one of those that judged the campaign; default: as it is decided",
    )


def add_campaign(parser: ArgumentParser) -> None:
    """The campaign, by name or number."""
    parser.add_argument("campaign", metavar="CAMPAIGN", help="its number, or its name for the latest of that name")
