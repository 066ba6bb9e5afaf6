"""The command `probewright` in a process that kills itself at a chosen point of its work with the database.

``python -m tests.crashing save 3 commit -- run spec.yaml`` dies by SIGKILL in the third `DjangoStore.save`, when all
its statements ran and nothing is committed yet. A method that makes no transaction of its own commits each statement.
"""

import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from enum import StrEnum
from functools import wraps
from importlib import import_module
from typing import Any, NoReturn, ParamSpec, TypeVar

import django
from django.db import connections

from probewright.webapp.cli.main import main
from probewright.webapp.database import SETTINGS

P = ParamSpec("P")
R = TypeVar("R")
STORE, ARCHIVE = "probewright.campaigns.rows.store:DjangoStore", "probewright.campaigns.rows.archive:"
POINTS: Mapping[str, str] = {
    "open": f"{ARCHIVE}start_or_resume",
    "hold": f"{ARCHIVE}hold",
    "lead": f"{STORE}.lead",
    "plan": f"{STORE}.plan",
    "end_planning": f"{STORE}.end_planning",
    "write": f"{STORE}.write",
    "claim": f"{STORE}.claim",
    "save": f"{STORE}.save",
    "release": f"{STORE}.release",
    "finish": f"{ARCHIVE}let_go",
}
WRITING = ("INSERT", "UPDATE", "DELETE")


class When(StrEnum):
    """Where in a call the process dies."""

    BEFORE = "before"
    MIDDLE = "middle"  # after its first statement that writes
    COMMIT = "commit"  # after its last statement, before they are committed together
    AFTER = "after"


def die(*_: object, **__: object) -> NoReturn:
    """Ends this process as `kill -9` does: no handler, no flush, no close."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("SIGKILL came back")


def crashing(function: Callable[P, R], number: int, when: When) -> Callable[P, R]:
    """``function``, whose call number ``number`` (from 1) is the last thing that this process does."""
    calls = 0

    @wraps(function)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        nonlocal calls
        calls += 1
        if calls != number:
            return function(*args, **kwargs)
        if when is When.BEFORE:
            die()
        with _dying(when):
            function(*args, **kwargs)
        die()

    return wrapped


@contextmanager
def _dying(when: When) -> Iterator[None]:
    if when is When.COMMIT:
        vars(connections["default"])["commit"] = die
    if when is When.MIDDLE:
        with connections["default"].execute_wrapper(_die_after_a_write):
            yield
    else:
        yield


def _die_after_a_write(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
    result = execute(sql, params, many, context)
    if sql.lstrip().upper().startswith(WRITING):
        die()
    return result


def arm(point: str, number: int, when: When) -> None:
    """Puts the crash in place of the method or function that ``point`` names."""
    module_name, _, path = POINTS[point].partition(":")
    *owners, name = path.split(".")
    owner: Any = import_module(module_name)
    for step in owners:
        owner = getattr(owner, step)
    setattr(owner, name, crashing(getattr(owner, name), number, when))


if __name__ == "__main__":
    point, number, when, dashes, *words = sys.argv[1:]
    assert dashes == "--"
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)
    django.setup()  # models can be imported only after it
    arm(point, int(number), When(when))
    sys.exit(main(words))
