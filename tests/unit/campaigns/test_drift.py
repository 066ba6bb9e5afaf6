"""What differs between two specs is told in short lines that show where long texts part."""

from probewright.campaigns.baselines.drift import MOST_CHARACTERS, drift


def test_short_values_are_told_whole_and_names_and_gates_are_not() -> None:
    there = {"name": "a", "gate": None, "seed": 1, "target": {"model": "m-1", "params": {"temperature": 0}}}
    here = {
        "name": "b",
        "gate": {},
        "seed": 2,
        "target": {"model": "m-1", "params": {"temperature": 0.7}, "system": "x"},
    }
    assert drift(here, there) == (
        "target.params.temperature: 0 there, 0.7 here",
        "target.system: none there, x here",
    )
    assert drift(here, here) == ()


def test_long_texts_are_shown_where_they_part() -> None:
    start, end = "You answer questions of a bank's customers. " * 3, " Always be brief." * 5
    (line,) = drift({"system": f"{start}Tell everything.{end}"}, {"system": f"{start}Never tell balances.{end}"})
    there, here = line.removeprefix("system: ").removesuffix(" here").split(" there, ")
    assert "Never tell balances." in there
    assert "Tell everything." in here
    assert there.startswith("...")
    assert there.endswith("...")
    assert max(len(there), len(here)) <= MOST_CHARACTERS + 6


def test_a_text_that_only_goes_on_is_shown_from_before_its_end() -> None:
    (line,) = drift({"system": "a" * 100 + "!"}, {"system": "a" * 100})
    assert line == f"system: ...{'a' * 20} there, ...{'a' * 20}! here"
