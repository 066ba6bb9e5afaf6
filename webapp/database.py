"""Opening the database: Django set up for it, its tables brought up to date."""

import os
from importlib import import_module
from typing import TYPE_CHECKING

import django
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from probewright.errors import ConfigError
from probewright.home import home, locked
from probewright.webapp.database_url import VARIABLE, parse_database_url

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk

SETTINGS = "probewright.webapp.settings"
MIGRATIONS_LOCK = 5_073_296_415  # a number that nobody else locks in this database
WORKER_SETTINGS = "probewright.webapp.worker_settings"  # with the rows of webhooks, which workers send
WEB_SETTINGS = "probewright.webapp.web_settings"  # with users, sessions and pages, which cost time to import


def open_desk(url: str | None = None, settings: str = SETTINGS) -> "Desk":
    """The desk of the database at ``url``, else at PROBEWRIGHT_DATABASE_URL, else in the data folder.

    ``settings`` names Django's settings, unless DJANGO_SETTINGS_MODULE does; their tables are brought up to date.

    Raises:
        ConfigError: the URL is not one that is supported, or no database can be opened there.
    """
    if url is not None:
        parse_database_url(url)
        os.environ[VARIABLE] = url
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", settings)
    django.setup()
    try:
        with locked(home() / "migrations"):
            if _is_behind():
                _migrate()
    except DatabaseError as error:
        place, said = connection.settings_dict["NAME"], " ".join(str(error).split())
        raise ConfigError(f"database {str(place)!r} cannot be opened: {said}; give another with --db") from error
    # Models can be imported only after django.setup(), so the desk, which needs them, is imported here.
    desk: Desk = import_module("probewright.campaigns.desk").Desk()
    return desk


def _migrate() -> None:
    """Brings the tables up to date; on PostgreSQL, processes of other machines wait meanwhile."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_advisory_lock(%s)", [MIGRATIONS_LOCK])
        try:
            if _is_behind():
                call_command("migrate", verbosity=0, interactive=False)
        finally:
            if connection.vendor == "postgresql":
                cursor.execute("SELECT pg_advisory_unlock(%s)", [MIGRATIONS_LOCK])


def _is_behind() -> bool:
    loader = MigrationLoader(connection)
    return any(node not in loader.applied_migrations for node in loader.graph.leaf_nodes())
