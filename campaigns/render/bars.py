"""Counts drawn as a bar of stacked pieces."""

from collections.abc import Mapping
from dataclasses import dataclass

from probewright.types import Status

LEAST = 0.6  # per cent: what occurred at all can be seen


@dataclass(frozen=True, slots=True)
class Piece:
    """One status in a bar: where it begins and how wide it is, in per cent of the bar."""

    status: Status
    start: float
    width: float


def pieces(counts: Mapping[Status, int]) -> list[Piece]:
    """The statuses that occur, side by side and together 100% wide; none where nothing was counted."""
    present = {status: counts.get(status, 0) for status in Status if counts.get(status, 0) > 0}
    total = sum(present.values())
    widths = {status: max(LEAST, 100 * count / total) for status, count in present.items()}
    scale = 100 / sum(widths.values()) if widths else 1.0
    found, start = [], 0.0
    for status, width in widths.items():
        found.append(Piece(status, start, width * scale))
        start += width * scale
    return found
