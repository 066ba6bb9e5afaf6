"""Where the database lies: ``sqlite:///relative.sqlite3`` or ``sqlite:////absolute.sqlite3``, else the data folder."""

from pathlib import Path
from typing import Any

from probewright.errors import ConfigError
from probewright.home import home

# WAL lets pages and reports read while a run writes. IMMEDIATE takes the write lock when a transaction begins, so two
# writers queue for `timeout` instead of failing in the middle. NORMAL survives a kill, not a power loss.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;",
}
PREFIX = "sqlite:///"
VARIABLE = "PROBEWRIGHT_DATABASE_URL"


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's entry for ``url``; the empty string is the SQLite file in the data folder, made on demand.

    Raises:
        ConfigError: the URL is not one of the kinds above, or its folder does not exist.
    """
    if not url:
        path = home() / "probewright.sqlite3"
    elif url.startswith(PREFIX) and url != PREFIX:
        path = Path(url.removeprefix(PREFIX))
    else:
        shown = url.split("://")[0] + "://..." if "://" in url else url
        raise ConfigError(f"database {shown!r} is not supported; allowed: sqlite:///PATH")
    if not path.parent.is_dir():
        raise ConfigError(f"database {url!r}: the folder {path.parent} does not exist")
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": SQLITE_OPTIONS}
