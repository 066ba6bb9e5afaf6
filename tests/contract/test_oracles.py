"""What every registered oracle keeps to, whatever it judges. Oracles that ask a model are answered with odd replies."""

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from probewright import registry
from probewright.protocols import Oracle
from probewright.types import Ask, Case, Exchange, Generate, Message, Reply, Role, Status, Transcript, Verdict

MEGABYTES = 2_000_000
NOTHING = ("", " ", "\n\t \r\n", "\u200b\ufeff", "\x00", "\u00a0\u2003")
ODD_ANSWERS = {
    "one letter": "B",
    "a refusal": "I'm sorry, but I can't help with that.",
    "a word two megabytes long": "a" * MEGABYTES,
    "two megabytes of words": "I can't help " * (MEGABYTES // 13),
    "two megabytes of lines": "1. Not a\n" * (MEGABYTES // 9),
    "two megabytes of quotes": "\"' " * (MEGABYTES // 3),
    "two megabytes of digits": "1,2 " * (MEGABYTES // 4),
    "two megabytes of spaces": "." + " " * MEGABYTES + ".",
    "two megabytes of brackets": "([{" * (MEGABYTES // 3),
    "two megabytes of not": "not " * (MEGABYTES // 4),
    "emojis": "🙂🎉👩‍🚀🏳️‍🌈",
    "null bytes": "yes\x00no\x00",
    "right to left": "لا أستطيع المساعدة \u202e B \u202c",
    "combining marks": "Z\u0301\u0302\u0303\u0304" * 50,
    "unbalanced markup": "```python\n<div>[INST] **\\boxed{ \"'((",
    "lone surrogates' neighbours": "\ufffd\ufffe\U0010ffff",
    "huge number": "9" * 5000 + " 1e999 1/0",
    "control characters": "\x1b[31mB\x1b[0m\x07",
}
EXPECTED: tuple[Any, ...] = (None, "B", "", [], 42, 1e308, True, ["a", 3], {"a": 1}, "I" * 5000, -1, "\x00")


def transcript(answer: str, expected: Any = "B", options: Any = ("Lyon", "Paris")) -> Transcript:
    case = Case("static", {"options": list(options)}, expected=expected)
    ask = Ask(Role.TARGET, Generate((Message("user", "What is the capital of France?"),)))
    return Transcript(case, (Exchange(ask, Reply(text=answer)),))


def rule_oracles() -> list[str]:
    """The registered oracles that need no parameters: they can be built and ask nobody."""
    return sorted(name for name in registry.TABLES["oracle"] if _is_free(registry.load("oracle", name)))


def _is_free(oracle: Any) -> bool:
    return not any(field.is_required() for field in oracle.Params.model_fields.values())


def build(name: str) -> Oracle:
    oracle = registry.load("oracle", name)
    built: Oracle = oracle(oracle.Params())
    return built


def judge(oracle: Oracle, judged: Transcript) -> Verdict:
    """The verdict, with every question answered by a reply that says nothing of use."""
    script = oracle.judge(judged)
    try:
        next(script)
        for _ in range(20):
            script.send(Reply(text="???"))
    except StopIteration as end:
        verdict: Verdict = end.value
        return verdict
    raise AssertionError("the oracle still asks after 20 replies")


def hold(oracle: Oracle, verdict: Verdict) -> None:
    assert (verdict.oracle, verdict.version) == (oracle.name, oracle.version)
    assert verdict.status in {Status.PASS, Status.FAIL, Status.UNDECIDED}
    assert verdict.score is None or 0 <= verdict.score <= 1
    assert 0 < len(verdict.reason) < 300
    assert verdict.reason.isprintable()
    assert type(verdict.label) is str


@pytest.fixture(params=rule_oracles())
def oracle(request: pytest.FixtureRequest) -> Oracle:
    return build(request.param)


def test_every_rule_oracle_of_the_table_is_under_test() -> None:
    assert {"choice", "contains", "exact", "numeric", "refusal"} <= set(rule_oracles())


@pytest.mark.parametrize("what", ODD_ANSWERS)
def test_an_odd_answer_gets_a_whole_verdict(oracle: Oracle, what: str) -> None:
    hold(oracle, judge(oracle, transcript(ODD_ANSWERS[what])))


@pytest.mark.parametrize("expected", EXPECTED, ids=repr)
def test_an_odd_expected_answer_gets_a_whole_verdict(oracle: Oracle, expected: Any) -> None:
    hold(oracle, judge(oracle, transcript("B) 42", expected)))


@pytest.mark.parametrize("options", [(), ("",), ("a",) * 30, (None, 1), ("B", "A"), ("x" * 9000, "y")], ids=repr)
def test_odd_options_get_a_whole_verdict(oracle: Oracle, options: Any) -> None:
    hold(oracle, judge(oracle, transcript("B", "B", options)))


@pytest.mark.parametrize("answer", NOTHING, ids=ascii)
@pytest.mark.parametrize("expected", ["", "B", None, " "], ids=repr)
def test_an_empty_answer_is_undecided(oracle: Oracle, answer: str, expected: Any) -> None:
    verdict = judge(oracle, transcript(answer, expected))
    hold(oracle, verdict)
    assert verdict.status is Status.UNDECIDED


def test_a_transcript_without_exchanges_is_undecided(oracle: Oracle) -> None:
    verdict = judge(oracle, Transcript(Case("static", {}, expected="B"), ()))
    hold(oracle, verdict)
    assert verdict.status is Status.UNDECIDED


@pytest.mark.parametrize("make", [lambda: transcript("B"), lambda: transcript("I can't help with that.", 42)])
def test_the_same_transcript_gets_the_same_verdict_and_stays_as_it_was(
    oracle: Oracle, make: Callable[[], Transcript]
) -> None:
    judged = make()
    before = deepcopy(judged)
    first = judge(oracle, judged)
    assert judge(oracle, judged) == first == judge(build(oracle.name), make())
    assert judged == before


def test_an_oracle_states_its_source_and_version(oracle: Oracle) -> None:
    assert oracle.source
    assert oracle.version
    assert registry.TABLES["oracle"][oracle.name]
