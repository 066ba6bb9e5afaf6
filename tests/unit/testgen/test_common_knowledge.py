from collections import Counter
from pathlib import Path

import pytest

from probewright.errors import DataError
from probewright.testgen.worlds import common
from probewright.testgen.worlds.common import Choices, common_choices, common_questions
from probewright.testgen.worlds.reading import read_as


def test_there_are_forty_items_with_ten_keys_on_each_place() -> None:
    items = common_choices()
    assert len(items) == 40
    assert Counter(item.key for item in items) == {0: 10, 1: 10, 2: 10, 3: 10}


def test_options_are_of_one_form_and_no_question_holds_its_answer() -> None:
    for item in common_choices():
        assert len({len(option.split()) for option in item.options}) == 1, item.id
        assert len({option[0].isupper() for option in item.options}) == 1, item.id
        assert max(map(len, item.options)) - min(map(len, item.options)) <= 4, item.id
        assert item.options[item.key].lower() not in item.question.lower().rstrip("?").split(), item.id


def test_the_longest_and_the_shortest_option_are_the_key_no_more_often_than_by_chance() -> None:
    """Ten are expected of forty, with a standard deviation of 2.7."""
    for sign in (1, -1):
        right = 0.0
        for item in common_choices():
            lengths = [sign * len(option) for option in item.options]
            if lengths[item.key] == max(lengths):
                right += 1 / lengths.count(max(lengths))
        assert 5 <= right <= 15


def test_there_are_twenty_questions_with_short_answers_that_they_do_not_hold() -> None:
    questions = common_questions()
    assert len(questions) == len({question.id for question in questions}) == 20
    for question in questions:
        assert len(set(question.accepted)) == len(question.accepted)
        for answer in question.accepted:
            assert 1 <= len(answer.split()) <= 2
            assert answer.lower() not in question.question.lower().rstrip("?").split()


def test_no_question_and_no_id_comes_twice_in_both_files() -> None:
    everything = (*common_choices(), *common_questions())
    assert len({one.question for one in everything}) == len({one.id for one in everything}) == 60


GOOD = "{id: a, question: Which?, options: [b, c, d, e], answer: b}"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (f"[{GOOD}]", "equally often"),
        (f"[{GOOD}, {GOOD}]", "'a' stands there 2 times"),
        ("[{id: a, question: Which?, options: [b, b, d, e], answer: b}]", "choices.yaml: a: 'b' stands there 2 times"),
        ("[{id: a, question: Which?, options: [b, c, d, e], answer: f}]", "'f' is not one of the options"),
        ("[{id: a, question: Which?, options: [b, c, d], answer: b}]", "0.options"),
        ("[{id: a, question: Which, options: [b, c, d, e], answer: b}]", "0.question"),
        ("[{id: a, question: Which?, options: [b, c, d, e], answer: b, hint: f}]", "0.hint"),
    ],
)
def test_a_malformed_file_is_a_data_error_of_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, message: str
) -> None:
    (tmp_path / "choices.yaml").write_text(content)
    monkeypatch.setattr(common, "FOLDER", tmp_path)
    with pytest.raises(DataError, match=message) as caught:
        common_choices.__wrapped__()
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_a_data_error(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        read_as(tmp_path / "choices.yaml", Choices)
