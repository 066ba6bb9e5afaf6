"""`probewright user add NAME`, `probewright user list`."""

import sys
from argparse import ArgumentParser, Namespace
from getpass import getpass
from typing import TYPE_CHECKING

from probewright.errors import ConfigError
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_database
from probewright.webapp.database import WEB_SETTINGS, open_desk

if TYPE_CHECKING:
    from django.contrib.auth.models import User


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    actions = parser.add_subparsers(dest="action", metavar="add | list", required=True)
    adding = actions.add_parser("add", help="make a user who can log in to the web, or give one a new password")
    adding.add_argument("name", metavar="NAME", help="letters, digits and @ . + - _; at most 150")
    adding.add_argument("--password-stdin", action="store_true", help="read the password from the first line of stdin")
    add_database(adding)
    add_database(actions.add_parser("list", help="who can log in"))


def execute(args: Namespace) -> int:
    """Adds or lists."""
    open_desk(args.db, WEB_SETTINGS)
    if args.action == "add":
        print(_add(args.name, args.password_stdin))
    else:
        for user in _users().objects.order_by("username"):
            seen = f"last seen {user.last_login:%Y-%m-%d}" if user.last_login else "never logged in"
            print(f"{user.username:<24} {seen}")
    return exit_codes.PASS


def _add(name: str, is_piped: bool) -> str:
    # Django's users can be imported only after Django is set up.
    from django.core.exceptions import ValidationError  # noqa: PLC0415

    model = _users()
    user = model.objects.filter(username=name).first()
    is_known = user is not None
    user = user or model(username=name)
    try:
        user.username = name
        user.clean_fields(exclude=["password"])
        _set_password(user, _piped() if is_piped else _typed())
    except ValidationError as error:
        raise ConfigError(f"user {name!r}: {' '.join(error.messages)}") from error
    user.save()
    return f"user {name!r} has a new password" if is_known else f"user {name!r} can log in"


def _set_password(user: "User", password: str) -> None:
    from django.contrib.auth.password_validation import validate_password  # noqa: PLC0415 (as above)

    validate_password(password, user)
    user.set_password(password)


def _users() -> "type[User]":
    from django.contrib.auth.models import User  # noqa: PLC0415 (as above)

    return User


def _piped() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _typed() -> str:
    """A password typed twice at the terminal.

    Raises:
        ConfigError: there is no terminal, or the two differ.
    """
    if not sys.stdin.isatty():
        raise ConfigError("there is no terminal to ask for the password; give it with --password-stdin")
    password = getpass("password: ")
    if getpass("again: ") != password:
        raise ConfigError("the two passwords differ; nothing was changed")
    return password
