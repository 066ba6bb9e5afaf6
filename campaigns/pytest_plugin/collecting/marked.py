"""What the marker ``probewright`` says of a test, checked when the test is collected."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from probewright.errors import ConfigError, unknown

NAMES = (
    "family",
    "suite",
    "cases",
    "trials",
    "m_of_n",
    "at_most",
    "confidence",
    "unassessed_at_most",
    "group",
    "gate",
    "oracle",
    "seed",
    "quarantine",
    "until",
)


@dataclass(frozen=True, slots=True)
class Limit:
    """A gate on a rate: the share of failures that must not be exceeded, surely.

    ``unassessed_at_most`` is the share of planned trials that may end without a verdict (undecided, blocked, error, not
    run) before nothing can be said. All three are shares, 0 to 1.
    """

    at_most: float
    confidence: float = 0.95
    unassessed_at_most: float = 0.1


@dataclass(frozen=True, slots=True)
class Quarantine:
    """Why a test may fail for now, and the last day on which it may."""

    reason: str
    until: date

    def is_over(self, today: date) -> bool:
        """Whether the test counts again."""
        return today > self.until


@dataclass(frozen=True, slots=True)
class Marked:
    """The marker's arguments. ``needed`` of ``trials`` trials must pass; None where nobody said how many."""

    family: Mapping[str, Any] | None = None
    suite: Path | None = None
    cases: int | None = None
    trials: int = 1
    needed: int | None = None
    limit: Limit | None = None
    group: str = ""
    gate: str = ""
    oracle: Any = None
    seed: int = 0
    quarantine: Quarantine | None = None

    @property
    def is_expanded(self) -> bool:
        """Whether the test stands for many cases."""
        return self.family is not None or self.suite is not None

    @property
    def counts_at_the_end(self) -> bool:
        """Whether a gate at the session's end judges it; a group without a named gate is judged in its own test."""
        return self.limit is not None and (not self.group or bool(self.gate))

    def planned(self, cases: int = 1) -> int:
        """How many outcomes a test of so many cases has; m of n decides a case to a single one."""
        return cases * (self.trials if self.needed is None else 1)

    def excuse(self, today: date) -> str:
        """Why a failure fails no run on this day: the quarantine; empty where it counts."""
        if self.quarantine is None or self.quarantine.is_over(today):
            return ""
        return f"quarantined until {self.quarantine.until}: {self.quarantine.reason}"


def read(markers: Iterable[pytest.Mark], folder: Path) -> Marked:
    """What a test's markers say together, the closest one last.

    Args:
        markers: From the closest to the farthest, as pytest lists them.
        folder: What the path of a suite is relative to.

    Raises:
        ConfigError: an argument is unknown, or its value is not allowed; the message names both.
    """
    said: dict[str, Any] = {}
    for marker in reversed(list(markers)):
        if marker.args:
            raise ConfigError(f"probewright marker: takes named arguments only, got {marker.args[0]!r}")
        said.update(marker.kwargs)
    for name in said:
        if name not in NAMES:
            raise ConfigError(f"probewright marker: {unknown('argument', name, NAMES)}")
    trials, needed = _trials(said)
    suite = said.get("suite")
    if suite is not None and said.get("family") is not None:
        raise ConfigError("probewright marker: give a family or a suite, not both")
    limit, group = _limit(said), _text(said, "group")
    if needed is not None and limit is not None and group:
        raise ConfigError("probewright marker: m_of_n: the gate of a group counts every trial; give trials instead")
    return Marked(
        family=_family(said.get("family")),
        suite=None if suite is None else folder / str(suite),
        cases=_whole(said, "cases", None),
        trials=trials,
        needed=needed,
        limit=limit,
        group=group,
        gate=_text(said, "gate"),
        oracle=said.get("oracle"),
        seed=_whole(said, "seed", 0, least=0) or 0,
        quarantine=_quarantine(said),
    )


