"""The key that signs sessions: from PROBEWRIGHT_SECRET_KEY, else made once and kept in the data folder."""

import os
import secrets
from pathlib import Path

from probewright.errors import ConfigError
from probewright.home import home, locked

VARIABLE = "PROBEWRIGHT_SECRET_KEY"
SHORTEST = 32


def secret_key() -> str:
    """The key.

    Raises:
        ConfigError: the variable holds one that is too short to be safe, or the file cannot be read.
    """
    given = os.environ.get(VARIABLE, "").strip()
    key = given or _kept(home() / "secret_key")
    if len(key) < SHORTEST:
        place = VARIABLE if given else home() / "secret_key"
        raise ConfigError(f"{place}: the key has {len(key)} characters; allowed: at least {SHORTEST}, drawn at random")
    return key


def _kept(path: Path) -> str:
    with locked(path):
        try:
            if not path.exists():
                _make(path)
            return path.read_text().strip()
        except OSError as error:
            raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error


def _make(path: Path) -> None:
    """A new key in a file that nobody else may read."""
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(48))
