"""`probewright token add NAME`, `probewright token list`, `probewright token revoke TOKEN`."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from importlib import import_module
from typing import Any

import orjson

from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_database
from probewright.webapp.database import WEB_SETTINGS, open_desk

SCOPES = ("campaigns:read", "campaigns:write", "labels:write", "admin")  # of `api.tokens.Scope`
USUAL = ("campaigns:read", "campaigns:write")
DAYS = 90


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="add | list | revoke", required=True)
    adding = actions.add_parser("add", help="make a token, which is shown this once")
    adding.add_argument("name", metavar="NAME", help="what people call it, such as the CI job that has it")
    adding.add_argument(
        "--scope", action="append", choices=SCOPES, metavar="SCOPE", default=[],
        help=f"what it allows, as often as needed: {', '.join(SCOPES)}; default: {' and '.join(USUAL)}",
    )  # fmt: skip
    adding.add_argument(
        "--days", type=_days, default=DAYS, metavar="N", help=f"how long it is valid ({DAYS}); 0: for ever"
    )
    adding.add_argument("--user", metavar="NAME", default="", help="the user that it stands for, such as for labels")
    adding.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    add_database(adding)
    listing = actions.add_parser("list", help="which tokens there are, and when they were last used")
    listing.add_argument("--json", action="store_true", help="print one JSON object on stdout")
    add_database(listing)
    revoking = actions.add_parser("revoke", help="end a token at once")
    revoking.add_argument("token", metavar="TOKEN", help="its number, or how it begins")
    add_database(revoking)


def execute(args: Namespace) -> int:
    """Adds, lists or revokes."""
    open_desk(args.db, WEB_SETTINGS)
    # Rows can be imported only after Django is set up.
    tokens = import_module("probewright.webapp.api.tokens")
    if args.action == "add":
        row, secret = tokens.add(args.name, args.scope or USUAL, args.days or None, args.user)
        print(orjson.dumps({**_row(tokens, row), "token": secret}).decode() if args.json else secret)
    elif args.action == "list":
        _list(tokens, args.json)
    else:
        row = tokens.revoke(args.token)
        print(f"token {row.pk} ({row.name}) is revoked")
    return exit_codes.PASS


def _list(tokens: Any, is_json: bool) -> None:
    rows = [_row(tokens, row) for row in tokens.listed()]
    if is_json:
        print(orjson.dumps({"tokens": rows}, option=orjson.OPT_INDENT_2).decode())
        return
    for row in rows:
        used = f"last used {row['last_used_at'][:16]}" if row["last_used_at"] else "never used"
        ends = f"until {row['expires_at'][:10]}" if row["expires_at"] else "for ever"
        scopes = " ".join(row["scopes"])
        print(f"{row['id']:>4}  {row['prefix']}...  {row['standing']:<8} {row['name']:<24} {scopes}, {ends}, {used}")


def _row(tokens: Any, row: Any) -> dict[str, Any]:
    return {
        "id": row.pk,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        "owner": row.owner,
        "standing": tokens.standing(row).value,
        "created_at": row.created_at.isoformat(timespec="seconds"),
        "expires_at": row.expires_at.isoformat(timespec="seconds") if row.expires_at else None,
        "last_used_at": row.last_used_at.isoformat(timespec="seconds") if row.last_used_at else None,
    }


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and int(text[:9]) <= 3650):
        raise ArgumentTypeError(f"{text!r}; allowed: 1 to 3650 days, or 0 for ever")
    return int(text)
