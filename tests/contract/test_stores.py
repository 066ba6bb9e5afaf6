"""What every store keeps to: the same tests over the one in memory and the one in the database, on both databases."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from probewright.errors import StoreError
from probewright.protocols import Cost
from probewright.store import Answered, Closed, Entry, Finished, Round, Slot, Spent, Store
from probewright.types import (
    Ask,
    Case,
    Cell,
    Exchange,
    Generate,
    Hole,
    HoleKind,
    Json,
    Message,
    OptionScore,
    Outcome,
    Reply,
    Role,
    Score,
    Status,
    Usage,
    Verdict,
)
from tests.stores import STORES, django_store, on_database

MakeStore = Callable[[int], Store]


@pytest.fixture(params=[*sorted(STORES), "postgresql"])
def make_store(request: pytest.FixtureRequest) -> Iterator[MakeStore]:
    if request.param == "postgresql":
        with on_database(request.getfixturevalue("postgresql").url):
            yield django_store
    else:
        yield STORES[request.param]


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    return make_store(1)


def case(number: int, **labels: str) -> Case:
    return Case("one_turn", {"prompt": f"question {number}"}, {"item": str(number), **labels}, seed=number)


def slot(number: int, *, is_written: bool = True) -> Slot:
    return Slot(number, Cell({"item": str(number)}), case(number) if is_written else None)


def plan(store: Store, number: int, positions: range, *, is_written: bool = True, state: Json = None) -> None:
    store.plan(Round(number, tuple(slot(p, is_written=is_written) for p in positions), (), state))


def exchange(text: str = "an answer", usd: float | None = 0.25, role: Role = Role.TARGET) -> Exchange:
    ask = Ask(role, Generate((Message("user", "a question"),), {"temperature": 0}))
    return Exchange(ask, Reply(text, usage=Usage(7, 3), usd=usd, model="m-1", latency_s=0.5))


def finished(position: int, status: Status = Status.PASS, trial: int = 0) -> Finished:
    verdict = Verdict("by_length", "1", status, "even", 0.25, "a reason")
    made = case(position)
    outcome = Outcome(made.key, made.labels, status, "a reason", "even", 0.25, trial)
    return Finished(position, trial, outcome, (verdict,))


def test_settled_are_the_cases_up_to_the_first_without_an_outcome(store: Store) -> None:
    plan(store, 0, range(6))
    plan(store, 1, range(6, 8), is_written=False)
    claimed_positions(store)
    assert store.settled(-1, 10) == []
    store.save([finished(0), finished(1, Status.FAIL), finished(2, Status.ERROR), finished(4)])
    found = store.settled(-1, 10)
    assert [(one.position, one.status, one.labels["item"]) for one in found] == [
        (0, Status.PASS, "0"), (1, Status.FAIL, "1"), (2, Status.ERROR, "2"),
    ]  # fmt: skip
    assert [one.position for one in store.settled(-1, 2)] == [0, 1]
    assert [one.position for one in store.settled(1, 10)] == [2]
    store.save([finished(3), finished(5)])
    assert [one.position for one in store.settled(2, 10)] == [3, 4, 5]
    store.write(6, Hole(Cell({"item": "6"}), HoleKind.REFUSED, "declined"))
    store.write(7, case(7))
    store.save([finished(7)])
    assert [one.position for one in store.settled(5, 10)] == [7]  # a hole is no case


def claimed_positions(store: Store) -> list[int]:
    """The positions of all tasks there are to claim."""
    positions: list[int] = []
    while (chunk := store.claim()) is not None:
        positions += [task.slot.position for task in chunk.tasks]
    return positions


def claim_again(store: Store) -> Any:
    """The first task of the next chunk, as the next run of the campaign would see it."""
    store.release()
    chunk = store.claim()
    assert chunk is not None
    return chunk.tasks[0]


def test_a_new_store_is_empty(store: Store) -> None:
    standing = store.standing()
    assert (standing.rounds, standing.planned, standing.next_position) == (0, 0, 0)
    assert (standing.unwritten, standing.holes, standing.search_state) == (0, 0, None)
    assert standing.spent == Cost(0, 0, 0.0)
    assert not store.counts()
    assert store.claim() is None


def test_a_planned_round_is_handed_out_in_order_in_chunks_of_at_most_200(store: Store) -> None:
    plan(store, 0, range(450))
    assert store.unclaimed() == 450
    sizes, positions = [], []
    while (chunk := store.claim()) is not None:
        sizes.append(len(chunk.tasks))
        positions += [task.slot.position for task in chunk.tasks]
    assert (sizes, positions) == ([200, 200, 50], list(range(450)))
    assert store.unclaimed() == 0


def test_a_slot_comes_back_with_its_cell_and_its_whole_case(store: Store) -> None:
    content = {"prompt": "línea 1\nline 2 \x07 🙂", "options": ["a", "b"], "deep": {"n": [1, 2.5, None, True]}}
    written = Case("odd", content, {"category": "a,b", "style": "ü"}, expected={"answer": ["x"]}, seed=2**62)
    planned = Slot(0, Cell({"category": "a,b", "style": "ü"}, index=3), written)
    store.plan(Round(0, (planned,), (), None))
    chunk = store.claim()
    assert chunk is not None
    assert chunk.tasks[0].slot == planned
    assert chunk.tasks[0].slot.case is not None
    assert chunk.tasks[0].slot.case.key == written.key


def test_a_second_planner_of_the_same_round_is_refused_and_changes_nothing(store: Store) -> None:
    plan(store, 0, range(5), state={"asked": 5})
    with pytest.raises(StoreError, match="round 0"):
        plan(store, 0, range(5, 9), state={"asked": 9})
    with pytest.raises(StoreError, match="round 2"):
        plan(store, 2, range(5, 9))
    standing = store.standing()
    assert (standing.rounds, standing.planned, standing.next_position) == (1, 5, 5)
    assert standing.search_state == {"asked": 5}
    assert claimed_positions(store) == list(range(5))


@pytest.mark.parametrize("state", [{"asked": 5}, {"deep": [{"x": [1.5, None, "ü"]}]}, [1, 2], "text", 0, False])
def test_the_searchs_state_comes_back_as_it_was_given(store: Store, state: Json) -> None:
    plan(store, 0, range(1), state=state)
    assert store.standing().search_state == state


def test_holes_of_a_round_are_counted_and_take_no_position(store: Store) -> None:
    hole = Hole(Cell({"item": "9"}), HoleKind.OFF_CELL, "not what was asked for")
    store.plan(Round(0, (slot(0),), (hole, hole), None))
    standing = store.standing()
    assert (standing.planned, standing.holes, standing.next_position) == (1, 2, 1)


def test_an_empty_round_is_a_round(store: Store) -> None:
    store.plan(Round(0, (), (), {"asked": 1}))
    assert store.standing().rounds == 1
    assert store.unfinished(0) == 0
    assert store.claim() is None


def test_known_keys_are_those_of_written_cases(store: Store) -> None:
    store.plan(Round(0, (slot(0), slot(1, is_written=False)), (), None))
    assert store.known([case(0).key, case(1).key, case(2).key]) == {case(0).key}
    assert store.known([]) == set()


def test_a_case_written_later_fills_its_slot(store: Store) -> None:
    plan(store, 0, range(2), is_written=False)
    assert store.standing().unwritten == 2
    store.claim()
    written = case(0, style="slang")
    assert store.write(0, written)
    assert (store.standing().unwritten, store.standing().planned) == (1, 2)
    assert claim_again(store).slot.case == written
    assert store.known([written.key]) == {written.key}


def test_a_slot_whose_writer_gave_a_hole_is_gone_and_counted(store: Store) -> None:
    plan(store, 0, range(2), is_written=False)
    store.claim()
    assert not store.write(0, Hole(Cell({"item": "0"}), HoleKind.REFUSED, "the writer declined"))
    standing = store.standing()
    assert (standing.planned, standing.unwritten, standing.holes) == (1, 1, 1)
    assert standing.next_position == 2  # a position is never used again
    store.release()
    assert claimed_positions(store) == [1]
    assert store.unfinished(0) == 1


def test_a_case_that_the_campaign_has_already_becomes_a_hole(store: Store) -> None:
    store.plan(Round(0, (slot(0), slot(1, is_written=False)), (), None))
    store.claim()
    assert not store.write(1, case(0))
    standing = store.standing()
    assert (standing.planned, standing.unwritten, standing.holes) == (1, 0, 1)


def test_what_was_said_in_writing_a_hole_stays_paid_for(store: Store) -> None:
    plan(store, 0, range(1), is_written=False)
    store.claim()
    store.save([Answered(0, None, 0, exchange(role=Role.WRITER))])
    store.write(0, Hole(Cell({"item": "0"}), HoleKind.REFUSED, "declined"))
    assert store.standing().spent == Cost(1, 10, 0.25)


def test_a_claimed_chunk_is_not_handed_out_twice_until_it_is_released(store: Store) -> None:
    plan(store, 0, range(3))
    assert claimed_positions(store) == [0, 1, 2]
    assert claimed_positions(store) == []
    store.release()
    assert store.unclaimed() == 3
    assert claimed_positions(store) == [0, 1, 2]


def test_a_finished_trial_is_not_handed_out_again_and_its_siblings_are(make_store: MakeStore) -> None:
    store = make_store(3)
    plan(store, 0, range(2))
    store.claim()
    store.save([finished(0, trial=1), finished(1, trial=0)])
    store.release()
    chunk = store.claim()
    assert chunk is not None
    left = [(task.slot.position, task.trial) for task in chunk.tasks]
    assert left == [(0, 0), (0, 2), (1, 1), (1, 2)]
    assert store.unfinished(0) == 4


def test_stored_exchanges_are_replayed_in_order_to_their_own_trial(make_store: MakeStore) -> None:
    store = make_store(2)
    plan(store, 0, range(1), is_written=False)
    store.claim()
    first, second, other = exchange("one"), exchange("two"), exchange("other")
    writing = exchange("a prompt", role=Role.WRITER)
    store.save([Answered(0, None, 0, writing), Answered(0, 1, 0, first)])
    store.save([Answered(0, 0, 0, other), Answered(0, 1, 1, second)])
    store.release()
    chunk = store.claim()
    assert chunk is not None
    assert [task.exchanges for task in chunk.tasks] == [(other,), (first, second)]
    assert [task.writing for task in chunk.tasks] == [(writing,)] * 2


@pytest.mark.parametrize(
    "kept",
    [
        exchange("", usd=None),
        exchange("<b>línea</b>\n\r\t🙂 \u202e"),
        Exchange(Ask(Role.JUDGE, Score("a prefix", ("yes", "no")), "second"), Reply(scores=(OptionScore(-1.25, 2),))),
        Exchange(Ask(Role.TARGET, Score((Message("user", "q"),), ("a",))), Reply(scores=(OptionScore(-1e-9, 1),))),
        Exchange(
            Ask(Role.WRITER, Generate((Message("system", "s"), Message("user", "u")), {"stop": ["x"], "n": None}), "a"),
            Reply(
                "text",
                "thoughts",
                "length",
                (),
                Usage(1, 2, is_estimated=True),
                0.5,
                "model",
                1.25,
                4,
                "content_filter",
            ),
        ),
    ],
    ids=["empty", "odd text", "scores of text", "scores of messages", "everything"],
)
def test_an_exchange_comes_back_as_it_was(store: Store, kept: Exchange) -> None:
    plan(store, 0, range(1))
    store.claim()
    store.save([Answered(0, 0, 0, kept)])
    assert claim_again(store).exchanges == (kept,)


@pytest.mark.parametrize("text", ["nul \x00 inside", "half a pair \ud83d here", "x" * 2_000_000])
def test_text_that_a_database_cannot_hold_costs_only_those_characters(store: Store, text: str) -> None:
    plan(store, 0, range(1))
    store.claim()
    odd = exchange(text)
    odd = replace(odd, reply=replace(odd.reply, reasoning=text))
    ended = finished(0)
    store.save([Answered(0, 0, 0, odd), replace(ended, outcome=replace(ended.outcome, reason=text))])
    [outcome] = store.outcomes(0)
    assert len(outcome.reason) == len(text)
    assert outcome.reason.split()[0] == text.split()[0]


@pytest.mark.parametrize("text", ["nul \x00 inside", "half a pair \ud83d here"])
def test_odd_text_of_a_model_costs_only_its_characters_wherever_it_goes(store: Store, text: str) -> None:
    hole = Hole(Cell({"item": "9"}), HoleKind.REFUSED, text)
    slots = (slot(0), slot(1, is_written=False), slot(2, is_written=False))
    store.plan(Round(0, slots, (hole,), None))
    store.claim()
    assert store.write(1, case(1))
    assert not store.write(2, Hole(Cell({"item": "2"}), HoleKind.REFUSED, text))
    asked_back = exchange()
    again = Generate((Message("user", "q"), Message("assistant", text), Message("user", text)), {"stop": [text]})
    asked_back = replace(asked_back, ask=replace(asked_back.ask, request=again))
    odd = replace(exchange(), reply=replace(exchange().reply, finish_reason=text, model=text, blocked=text))
    ended = finished(0)
    [verdict] = ended.verdicts
    judged = replace(verdict, label=text, reason=text)
    ended = replace(ended, outcome=replace(ended.outcome, label=text), verdicts=(judged,))
    store.save([Answered(0, 0, 0, asked_back), Answered(1, 0, 0, odd), ended])
    assert store.standing().holes == 2
    assert len(claim_again(store).exchanges) == 1


def test_names_that_are_too_long_are_cut_and_answers_are_not(store: Store) -> None:
    plan(store, 0, range(1))
    store.claim()
    long = "x" * 1_000_000
    reply = replace(exchange(long).reply, finish_reason=long, model=long)
    ended = finished(0)
    [verdict] = ended.verdicts
    ended = replace(
        ended, outcome=replace(ended.outcome, label=long), verdicts=(replace(verdict, label=long, reason=long),)
    )
    store.save([Answered(0, 0, 0, replace(exchange(), reply=reply)), ended])
    [outcome] = store.outcomes(0)
    assert outcome.label[:60] == "x" * 60


def test_outcomes_of_a_round_come_in_case_order_whatever_the_order_of_saving(make_store: MakeStore) -> None:
    store = make_store(2)
    plan(store, 0, range(3))
    plan(store, 1, range(3, 5))
    claimed_positions(store)
    entries: list[Entry] = [finished(p, Status.FAIL if p % 2 else Status.PASS, t) for p in range(5) for t in (1, 0)]
    for entry in reversed(entries):
        store.save([entry])
    outcomes = store.outcomes(0)
    assert [(o.labels["item"], o.trial) for o in outcomes] == [(str(p), t) for p in range(3) for t in (0, 1)]
    assert [o.labels["item"] for o in store.outcomes(1)] == ["3", "3", "4", "4"]
    assert outcomes[2] == Outcome(case(1).key, case(1).labels, Status.FAIL, "a reason", "even", 0.25, 0)


def test_unfinished_counts_the_trials_of_a_round_without_an_outcome(make_store: MakeStore) -> None:
    store = make_store(2)
    plan(store, 0, range(3))
    plan(store, 1, range(3, 4))
    claimed_positions(store)
    assert (store.unfinished(0), store.unfinished(1)) == (6, 2)
    store.save([finished(0), finished(0, trial=1), finished(3)])
    assert (store.unfinished(0), store.unfinished(1)) == (4, 1)


def test_a_closed_chunk_is_never_handed_out_again(store: Store) -> None:
    plan(store, 0, range(2))
    chunk = store.claim()
    assert chunk is not None
    store.save([finished(0), finished(1), Closed(chunk.id)])
    store.release()
    assert store.claim() is None
    assert store.unclaimed() == 0


def test_a_chunk_with_all_its_outcomes_that_a_crash_left_open_is_skipped(store: Store) -> None:
    plan(store, 0, range(2))
    plan(store, 1, range(2, 3))
    store.claim()
    store.save([finished(0), finished(1)])
    store.release()
    assert claimed_positions(store) == [2]


def test_counts_and_costs_add_up(store: Store) -> None:
    plan(store, 0, range(4))
    store.claim()
    store.save([Answered(0, 0, 0, exchange()), finished(0), finished(1, Status.FAIL), finished(2, Status.ERROR)])
    store.save([Answered(3, 0, 0, exchange(usd=0.5)), finished(3, Status.FAIL)])
    assert dict(store.counts()) == {"pass": 1, "fail": 2, "error": 1}
    assert store.standing().spent == Cost(2, 20, 0.75)


def test_a_cost_that_is_unknown_once_stays_unknown(store: Store) -> None:
    plan(store, 0, range(2))
    store.claim()
    store.save([Answered(0, 0, 0, exchange(usd=None)), Answered(1, 0, 0, exchange())])
    assert store.standing().spent == Cost(2, 20, None)


def test_renewing_keeps_what_is_claimed(store: Store) -> None:
    plan(store, 0, range(2))
    store.claim()
    store.renew()
    assert store.claim() is None


def test_a_call_of_no_case_counts_and_is_not_kept(store: Store) -> None:
    plan(store, 0, range(1))
    claimed_positions(store)
    store.save([Spent(exchange(role=Role.JUDGE))])
    assert store.standing().spent == Cost(1, 10, 0.25)
    assert claim_again(store).exchanges == ()
