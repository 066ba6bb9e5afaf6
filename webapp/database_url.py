"""Where the database lies: ``sqlite:///PATH`` or ``postgresql://USER:PASSWORD@HOST:PORT/NAME``."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from probewright.errors import ConfigError
from probewright.home import home

# WAL lets pages and reports read while a run writes. IMMEDIATE takes the write lock when a transaction begins, so two
# writers queue for `timeout` instead of failing in the middle. NORMAL survives a kill, not a power loss.
SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 30,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-8000;",
}
SQLITE = "sqlite:///"
POSTGRESQL = ("postgresql", "postgres")
CONNECT_S = 10
VARIABLE = "PROBEWRIGHT_DATABASE_URL"
ALLOWED = "sqlite:///PATH, postgresql://USER:PASSWORD@HOST:PORT/NAME"


def parse_database_url(url: str) -> dict[str, Any]:
    """Django's entry for ``url``; the empty string is the SQLite file in the data folder, made on demand.

    Raises:
        ConfigError: the URL is not one of the kinds above, its folder does not exist, or its driver is not installed.
            The message never holds the URL's password.
    """
    if url.partition("://")[0] in POSTGRESQL:
        return _postgresql(url)
    if not url:
        path = home() / "probewright.sqlite3"
    elif url.startswith(SQLITE) and url != SQLITE:
        path = Path(url.removeprefix(SQLITE))
    else:
        shown = url.split("://")[0] + "://..." if "://" in url else url
        raise ConfigError(f"database {shown!r} is not supported; allowed: {ALLOWED}")
    if not path.parent.is_dir():
        raise ConfigError(f"database {url!r}: the folder {path.parent} does not exist")
    return {"ENGINE": "django.db.backends.sqlite3", "NAME": str(path), "OPTIONS": SQLITE_OPTIONS}


def _postgresql(text: str) -> dict[str, Any]:
    """Options of libpq may follow as a query, such as ``?sslmode=require``."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:  # its text quotes what it takes for the port, which may be half of a password
        raise ConfigError(
            f"database 'postgresql://...' cannot be read; allowed: {ALLOWED}; what is no letter or digit in a password "
            f" is written as % and two hexadecimal digits"
        ) from None
    name = unquote(url.path.lstrip("/"))
    if not name:
        raise ConfigError(f"database 'postgresql://...' names no database; allowed: {ALLOWED}")
    if find_spec("psycopg") is None:
        raise ConfigError("database 'postgresql://...' needs its driver: pip install 'probewright[distributed]'")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": name,
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": url.hostname or "",
        "PORT": port or "",
        "OPTIONS": {"connect_timeout": CONNECT_S, **dict(parse_qsl(url.query))},
    }
