"""JSON with placeholders: ``{"question": "{{prompt}}"}``."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson
from pydantic_core import PydanticCustomError

PLACEHOLDER = re.compile(r"\{\{\s*(.*?)\s*\}\}", re.DOTALL)


def plain_json(template: Any) -> Any:
    """``template`` as JSON has it: YAML also knows dates (text here), and keys that are numbers (refused)."""
    try:
        return orjson.loads(orjson.dumps(template))
    except orjson.JSONEncodeError as error:
        raise PydanticCustomError("not_json", "is not JSON: {problem}", {"problem": str(error)}) from error


def placeholders(template: Any) -> Iterator[str]:
    """The name inside every placeholder of ``template``, keys of mappings included."""
    if isinstance(template, str):
        yield from PLACEHOLDER.findall(template)
    elif isinstance(template, dict):
        for key, value in template.items():
            yield from placeholders(key)
            yield from placeholders(value)
    elif isinstance(template, list):
        for item in template:
            yield from placeholders(item)


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """``template`` with each placeholder replaced by its value; a value is never searched for placeholders.

    A string that is one placeholder and nothing else becomes the value itself, whatever its type. Inside a longer
    string, or in a key, text stands as it is, None as nothing, and anything else as JSON.
    """
    if isinstance(template, str):
        whole = PLACEHOLDER.fullmatch(template)
        return values[whole[1]] if whole else _text(template, values)
    if isinstance(template, dict):
        return {_text(key, values): filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(item, values) for item in template]
    return template


def _text(template: str, values: Mapping[str, Any]) -> str:
    return PLACEHOLDER.sub(lambda found: _inside(values[found[1]]), template)


def _inside(value: Any) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else orjson.dumps(value).decode()