def check_limit(at_most: object, confidence: object = 0.95, unassessed_at_most: object = 0.1) -> Limit:
    """A gate on a rate.

    Raises:
        ConfigError: a value is out of range; a confidence of 1 is, since no number of cases makes a rate certain.
    """
    check_share("at_most", at_most)
    check_share("unassessed_at_most", unassessed_at_most)
    if not _is_number(confidence) or not 0.5 < confidence < 1:  # type: ignore[operator]
        raise ConfigError(
            f"confidence is {confidence!r}; allowed: above 0.5 and below 1, since no number of cases makes sure"
        )
    return Limit(float(at_most), float(confidence), float(unassessed_at_most))  # type: ignore[arg-type]


def check_share(name: str, value: object) -> None:
    """Makes sure that ``value`` is a share.

    Raises:
        ConfigError: it is not; names it.
    """
    if not _is_number(value) or not 0 <= value <= 1:  # type: ignore[operator]
        raise ConfigError(f"{name} is {value!r}; allowed: a share, 0 to 1")


def _limit(said: Mapping[str, Any]) -> Limit | None:
    if said.get("at_most") is None:
        if lonely := sorted({"confidence", "unassessed_at_most", "gate"} & said.keys()):
            raise ConfigError(f"probewright marker: {lonely[0]} belongs to a gate; give at_most as well")
        return None
    given = {name: said[name] for name in ("confidence", "unassessed_at_most") if name in said}
    try:
        return check_limit(said["at_most"], **given)
    except ConfigError as error:
        raise ConfigError(f"probewright marker: {error}") from None


def _trials(said: Mapping[str, Any]) -> tuple[int, int | None]:
    trials = _whole(said, "trials", None)
    if said.get("m_of_n") is None:
        return trials or 1, None
    pair = said["m_of_n"]
    is_pair = isinstance(pair, tuple | list) and len(pair) == 2 and all(type(part) is int for part in pair)
    if not is_pair or not 1 <= pair[0] <= pair[1]:
        raise ConfigError(f"probewright marker: m_of_n is {pair!r}; allowed: (m, n) with 1 <= m <= n")
    if trials not in {None, pair[1]}:
        raise ConfigError(f"probewright marker: trials is {trials}, m_of_n says {pair[1]}; give one of them")
    return pair[1], pair[0]


def _family(said: Any) -> Mapping[str, Any] | None:
    if said is None:
        return None
    if isinstance(said, str):
        return {"kind": said}
    if isinstance(said, Mapping) and isinstance(said.get("kind"), str):
        return said
    raise ConfigError(f"probewright marker: family is {said!r}; allowed: its name, or a mapping with the key 'kind'")


def _quarantine(said: Mapping[str, Any]) -> Quarantine | None:
    reason, until = said.get("quarantine"), said.get("until")
    if reason is None and until is None:
        return None
    if not isinstance(reason, str) or not reason.strip():
        raise ConfigError(f"probewright marker: quarantine is {reason!r}; allowed: the reason, as text")
    return Quarantine(reason.strip(), _day(until))


def _day(until: object) -> date:
    if isinstance(until, datetime):  # which is a date to Python, but compares with none
        return until.date()
    if isinstance(until, date):
        return until
    try:
        return date.fromisoformat(until)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise ConfigError(
            f"probewright marker: until is {until!r}; allowed: the quarantine's last day, as '2027-01-31'"
        ) from None


def _whole(said: Mapping[str, Any], name: str, default: int | None, least: int = 1) -> int | None:
    value = said.get(name)
    if value is None:
        return default
    if type(value) is not int or value < least:
        raise ConfigError(f"probewright marker: {name} is {value!r}; allowed: a whole number of at least {least}")
    return value


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name, "")
    if not isinstance(value, str):
        raise ConfigError(f"probewright marker: {name} is {value!r}; allowed: text")
    return value


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
