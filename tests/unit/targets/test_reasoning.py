import pytest
from hypothesis import given
from hypothesis import strategies as st

from probewright.targets.reasoning import split_reasoning


@pytest.mark.parametrize(
    ("text", "reasoning", "answer"),
    [
        ("Paris.", "", "Paris."),
        ("", "", ""),
        ("<think>Capital?</think>\n\nParis.", "Capital?", "Paris."),
        ("\n <think>\nCapital?\n</think>Paris.", "Capital?", "Paris."),
        ("<think></think>Paris.", "", "Paris."),
        ("<think>It was cut o", "It was cut o", ""),
        ("<think>done</think>", "done", ""),
        ("The tag <think>x</think> stays.", "", "The tag <think>x</think> stays."),
        ("an answer</think>more", "", "an answer</think>more"),
        ("<think>a</think>b</think>c", "a", "b</think>c"),
    ],
)
def test_leading_thought_is_kept_apart(text: str, reasoning: str, answer: str) -> None:
    assert split_reasoning(text) == (reasoning, answer)


@given(st.text().filter(lambda text: not text.lstrip().startswith("<think>")))
def test_a_text_without_a_leading_tag_is_left_as_it_is(text: str) -> None:
    assert split_reasoning(text) == ("", text)


@given(st.text(), st.text())
def test_nothing_said_before_or_after_the_closing_tag_is_lost(thought: str, answer: str) -> None:
    reasoning, rest = split_reasoning(f"<think>{thought}</think>{answer}")
    kept = "".join(f"{reasoning}</think>{rest}".split())
    assert kept == "".join(f"{thought}</think>{answer}".split())
