"""The budget of a session: never exceeded, by no number of processes, and never a pass where it is spent."""

import asyncio
import json
from pathlib import Path

import pytest

from probewright.campaigns.pytest_plugin.asking.ledger import Ledger
from probewright.errors import LimitReached
from probewright.protocols import Cost
from tests.loopback.running import Loopback
from tests.plugin.suites import Suite, target, text

pytest_plugins = ("pytester",)


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["alone", "xdist"])
def test_calls_of_all_tests_together_never_exceed_the_budget(
    suite: Suite, refusing: Loopback, workers: tuple[str, ...]
) -> None:
    suite.write("""
        @pytest.mark.probewright(family="astral", cases=10)
        def test_cases(case): pass

        @pytest.mark.parametrize("number", range(5))
        def test_by_hand(target, number):
            target(f"number {number}")
    """)
    result = suite.run(*target(refusing.base_url), "--pw-max-calls", "7", *workers)
    result.assert_outcomes(passed=7, failed=8)
    assert refusing.log.requests == 7
    assert "--pw-max-calls: 7 of 7 spent; the next call could exceed it" in text(result)


def test_a_campaign_and_a_gate_that_the_budget_stopped_do_not_pass(suite: Suite, refusing: Loopback) -> None:
    suite.write("""
        from probewright.testing import assert_rate

        def test_campaign(campaign):
            outcomes = campaign(family="astral", cases=60)
            assert len(outcomes) == 60
            assert_rate(outcomes, at_most=0.5, unassessed_at_most=1)

        @pytest.mark.probewright(family="astral", cases=30, at_most=0.5, unassessed_at_most=1)
        def test_cases(case): pass
    """)
    result = suite.run(*target(refusing.base_url), "--pw-max-calls", "40", "-p", "no:pytest_randomly")
    assert refusing.log.requests == 40
    assert result.parseoutcomes()["failed"] >= 31
    assert "stopped by a limit: the budget of the test session is spent" in text(result)


def test_dollars_of_an_unknown_price_are_refused_and_known_ones_counted(suite: Suite, refusing: Loopback) -> None:
    suite.write("""
        @pytest.mark.parametrize("number", range(4))
        def test_it(target, number):
            target(f"number {number}", max_tokens=1000)
    """)
    result = suite.run(*target(refusing.base_url), "--pw-max-usd", "1")
    result.assert_outcomes(failed=4)
    assert "1 cannot be held: the price of a call is unknown" in text(result)
    assert refusing.log.requests == 0
    priced = target(
        refusing.base_url, ", price: {input_usd_per_million: 0, output_usd_per_million: 1000000}"
    )  # a dollar a token
    result = suite.run(*priced, "--pw-max-usd", "1010")
    assert 0 < refusing.log.requests < 4  # each may cost 1,000 dollars, and really costs a few
    assert result.parseoutcomes()["passed"] == refusing.log.requests


@pytest.mark.parametrize("wrong", [("--pw-max-calls", "-1"), ("--pw-max-calls", "x"), ("--pw-max-usd", "nan")])
def test_a_budget_that_is_no_number_is_refused(suite: Suite, wrong: tuple[str, str]) -> None:
    suite.write("def test_one(): pass\n")
    assert suite.run(*wrong).ret == pytest.ExitCode.USAGE_ERROR


def test_a_reservation_of_a_dead_process_counts_as_spent(tmp_path: Path) -> None:
    path = tmp_path / "ledger.json"
    ledger = Ledger(path, 3, None)
    asyncio.run(ledger.reserve(Cost(1, 0, 0.0)))
    book = json.loads(path.read_text())
    name = next(iter(book["reserved"]))
    host, _, place = name.split(":")
    dead = f"{host}:4194303:1@{place.partition('@')[2]}"  # no process has this number
    book["reserved"][dead] = {"calls": 2, "usd": 0.0}
    path.write_text(json.dumps(book))
    with pytest.raises(LimitReached, match="3 of 3 spent"):
        asyncio.run(_settle_and_take_two(ledger))
    assert ledger.spent.calls == 3


async def _settle_and_take_two(ledger: Ledger) -> None:
    await ledger.settle(Cost(1, 0, 0.0), Cost(usd=0.0))
    await ledger.reserve(Cost(1, 0, 0.0))
    await ledger.settle(Cost(1, 0, 0.0), Cost(1, 0, 0.0))
    await ledger.reserve(Cost(1, 0, 0.0))


@pytest.mark.parametrize("limits", [(1, None), (None, 1.5)], ids=["calls", "usd"])
def test_who_waits_for_anothers_reservation_gets_what_it_gives_back(
    tmp_path: Path, limits: tuple[int | None, float | None]
) -> None:
    one, two = Ledger(tmp_path / "ledger.json", *limits), Ledger(tmp_path / "ledger.json", *limits)
    worst = Cost(1, 0, 1.0)

    async def both() -> None:
        await one.reserve(worst)
        waiting = asyncio.create_task(two.reserve(worst))
        await asyncio.sleep(0.05)
        assert not waiting.done()
        await one.settle(worst, Cost(usd=0.0))  # its call brought no answer
        await waiting
        await two.settle(worst, worst)
        with pytest.raises(LimitReached):
            await one.reserve(worst)

    asyncio.run(both())
