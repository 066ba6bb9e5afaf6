"""What changed between a baseline and a campaign, and whether the two can be compared at all."""

from collections.abc import Iterator, Mapping
from typing import Any

from probewright.campaigns.results import Facts

LEAST_SHARE = 0.5  # of a baseline's assessed cases, that a campaign must have assessed, too
UNTOLD = frozenset({"name", "gate", "seed"})  # of a spec: what says nothing of what was asked of whom
MOST_CHARACTERS = 60  # of a value
BEFORE = 20  # characters shown before the place where two long texts part


def incomparable(here: Facts, there: Facts, common: int, there_only: int) -> str:
    """Why two campaigns cannot be compared case by case, in one sentence without its full stop; empty where they can.

    ``common`` cases were assessed in both, ``there_only`` in the baseline alone. Different models are what one
    compares; different oracles make a difference of their own, and different cases none that means anything.
    """
    if here.judged_by != there.judged_by:
        return (
            f"it was judged by {there.judged_by}, this campaign by {here.judged_by}; to have both judged by one: "
            f"probewright rejudge {there.id} --oracle {here.oracle}"
        )
    total = common + there_only
    if not common:
        return "no case was assessed in both; they need the same family and seed, or one suite"
    if common < LEAST_SHARE * total:
        return f"only {common:,} of its {total:,} assessed cases were assessed here; at least half are needed"
    return ""


def drift(here: Mapping[str, Any], there: Mapping[str, Any]) -> tuple[str, ...]:
    """What differs between two specs, a short line each: "target.params.temperature: 0 there, 0.7 here"."""
    return tuple(_differences(here, there, ""))


def _differences(here: Mapping[str, Any], there: Mapping[str, Any], path: str) -> Iterator[str]:
    for key in sorted(here.keys() | there.keys()):
        if not path and key in UNTOLD:
            continue
        a, b = there.get(key), here.get(key)
        if a == b:
            continue
        if isinstance(a, Mapping) and isinstance(b, Mapping):
            yield from _differences(b, a, f"{path}{key}.")
        else:
            one, other = _shown(*("none" if value is None else str(value) for value in (a, b)))
            yield f"{path}{key}: {one} there, {other} here"


def _shown(one: str, other: str) -> tuple[str, str]:
    """Two different texts, long ones from a little before the place where they part."""
    if max(len(one), len(other)) <= MOST_CHARACTERS:
        return one, other
    shortest = min(len(one), len(other))
    parting = next((place for place in range(shortest) if one[place] != other[place]), shortest)
    start = max(0, parting - BEFORE)
    return _cut(one, start), _cut(other, start)


def _cut(text: str, start: int) -> str:
    end = start + MOST_CHARACTERS
    return f"{'...' if start else ''}{text[start:end]}{'...' if len(text) > end else ''}"
