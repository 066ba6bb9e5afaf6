"""The role that a forge plays for a gate: it knows the pull request of this job and keeps one comment up to date."""

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from probewright.ci.forge_api import PAUSE_S, Uncertain
from probewright.errors import ConfigError

ATTEMPTS = 3  # at a comment that may have been written or not: each looks for it first


@dataclass(frozen=True, slots=True)
class Posted:
    """A comment as the forge has it: its id, who wrote it (a login or a user's number), its text and its address."""

    id: int
    author: str
    body: str
    url: str


@dataclass(frozen=True, slots=True)
class Upserted:
    """What became of a comment: its address, whether it is new, and how many of other people carry its marker."""

    url: str
    is_new: bool
    strangers: int


class Forge(Protocol):
    """A place where pull requests are discussed. One file each; its settings are what its CI puts into the environment.

    What calls the forge raises `ForgeError` where that does not do it.
    """

    name: str

    def check(self) -> None:
        """Makes sure that everything is set that a comment needs, before anything is spent on what it would say.

        Raises:
            ConfigError: something is missing.
        """

    def change(self) -> int | None:
        """The number of the pull request that this job runs for; None where it runs for none."""

    def author(self) -> str:
        """Who we are there, as `Posted.author` has it."""

    def comments(self, change: int) -> Iterable[Posted]:
        """All comments of a pull request, the oldest first, page by page."""

    def add(self, change: int, body: str) -> Posted:
        """Writes a new comment.

        Raises:
            Uncertain: it may have been written or not.
        """

    def edit(self, change: int, comment: int, body: str) -> Posted:
        """Replaces the text of a comment."""


def upsert(forge: Forge, change: int, marker: str, body: str) -> Upserted:
    """Writes a comment, or rewrites the one that we wrote before, which begins with ``marker``.

    A comment of somebody else is never touched, whatever it begins with.

    Raises:
        ForgeError: the forge does not take it; the message never holds the token.
        ConfigError: the body does not begin with the marker, so nobody would find it again.
    """
    if not body.startswith(marker):
        raise ConfigError(f"the comment begins with {body[:40]!r}, not with its marker {marker!r}")
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _upsert(forge, change, marker, body)
        except Uncertain:
            if attempt == ATTEMPTS:
                raise
            time.sleep(PAUSE_S)
    raise AssertionError("the last attempt returns or raises")


def _upsert(forge: Forge, change: int, marker: str, body: str) -> Upserted:
    author = forge.author()
    marked = [found for found in forge.comments(change) if found.body.startswith(marker)]
    own = [found for found in marked if found.author == author]
    strangers = len(marked) - len(own)
    if own:
        return Upserted(forge.edit(change, own[0].id, body).url, is_new=False, strangers=strangers)
    return Upserted(forge.add(change, body).url, is_new=True, strangers=strangers)
