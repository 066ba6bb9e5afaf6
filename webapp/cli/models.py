"""`probewright models`."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

import orjson

from probewright.pools import models
from probewright.webapp.cli import exit_codes


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="list | add")
    listing = actions.add_parser("list", help="what is installed, and what can be")
    listing.add_argument("--json", action="store_true", help="as one JSON object")
    adding = actions.add_parser("add", help="install a known model, or register a GGUF file of your own")
    adding.add_argument(
        "name", metavar="NAME", help=f"one of {', '.join(m.name for m in models.known())}, or a new name"
    )
    adding.add_argument("--file", type=Path, metavar="PATH", help="your own GGUF file, used where it lies")


def execute(args: Namespace) -> int:
    """Lists or adds; without an action it lists."""
    if args.action == "add":
        added = models.add(args.name) if args.file is None else models.add_file(args.name, args.file)
        print(f"{added.name}: {added.path} (sha256 {added.sha256[:16]}..., {added.licence or 'licence not known'})")
        return exit_codes.PASS
    here = {model.name: model for model in models.installed()}
    if getattr(args, "json", False):
        rows = [{"name": m.name, "path": str(m.path), "sha256": m.sha256, "licence": m.licence} for m in here.values()]
        print(orjson.dumps({"installed": rows}, option=orjson.OPT_INDENT_2).decode())
        return exit_codes.PASS
    for model in here.values():
        print(f"{model.name:<16} installed   {model.path}")
    for known in models.known():
        if known.name not in here:
            size = f"{known.megabytes} MB, {known.licence}"
            print(f"{known.name:<16} available   {known.title}, {size}: probewright models add {known.name}")
    return exit_codes.PASS
