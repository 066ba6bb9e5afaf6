"""The limit on attempts in flight, step by step; how it follows a server is in tests/simulation."""

import pytest

from probewright.targets.adaptive import LONGEST_HOLD_S, REFUSED, AdaptiveLimit, Sent


class Story:
    """A limit and the attempts that it is told of, on a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.limit = AdaptiveLimit(lambda: self.now)
        self.sent = 0

    def send(self, in_flight: int) -> Sent:
        self.sent += 1
        return Sent(self.sent, in_flight)

    def refuse(self, *in_flight: int) -> None:
        for attempt in [self.send(level) for level in in_flight]:
            self.limit.refused(attempt, self.sent, wanted=64)

    def answer(self, in_flight: int, times: int = 1) -> None:
        for _ in range(times):
            self.limit.answered(self.send(in_flight), self.sent, wanted=64)

    def refused_at_eight(self) -> None:
        self.answer(64, times=100)
        self.refuse(9, 10, 11, 12)


def test_nothing_is_limited_before_anything_is_refused() -> None:
    story = Story()
    story.answer(64, times=1000)
    assert story.limit.limit is None


def test_refusals_in_a_row_cut_below_the_level_that_was_refused() -> None:
    story = Story()
    story.refused_at_eight()
    assert story.limit.limit == 6


def test_refusals_of_what_was_sent_before_a_cut_cut_no_further() -> None:
    story = Story()
    late = [story.send(20) for _ in range(10)]
    story.refused_at_eight()
    for attempt in late:
        story.limit.refused(attempt, story.sent, wanted=64)
    assert story.limit.limit == 6


def test_answers_bring_it_back_to_the_known_level_and_not_above() -> None:
    story = Story()
    story.refused_at_eight()
    story.answer(6, times=50)
    assert story.limit.limit == 8


def test_a_held_level_is_probed_after_a_while_and_in_growing_steps() -> None:
    story = Story()
    story.refused_at_eight()
    story.answer(8, times=200)
    story.now += 1.0
    limits = []
    for level in (8, 9, 11, 15, 23, 39, 64):
        story.answer(level)
        limits.append(story.limit.limit)
    assert limits == [9, 11, 15, 23, 39, 64, 64]


def test_a_probe_that_fails_goes_back_at_once_and_the_next_one_waits_longer() -> None:
    story = Story()
    story.refused_at_eight()
    story.answer(8, times=200)
    holds = []
    for _ in range(4):
        started = story.now
        while story.limit.limit == 8:
            story.now += 0.01
            story.answer(8, times=10)
        holds.append(story.now - started)
        story.refuse(9)
        assert story.limit.limit == 8
    assert holds == pytest.approx([0.5, 1.0, LONGEST_HOLD_S, LONGEST_HOLD_S], abs=0.05)


def test_one_refusal_in_twenty_does_not_throttle() -> None:
    story = Story()
    for _ in range(50):
        story.refuse(64)
        story.answer(64, times=19)
    assert story.limit.limit is None


def test_refusals_that_come_before_the_answers_of_the_same_burst_are_not_taken_for_more_than_they_are() -> None:
    story = Story()
    burst = [story.send(level) for level in range(1, 65)]
    for attempt in burst[10 :: 64 // REFUSED]:
        story.limit.refused(attempt, story.sent, wanted=64)
    assert story.limit.limit is None


def test_it_never_goes_below_one() -> None:
    story = Story()
    for _ in range(20):
        story.refuse(*[1] * REFUSED)
    assert story.limit.limit == 1
