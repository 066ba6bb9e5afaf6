"""Examples that make no sense are refused in one line before anything runs."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.errors import DataError
from probewright.trainers.lesson import check, distinct
from probewright.types import Example, Message

TEXTS = st.text(min_size=1, max_size=8).filter(str.strip)
EXAMPLES = st.lists(st.builds(lambda ask, answer: example(ask, answer), TEXTS, TEXTS), min_size=1, max_size=12)


def example(prompt: str, answer: str) -> Example:
    return Example((Message("user", prompt),), answer)


REFUSED: dict[str, tuple[list[Example], str]] = {
    "none": ([], "there are no examples to train on: give at least one"),
    "no messages": ([Example((), "red")], "example 1 has no messages"),
    "blank answer": ([example("Sky?", "blue"), example("Grass?", " \n")], "example 2, 'Grass?', has no answer"),
    "blank message": ([example("\t", "blue")], "example 1 has a user message without text"),
    "unknown role": ([Example((Message("tool", "x"),), "y")], "role 'tool': allowed are system, user, assistant"),
    "the model speaks last": (
        [Example((Message("user", "Hi"), Message("assistant", "Hello")), "Yes")],
        "example 1 ends with the role 'assistant'",
    ),
    "contradiction": (
        [
            example("What colour is\nthe sky?", "blue"),
            example("Grass?", "green"),
            example("What colour is\nthe sky?", "red"),
        ],
        "two examples contradict each other: to 'What colour is\\nthe sky?' one answers 'blue', the other 'red'",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_bad_examples_are_refused_in_one_line_that_shows_them(case: str) -> None:
    examples, words = REFUSED[case]
    with pytest.raises(DataError) as refusal:
        check(examples)
    message = str(refusal.value)
    assert words in message
    assert message.isprintable()


def test_a_long_prompt_is_cut_in_the_message() -> None:
    with pytest.raises(DataError) as refusal:
        check([example("why " * 1000, "a"), example("why " * 1000, "b")])
    assert len(str(refusal.value)) < 300


def test_the_same_question_after_other_messages_may_have_another_answer() -> None:
    def asked(about: str) -> tuple[Message, ...]:
        return Message("user", about), Message("assistant", "Yes?"), Message("user", "What colour is it?")

    check([Example(asked("The sky."), "blue"), Example(asked("Grass."), "green")])


@given(EXAMPLES)
def test_examples_pass_exactly_if_no_prompt_has_two_answers(examples: list[Example]) -> None:
    answers = {(given.messages, given.answer) for given in examples}
    if len({messages for messages, _ in answers}) == len(answers):
        check(examples)
    else:
        with pytest.raises(DataError, match="contradict each other"):
            check(examples)


@given(EXAMPLES)
def test_a_repeated_example_is_taught_once_at_its_first_place(examples: list[Example]) -> None:
    taught = distinct(examples + examples)
    assert len(set(taught)) == len(taught)
    assert set(taught) == set(examples)
    assert [examples.index(one) for one in taught] == sorted(examples.index(one) for one in taught)
