"""Oracles that read log-probabilities of options: each rule by its own arithmetic, undecided where it cannot tell."""

from math import inf, nan

import pytest

from probewright import registry
from probewright.types import (
    Ask,
    Case,
    Exchange,
    Generate,
    Message,
    OptionScore,
    Reply,
    Role,
    Score,
    Status,
    Transcript,
    Verdict,
)

OPTIONS = ("a short one", "an option of many words", "another", "the last")
LETTERS = (" A", " B", " C", " D")
RULES = ("summed_logprob", "mean_logprob", "letter_logprob")


def scoring(options: tuple[str, ...], *scores: tuple[float, int], role: Role = Role.TARGET) -> Exchange:
    return Exchange(Ask(role, Score("prefix", options)), Reply(scores=tuple(OptionScore(*score) for score in scores)))


def texts(*scores: tuple[float, int], role: Role = Role.TARGET) -> Exchange:
    return scoring(tuple(f" {option}" for option in OPTIONS), *scores, role=role)


def judge(rule: str, *exchanges: Exchange, expected: object = OPTIONS[1], options: object = OPTIONS) -> Verdict:
    case = Case("mcq", {"options": options}, expected=expected)
    oracle = registry.load("oracle", rule)
    verdict: Verdict = oracle(oracle.Params()).decide(Transcript(case, exchanges))
    return verdict


TEXTS = texts((-4.0, 2), (-5.0, 5), (-6.0, 1), (-9.0, 2))  # summed: A; by token: B
BY_LETTER = scoring(LETTERS, (-3.0, 1), (-2.5, 1), (-2.0, 1), (-1.0, 1))  # D


@pytest.mark.parametrize(("rule", "chosen"), [(RULES[0], "A"), (RULES[1], "B"), (RULES[2], "D")])
def test_each_rule_reads_its_own_scoring_and_compares_its_own_value(rule: str, chosen: str) -> None:
    for order in ((TEXTS, BY_LETTER), (BY_LETTER, TEXTS)):
        verdict = judge(rule, *order, expected=OPTIONS["ABCD".index(chosen)])
        assert (verdict.label, verdict.status, verdict.oracle) == (chosen, Status.PASS, rule)
        assert judge(rule, *order, expected=OPTIONS[2]).status is Status.FAIL


def test_the_score_is_the_share_of_the_other_options() -> None:
    even = texts((-1.0, 1), (-2.0, 1), (-2.0, 1), (-3.0, 1))
    weights = [2.718281828459045**-n for n in (1.0, 2.0, 2.0, 3.0)]
    verdict = judge("summed_logprob", even)
    assert verdict.score == pytest.approx(1 - weights[1] / sum(weights))
    assert verdict.reason == "A is likeliest at -1.00; the key B has -2.00"


@pytest.mark.parametrize("bad", [-inf, inf, nan])
def test_a_value_that_is_no_finite_number_is_undecided(bad: float) -> None:
    assert judge("summed_logprob", texts((-1.0, 1), (bad, 1), (-2.0, 1), (-3.0, 1))).status is Status.UNDECIDED


def test_values_far_apart_do_not_overflow() -> None:
    verdict = judge("summed_logprob", texts((-1.0, 1), (-90000.0, 1), (-2.0, 1), (-3.0, 1)))
    assert (verdict.status, verdict.score) == (Status.FAIL, 1.0)


def test_two_options_on_a_level_are_undecided() -> None:
    verdict = judge("summed_logprob", texts((-1.0, 1), (-1.0, 2), (-2.0, 1), (-3.0, 1)))
    assert (verdict.status, verdict.reason) == (Status.UNDECIDED, "two options are level at -1.000")


@pytest.mark.parametrize(
    "exchange",
    [
        scoring(("others", "of", "this", "kind"), (-1.0, 1), (-2.0, 1), (-3.0, 1), (-4.0, 1)),
        texts((-1.0, 1), (-2.0, 1)),
        texts((-1.0, 1), (-2.0, 1), (-3.0, 1), (-4.0, 1), role=Role.JUDGE),
        Exchange(Ask(Role.TARGET, Generate((Message("user", "B?"),))), Reply("B")),
    ],
    ids=["other options", "scores missing", "not the target", "generated"],
)
@pytest.mark.parametrize("rule", RULES)
def test_without_the_scoring_that_a_rule_reads_it_is_undecided(rule: str, exchange: Exchange) -> None:
    assert judge(rule, exchange).status is Status.UNDECIDED


@pytest.mark.parametrize(
    ("options", "expected"),
    [((), None), (("one",), "one"), (("same", "same"), "same"), (OPTIONS, "none of them"), (OPTIONS, 1), ("AB", "A")],
)
def test_a_case_without_options_and_key_is_undecided(options: object, expected: object) -> None:
    assert judge("summed_logprob", TEXTS, options=options, expected=expected).status is Status.UNDECIDED
