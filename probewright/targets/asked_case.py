"""Which case is being asked, for targets that want more than the request: its labels, and a session of its own.

A request is the same for every endpoint, so what only some of them need travels beside it, in a context variable that
is set where a trial is played.
"""

from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from uuid import uuid4


@dataclass(frozen=True, slots=True)
class AskedCase:
    """One trial of a case, as its endpoints see it.

    Attributes:
        labels: the case's labels.
        sessions: the session that each endpoint began in this trial, by the endpoint's `id`.
    """

    labels: Mapping[str, str]
    sessions: dict[int, str] = field(default_factory=dict)


_asked: ContextVar[AskedCase] = ContextVar("asked_case")


def begin(labels: Mapping[str, str]) -> None:
    """From now on this task, and those that it starts, ask about a case with these labels, in new sessions."""
    _asked.set(AskedCase(labels))


def labels() -> dict[str, str]:
    """The labels of the case that is being asked; none outside of a trial."""
    asked = _asked.get(None)
    return dict(asked.labels) if asked else {}


def session(endpoint: object) -> tuple[str, bool]:
    """The session of ``endpoint`` in this trial, and whether it begins now. Outside of a trial each call begins one.

    It is random, 32 hex digits: a server that keeps dialogues must not take one run's for another's.
    """
    asked = _asked.get(None)
    if asked is None:
        return uuid4().hex, True
    is_new = id(endpoint) not in asked.sessions
    return asked.sessions.setdefault(id(endpoint), uuid4().hex), is_new
