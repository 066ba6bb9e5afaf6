"""A spec on its way from a repository to a server: the files that go with it.

Works on plain values, as YAML or JSON gives them; whether they make a spec is the server's to say.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from probewright.errors import ConfigError

ENDINGS = (".csv", ".jsonl", ".ndjson")  # of files that a server takes
FILES = ("path", "facts")  # the keys of a family that name one


def with_uploads(values: Mapping[str, Any], folder: Path, upload: Callable[[bytes, str], str]) -> dict[str, Any]:
    """The values with the names of uploads in the place of the files that its family names.

    Args:
        values: Of a spec.
        folder: What relative paths are relative to: that of the spec's file.
        upload: Gives a server a file's content and ending, and returns the name that it keeps it by.

    Raises:
        ConfigError: a file cannot be read, or no server takes one with its ending.
    """
    family = values.get("family")
    if not isinstance(family, Mapping):
        return dict(values)
    kept = {key: _uploaded(folder / family[key], upload) for key in FILES if isinstance(family.get(key), str)}
    return {**values, "family": {**family, **kept}}


def _uploaded(path: Path, upload: Callable[[bytes, str], str]) -> str:
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        raise ConfigError(f"{path}: a server takes no such file; allowed endings: {', '.join(ENDINGS)}")
    return upload(_content(path), ending)


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
