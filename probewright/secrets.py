"""Secrets by reference: a spec holds ``env:NAME``, the value is read when a target opens and never printed.

A server may echo a key in an error or an answer, so whatever comes back from an endpoint passes `Redactor.bytes` first:
the value then stands in no row, log line, report or traceback.
"""

import json
import os
from typing import Annotated

from pydantic import AfterValidator, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema

from probewright.errors import ConfigError

MASK = "[secret]"
SHORTEST = 4  # a shorter value is no secret, and replacing it would garble answers
PREFIX = "env:"


class Secret:
    """A secret value that prints as a mask."""

    __slots__ = ("_value", "reference")

    def __init__(self, reference: str, value: str) -> None:
        self.reference = reference
        self._value = value

    def reveal(self) -> str:
        """The value itself, for the one place that sends it."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret({self.reference!r})"

    __str__ = __repr__


def read(reference: str, key: str) -> Secret:
    """The secret behind ``env:NAME``; ``key`` is where the spec names it.

    Raises:
        ConfigError: the variable is unset or empty.
    """
    name = reference.removeprefix(PREFIX)
    value = os.environ.get(name, "").strip()
    if not value:
        raise ConfigError(f"{key}: the environment variable {name} is not set (the spec says {reference!r})")
    return Secret(reference, value)


def _check(value: str) -> str:
    if not value.startswith(PREFIX) or not value.removeprefix(PREFIX).isidentifier():
        raise PydanticCustomError("secret", "a secret is given by reference, as 'env:NAME'; never write the key itself")
    return value


class _Described:
    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": "^env:[A-Za-z_][A-Za-z0-9_]*$"}


SecretRef = Annotated[str, AfterValidator(_check), _Described()]


class Redactor:
    """Replaces the given secrets wherever they occur, also as JSON may escape them."""

    def __init__(self, *secrets: Secret) -> None:
        values = [s.reveal() for s in secrets if len(s.reveal()) >= SHORTEST]
        self._texts = list(dict.fromkeys(form for value in values for form in _forms(value)))
        self._bytes = [text.encode() for text in self._texts]

    def bytes(self, body: bytes) -> bytes:
        """``body`` without any secret."""
        for value in self._bytes:
            if value in body:
                body = body.replace(value, MASK.encode())
        return body

    def text(self, text: str) -> str:
        """``text`` without any secret."""
        for value in self._texts:
            if value in text:
                text = text.replace(value, MASK)
        return text


def _forms(value: str) -> tuple[str, ...]:
    """A secret as it is, as JSON writes it, and as JSON writes it for HTML."""
    escaped = json.dumps(value)[1:-1]
    return (value, escaped, escaped.replace("/", "\\/"))
