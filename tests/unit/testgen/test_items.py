"""Reading prompt sets. What is wrong with one is tested through the command, in tests/e2e."""

from pathlib import Path

import pytest

from probewright.errors import DataError
from probewright.testgen.items import Item, read_items


def read(folder: Path, name: str, content: str) -> dict[str, Item]:
    path = folder / name
    path.write_text(content, encoding="utf-8", newline="")
    raw, items = read_items(path)
    assert raw == path.read_bytes()
    return items


def test_a_csv_gives_prompts_expected_answers_options_and_labels(tmp_path: Path) -> None:
    text = 'id,prompt,expected,options,topic\nq1,"a, ""b""\r\nc",Paris,Lyon | Paris,geo\nq2,d,,,\n'
    items = read(tmp_path, "set.csv", text)
    assert items["q1"] == Item('a, "b"\r\nc', "Paris", ("Lyon", "Paris"), {"topic": "geo"})
    assert items["q2"] == Item("d", None, (), {})


def test_rows_without_an_id_are_numbered_from_one(tmp_path: Path) -> None:
    assert list(read(tmp_path, "set.csv", "prompt\na\nb\n")) == ["1", "2"]
    assert list(read(tmp_path, "set.jsonl", '{"prompt": "a"}\n\n{"prompt": "b"}')) == ["1", "2"]


def test_jsonl_keeps_the_types_of_expected_answers_and_makes_labels_text(tmp_path: Path) -> None:
    text = '{"id": 7, "prompt": "a", "expected": [1, {"b": null}], "options": ["x", "y"], "level": 3, "flag": true}\n'
    items = read(tmp_path, "set.jsonl", text)
    assert items == {"7": Item("a", [1, {"b": None}], ("x", "y"), {"level": "3", "flag": "True"})}


def test_a_byte_order_mark_and_other_scripts_are_read(tmp_path: Path) -> None:
    items = read(tmp_path, "set.csv", "\ufeffprompt\nما عاصمة فرنسا؟ 🙂\n")
    assert items["1"].prompt == "ما عاصمة فرنسا؟ 🙂"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ('{"prompt": "a", "options": "x"}\n{"prompt": "b", "options": [1]}', "line 2: 'options' is \\[1\\]"),
        ('{"prompt": "a", "item": "x"}', "a label may not be called 'item'"),
        ('{"prompt": 5}', "'prompt' is 5"),
        ('{"id": "a", "prompt": "x"}\n{"id": "a", "prompt": "y"}', "line 2: id 'a' occurs twice"),
    ],
)
def test_a_wrong_row_is_named(tmp_path: Path, content: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        read(tmp_path, "set.jsonl", content)


def test_a_header_of_very_many_columns_is_read_in_one_pass(tmp_path: Path) -> None:
    names = ",".join(f"c{number}" for number in range(200_000))  # comparing each with each would take hours
    items = read(tmp_path, "set.csv", f"prompt,{names}\nx{',y' * 200_000}\n")
    assert len(items["1"].labels) == 200_000
    with pytest.raises(DataError, match="column 'c7' occurs twice"):
        read(tmp_path, "set.csv", f"prompt,{names},c7\nx{',y' * 200_001}\n")
