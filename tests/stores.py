"""Empty stores of every kind for tests: in memory, in one SQLite file a test process, and in PostgreSQL.

Django can be set up once a process, so all tests of a process share that file, each with campaigns of its own; inside
`on_database` they use another database instead.
"""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from probewright.campaigns.engine.memory import MemoryStore
from probewright.store import Store
from probewright.webapp.database import WEB_SETTINGS, open_desk
from probewright.webapp.database_url import VARIABLE, parse_database_url

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk

NUMBERS = count(1)


@cache
def database() -> Path:
    """The SQLite file of this test process."""
    return Path(mkdtemp(prefix="probewright-tests-")) / "tests.sqlite3"


def desk() -> "Desk":
    """The desk of this process's database."""
    opened = open_desk(f"sqlite:///{database()}", WEB_SETTINGS)  # which hold those of commands
    for variable in (VARIABLE, "DJANGO_SETTINGS_MODULE"):
        os.environ.pop(variable, None)  # so that a test's own processes take their own
    return opened


@contextmanager
def on_database(url: str) -> Iterator[None]:
    """All that this process does with a database goes to the one at ``url`` until the block ends, in new threads too.

    Django's models know of no database: a connection is made from its settings when a thread first asks for it.
    """
    desk()
    # Can be used only once Django is set up.
    from django.db import connections  # noqa: PLC0415

    def move_to(entry: dict[str, Any]) -> None:
        connections["default"].close()
        connections.settings["default"] = entry
        del connections["default"]  # this thread's; the next use makes another

    own = connections.settings["default"]
    move_to(connections.configure_settings({"default": parse_database_url(url)})["default"])
    try:
        yield
    finally:
        move_to(own)


def memory_store(trials: int = 1) -> Store:
    """A store in this process's memory."""
    return MemoryStore(trials)


def django_store(trials: int = 1) -> Store:
    """A store over a fresh campaign in the database."""
    desk()
    # Models can be imported only once Django is set up.
    from probewright.campaigns import models  # noqa: PLC0415
    from probewright.campaigns.rows.store import DjangoStore  # noqa: PLC0415

    row = models.Campaign.objects.create(
        name=f"store {next(NUMBERS)}",
        digest="",
        spec={"target": {"kind": "none"}, "family": {"kind": "none"}, "limits": {"trials": trials}},
        state=models.CampaignState.RUNNING,
        space={"items": []},
        criterion="",
    )
    return DjangoStore(row.pk, trials)


STORES: Mapping[str, Callable[[int], Store]] = {"memory": memory_store, "django": django_store}
