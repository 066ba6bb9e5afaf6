"""Facts from the user's own file."""

from pathlib import Path

import pytest

from probewright.errors import DataError
from probewright.testgen.taught_facts import TaughtFact, read_facts


def write(folder: Path, text: str, name: str = "facts.csv") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_csv_in_finetunebenchs_columns_gives_facts_with_their_rephrasings(tmp_path: Path) -> None:
    path = write(tmp_path, "id,question,answer,rephrased_question,rephrased_question_2\nf1,Who?,Ada,Who is it?,\n")
    content, facts = read_facts(path)
    assert content == path.read_bytes()
    assert facts == (TaughtFact("f1", "fact", "Who?", "Ada", ("Who is it?",)),)


def test_jsonl_does_as_well(tmp_path: Path) -> None:
    path = write(tmp_path, '{"question": "Who?", "answer": "Ada", "about": "names"}\n', "facts.jsonl")
    assert read_facts(path)[1] == (TaughtFact("1", "names", "Who?", "Ada"),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            "question,answer\nWho?,Ada\nwho?,Bob\n",
            "line 3 contradicts line 2: 'who?' has the answer 'Ada' there and 'Bob'",
        ),
        ("question,answer\nWho?,Ada\nWho?,Ada\n", "line 3 repeats line 2"),
        (
            "question,prompt\nWho?,Ada\n",
            "has no column 'answer'; its first line holds: question, prompt; allowed columns",
        ),
        ("question,answer\nWho?,\n", "line 2: 'answer' is None"),
        ("question,answer\n", "holds no rows"),
        ("", "is empty"),
    ],
)
def test_facts_that_make_no_sense_are_refused_in_one_line(tmp_path: Path, text: str, problem: str) -> None:
    with pytest.raises(DataError, match=r"facts\.csv") as caught:
        read_facts(write(tmp_path, text))
    assert problem in str(caught.value)
    assert "\n" not in str(caught.value)
