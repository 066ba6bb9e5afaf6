"""Counts drawn as a bar."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.render.bars import LEAST, pieces
from probewright.types import Status

COUNTS = st.dictionaries(st.sampled_from(Status), st.integers(0, 10**7))


@given(COUNTS)
def test_what_was_counted_fills_the_bar_without_gaps(counts: dict[Status, int]) -> None:
    found = pieces(counts)
    assert {piece.status for piece in found} == {status for status, count in counts.items() if count}
    end = 0.0
    for piece in found:
        assert piece.start == pytest.approx(end)
        assert piece.width >= LEAST / 1.05
        end = piece.start + piece.width
    assert not found or end == pytest.approx(100)


def test_shares_are_in_proportion_where_all_can_be_seen() -> None:
    assert [piece.width for piece in pieces({Status.PASS: 3, Status.FAIL: 1})] == [75, 25]
    assert pieces({}) == []
