"""The data folder: PROBEWRIGHT_HOME, else the user's data folder for `probewright`."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from platformdirs import user_data_path

from probewright.errors import ConfigError

VARIABLE = "PROBEWRIGHT_HOME"


def home() -> Path:
    """The data folder, made on demand and closed to other users.

    Raises:
        ConfigError: it is no folder and cannot be made.
    """
    named = os.environ.get(VARIABLE, "").strip()
    path = Path(named).expanduser().absolute() if named else user_data_path("probewright")
    return _made(path)


def folder(name: str) -> Path:
    """A folder in the data folder, made on demand."""
    return _made(home() / name)


def write_atomically(path: Path, content: bytes) -> None:
    """Writes a file so that a reader, or a kill, sees the old content or the new, never half of it."""
    temporary = path.with_name(f".{path.name}.{uuid4().hex}")
    try:
        with temporary.open("xb") as file:
            file.write(content)
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keeps other processes from changing ``path`` while this one reads and rewrites it."""
    with open(path.with_name(f"{path.name}.lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _made(path: Path) -> Path:
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        reason = error.strerror or error
        raise ConfigError(f"the data folder {path} cannot be made ({reason}); set {VARIABLE} to another") from error
    return path
