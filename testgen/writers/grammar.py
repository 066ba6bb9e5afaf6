"""Grammars of phrasing: named lists of templates that expand into each other, and the YAML files that hold them.

A template is text with slots ``<name>`` and choices ``(this|that|)``; brackets without a bar stand for themselves. A
slot is filled from the bindings (facts of this prompt: always the same text), else by a template of the rule with its
name (drawn anew each time).
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import Any, TypeAlias, TypeVar

from probewright.errors import DataError
from probewright.testgen.scenarios import read_yaml

FOLDER = Path(__file__).parents[1] / "data" / "phrasing"
START = "plan"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Slot:
    """A place to be filled."""

    name: str


@dataclass(frozen=True, slots=True)
class Choice:
    """One of several ways to go on."""

    options: "tuple[Template, ...]"


Template: TypeAlias = tuple[str | Slot | Choice, ...]
Rules: TypeAlias = Mapping[str, tuple[Template, ...]]


def draw(rng: Random, items: Sequence[T]) -> T:
    """One of ``items``; several times faster than ``rng.choice``, which is most of what an expansion does."""
    return items[int(rng.random() * len(items))]


@cache
def parse(text: str) -> Template:
    """A template from its text.

    Raises:
        DataError: a bracket is left open, or closed without having been opened.
    """
    tokens = re.findall(r"<\w+>|[()|]|[^()|<]+|<", text)
    template, rest = _sequence(tokens, 0, text)
    if rest != len(tokens):
        raise DataError(f"phrasing {text!r}: {tokens[rest]!r} stands outside brackets")
    return template


def _sequence(tokens: Sequence[str], at: int, text: str) -> tuple[Template, int]:
    parts: list[str | Slot | Choice] = []
    while at < len(tokens) and tokens[at] not in ("|", ")"):
        token = tokens[at]
        if token == "(":
            options, at = _options(tokens, at + 1, text)
            parts.extend([Choice(options)] if len(options) > 1 else ["(", *options[0], ")"])
        else:
            parts.append(Slot(token[1:-1]) if re.fullmatch(r"<\w+>", token) else token)
        at += 1
    return tuple(parts), at


def _options(tokens: Sequence[str], at: int, text: str) -> tuple[tuple[Template, ...], int]:
    """The options of the choice whose bracket was opened before ``at``, and where it is closed."""
    options = []
    while True:
        option, at = _sequence(tokens, at, text)
        options.append(option)
        if at == len(tokens):
            raise DataError(f"phrasing {text!r}: a bracket is left open")
        if tokens[at] == ")":
            return tuple(options), at
        at += 1


@dataclass(frozen=True, slots=True)
class Grammar:
    """Rules that expand from ``plan``."""

    rules: Rules

    def expand(self, bindings: Mapping[str, str], rng: Random, start: str = START) -> str:
        """A text of the rule ``start``."""
        parts: list[str] = []
        self._write(draw(rng, self.rules[start]), bindings, rng, parts)
        return "".join(parts)

    def _write(self, template: Template, bindings: Mapping[str, str], rng: Random, parts: list[str]) -> None:
        for part in template:
            if isinstance(part, str):
                parts.append(part)
            elif isinstance(part, Choice):
                self._write(draw(rng, part.options), bindings, rng, parts)
            elif part.name in bindings:
                parts.append(bindings[part.name])
            else:
                self._write(draw(rng, self.rules[part.name]), bindings, rng, parts)

    def slots(self) -> frozenset[str]:
        """The names of all slots that can be reached from ``plan`` and that no rule fills: bindings must."""
        seen: set[str] = set()
        waiting = [START]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(slot for template in self.rules.get(name, ()) for slot in _slots(template))
        return frozenset(seen - set(self.rules))


def _slots(template: Template) -> Iterator[str]:
    for part in template:
        if isinstance(part, Slot):
            yield part.name
        elif isinstance(part, Choice):
            for option in part.options:
                yield from _slots(option)


@cache
def read(name: str) -> Any:
    """The content of ``testgen/data/phrasing/<name>.yaml``."""
    return read_yaml(FOLDER / f"{name}.yaml")


@cache
def grammar(register: str, technique: str, kind: str, voice: str = "") -> Grammar:
    """The grammar of a register for one technique and one kind of act.

    A register's file has ``shared`` rules, ``techniques`` with rules of their own, and where the register has several
    ``voices``, rules for each. A rule ``ask_text`` stands in for ``ask`` where the kind is ``text``.
    """
    data = read(register)
    merged = {**data["shared"], **data["techniques"][technique], **data.get("voices", {}).get(voice, {})}
    suffix = f"_{kind}"
    special = {name.removesuffix(suffix): rule for name, rule in merged.items() if name.endswith(suffix)}
    return Grammar({name: tuple(map(parse, rule)) for name, rule in {**merged, **special}.items()})


def voices(register: str) -> tuple[str, ...]:
    """The voices in which a register speaks."""
    return tuple(read(register).get("voices", {}))
