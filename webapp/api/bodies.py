"""Bodies of requests: bounded, of a known type, JSON or YAML, checked."""

from hashlib import sha256
from typing import Any, TypeVar

import orjson
from django.http import HttpRequest
from ninja.parser import Parser
from pydantic import BaseModel, ValidationError

from probewright.webapp.api.problems import Mistake, Problem, of_mistakes

MOST_BYTES = 256 * 1024  # a spec of 128 KiB, quoted
JSON, YAML = "application/json", ("application/yaml", "application/x-yaml", "text/yaml")

SECRET = frozenset({"spec", "target", "url"})  # within these, or instead of these, somebody may have put a key
MOST_SHOWN = 60  # characters of a wrong value

T = TypeVar("T", bound=BaseModel)


class StrictJson(Parser):
    """JSON as orjson reads it: UTF-8, no NaN, no halves of surrogate pairs; of a bounded length."""

    def parse_body(self, request: HttpRequest) -> Any:
        """The value of the body."""
        require_type(request, JSON)
        return parsed(body_of(request))


def body_of(request: HttpRequest, most: int = MOST_BYTES) -> bytes:
    """The body.

    Raises:
        Problem: it is longer than ``most`` bytes.
    """
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > most:
        raise Problem("body_too_large", f"the body holds {length:,} bytes; allowed: {most:,}")
    return request.body


def require_type(request: HttpRequest, *allowed: str) -> str:
    """The media type of the body.

    Raises:
        Problem: it is none of those allowed.
    """
    named = request.content_type or ""
    if named not in allowed:
        raise Problem("unsupported_media_type", f"the body is {named[:80]!r}; allowed: {', '.join(allowed)}")
    return named


def parsed(body: bytes) -> Any:
    """The value that a JSON document holds.

    Raises:
        Problem: it is no JSON.
    """
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise Problem("malformed_request", f"the body is no JSON: {error}") from error


def checked(model: type[T], value: Any) -> T:
    """The value as its class has it.

    Raises:
        Problem: it is not allowed; lists all that is wrong.
    """
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise of_mistakes("invalid_parameters", [mistake_of(detail) for detail in error.errors()]) from error


def mistake_of(detail: Any, skipped: int = 0) -> Mistake:
    """One of pydantic's errors. ``skipped`` parts of its path say nothing to the caller.

    The value is named where it is short and cannot be a secret.
    """
    path = [str(part) for part in detail["loc"][skipped:]]
    said, value = detail["msg"], detail.get("input")
    if detail["type"] == "extra_forbidden":
        return Mistake(".".join(path), f"unknown key {path[-1][:MOST_SHOWN]!r}; /api/v1/docs lists those allowed")
    is_shown = isinstance(value, str | int | float) and SECRET.isdisjoint(path) and detail["type"] != "missing"
    got = f", got {repr(value)[:MOST_SHOWN]}" if is_shown else ""
    return Mistake(".".join(path), f"{said[0].lower()}{said[1:]}{got}")


def digest_of(value: Any) -> str:
    """What tells two bodies apart: the same for the same JSON values, however they are written."""
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()
