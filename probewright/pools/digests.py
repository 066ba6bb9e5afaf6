"""SHA-256 of large files, remembered in the data folder for as long as size and time of change stay the same."""

import hashlib
from pathlib import Path

import orjson

from probewright import home


def sha256(path: Path) -> str:
    """The file's digest in hex, read from the disk in full and remembered for `remembered_sha256`.

    Raises:
        OSError: the file cannot be read.
    """
    fingerprint = _fingerprint(path)
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    home.write_atomically(_note(path), orjson.dumps({"fingerprint": fingerprint, "sha256": digest}))
    return digest


def remembered_sha256(path: Path) -> str:
    """The file's digest in hex; the file is read only where its path, size or time of change are new.

    Raises:
        OSError: the file cannot be read.
    """
    try:
        note = orjson.loads(_note(path).read_bytes())
        if note["fingerprint"] == _fingerprint(path):
            return str(note["sha256"])
    except (FileNotFoundError, orjson.JSONDecodeError, TypeError, KeyError):
        pass  # no note, or one that something else wrote: the file itself is asked
    return sha256(path)


def _fingerprint(path: Path) -> list[str | int]:
    stat = path.stat()
    return [str(path.resolve()), stat.st_size, stat.st_mtime_ns]


def _note(path: Path) -> Path:
    name = hashlib.blake2b(str(path.resolve()).encode(), digest_size=16).hexdigest()
    return home.folder("digests") / f"{name}.json"
