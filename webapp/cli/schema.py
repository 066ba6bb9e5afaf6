"""`probewright schema`."""

from argparse import ArgumentParser, Namespace

import orjson

from probewright.campaigns.specs.spec_schema import spec_schema
from probewright.webapp.cli import exit_codes


def configure(parser: ArgumentParser) -> None:
    """No arguments."""
    parser.epilog = "Editors that know YAML schemas complete and check spec files with it."


def execute(_: Namespace) -> int:
    """Prints the JSON Schema (2020-12) of spec files."""
    print(orjson.dumps(spec_schema(), option=orjson.OPT_INDENT_2).decode())
    return exit_codes.PASS
