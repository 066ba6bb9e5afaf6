"""What a cassette may know of a target and of a prompt: everything but secrets."""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from yarl import URL

from probewright.campaigns.engine.runner import RefersToSecrets
from probewright.errors import ConfigError
from probewright.plugins import Plugin
from probewright.secrets import PREFIX, Redactor, Secret

# What of a target changes no answer: how it is reached and paid. Two recordings that differ in these are one.
HOW = frozenset(
    {"api_key", "timeout_s", "connect_timeout_s", "read_timeout_s", "retries", "rpm", "tpm", "price", "concurrency"}
)
HEADERS = "headers"
URL_STARTS = ("http://", "https://")
# Whole words of a variable's name, and what is written together with one: GIT_AUTHOR_NAME and KEYBOARD are no secrets,
# and taking an author's name out of prompts would make a cassette hang on who recorded it.
SECRET_NAME = re.compile(
    r"(?:^|_)(?:API|ACCESS|PRIVATE|SECRET)?KEYS?(?=_|$)|(?:^|_)AUTH(?:ORIZATION)?(?=_|$)|(?:TOKEN|SECRET)S?(?=_|$)|PASSW"
    r"|CREDENTIAL",
    re.IGNORECASE,
)
LEAST = 8  # characters; a shorter value of the environment, a header or a query is a word, and no text would survive


def identity(plugin: Plugin) -> dict[str, Any]:
    """What makes a target the one that it is: its kind, address, model, system prompt and sampling; no secret."""
    return {"kind": plugin.kind, **{key: _told(key, value) for key, value in _values(plugin).items() if key not in HOW}}


def _told(key: str, value: Any) -> Any:
    if isinstance(value, str) and value.startswith(URL_STARTS):
        return str(URL(value).with_query(None))
    if key == HEADERS and isinstance(value, Mapping):
        return sorted(value)
    if isinstance(value, Mapping):
        return {name: _told(str(name), item) for name, item in value.items() if name not in HOW}
    return value


def _values(plugin: Plugin) -> dict[str, Any]:
    return {key: value for key, value in plugin.dump().items() if key != "kind"}


class Redaction:
    """Takes secrets out of what is written: the environment's, by name, and those of each target that it is told of."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        named = set(names)
        self._secrets = [
            Secret(name, value)
            for name, value in os.environ.items()
            if (name in named or SECRET_NAME.search(name)) and len(value) >= LEAST
        ]
        self._redactor = Redactor(*self._secrets)

    def learn(self, plugin: Plugin) -> None:
        """Whatever ``plugin`` sends to get in is a secret from now on."""
        if isinstance(plugin.params, RefersToSecrets):
            with suppress(ConfigError):  # not set, as in a replay: then nothing can hold it
                self._secrets.extend(plugin.params.secrets().values())
        self._secrets.extend(Secret("spec", value) for value in _written(_values(plugin)) if len(value) >= LEAST)
        self._redactor = Redactor(*self._secrets)

    def bytes(self, content: bytes) -> bytes:
        """``content`` without any secret."""
        return self._redactor.bytes(content)

    def text(self, text: str) -> str:
        """``text`` without any secret."""
        return self._redactor.text(text)


def _written(values: Mapping[str, Any]) -> Iterator[str]:
    """Values of headers and of URLs' queries that the spec holds in plain text."""
    for key, value in values.items():
        if isinstance(value, str) and value.startswith(URL_STARTS):
            yield from URL(value).query.values()
        elif key == HEADERS and isinstance(value, Mapping):
            yield from (str(item) for item in value.values() if not str(item).startswith(PREFIX))
        elif isinstance(value, Mapping):
            yield from _written(value)
