"""Values that a command puts in the place of a spec's: `--set target.system=@prompt.md`.

Works on plain values, as YAML or JSON gives them; whether they make a spec is checked afterwards.
"""

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from probewright.errors import ConfigError

FORM = "allowed: KEY=VALUE or KEY=@FILE, with dots in the key, such as target.system=@assistant/prompt.md"


def with_settings(values: Mapping[str, Any], settings: Iterable[str]) -> dict[str, Any]:
    """The values with others in the place of some.

    Args:
        values: Of a spec.
        settings: ``KEY=VALUE`` each, or several of them a line each; the key has dots between its parts. A value that
            reads as JSON (a number, true, a list) is that, else it is text; ``@FILE`` is the text of a file.

    Raises:
        ConfigError: a setting has another form, its file cannot be read, or its key leads through what is no mapping.
    """
    found = dict(values)
    for line in (line.strip() for setting in settings for line in setting.splitlines()):
        if line:
            key, is_given, value = line.partition("=")
            parts = key.strip().split(".")
            if not (is_given and all(parts)):
                raise ConfigError(f"--set {line[:80]!r}; {FORM}")
            found = _with(found, parts, _value(value.strip()), key.strip())
    return found


def _with(values: Mapping[str, Any], parts: list[str], value: Any, key: str) -> dict[str, Any]:
    first, *rest = parts
    if not rest:
        return {**values, first: value}
    inner = values.get(first, {})
    if not isinstance(inner, Mapping):
        raise ConfigError(f"--set {key}: {first} is {inner!r:.40} in the spec, not a mapping")
    return {**values, first: _with(inner, rest, value, key)}


def _value(text: str) -> Any:
    if text.startswith("@"):
        return _text(Path(text[1:]))
    try:
        return json.loads(text)
    except ValueError:
        return text


def _text(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8-sig").strip()
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: byte {error.start} is not UTF-8; save the file as UTF-8") from error
