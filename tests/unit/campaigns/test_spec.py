"""The spec: what it defaults to, what makes two of them the same campaign, and that it never holds a key."""

from pathlib import Path
from typing import Any

import pytest

from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.campaigns.specs.spec_file import check_spec, read_spec
from probewright.errors import ConfigError, SpecError

GOOD: dict[str, Any] = {
    "name": "  nightly  ",
    "target": {"kind": "openai_chat", "base_url": "http://127.0.0.1:9/v1", "model": "mock"},
    "family": "astral",
}


def checked(**changes: Any) -> CampaignSpec:
    return check_spec(GOOD | changes, source="test")


def test_a_plugin_may_be_named_in_one_word() -> None:
    spec = checked(oracle="refusal")
    assert (spec.name, spec.family.kind, spec.judge.kind) == ("nightly", "astral", "refusal")
    assert (spec.limits.trials, spec.limits.concurrency, spec.gate, spec.seed) == (1, 16, None, 0)


def test_the_family_names_the_oracle_where_the_spec_does_not() -> None:
    assert checked().oracle is None
    assert checked().judge.kind == "refusal"


def test_a_dumped_spec_spells_every_default_out_and_loads_as_the_same_spec() -> None:
    spec = checked(gate={"max_fail_rate": 0.1}, limits={"usd": 1.5})
    dumped = spec.dump()
    assert dumped["family"]["search"]["kind"]
    assert dumped["target"]["params"]["temperature"] is None
    again = check_spec(dumped, source="row")
    assert again == spec
    assert again.dump() == dumped


@pytest.mark.parametrize(
    "changes", [{"limits": {"cases": 3, "calls": 9, "concurrency": 2, "trials": 4}}, {"gate": {"max_fail_rate": 0.5}}]
)
def test_limits_and_gate_are_no_part_of_a_campaigns_identity(changes: dict[str, Any]) -> None:
    assert build(checked(**changes)).digest == build(checked()).digest


@pytest.mark.parametrize(
    "changes",
    [
        {"seed": 1},
        {"oracle": "exact"},
        {"family": {"kind": "astral", "search": "grid"}},
        {"target": GOOD["target"] | {"model": "other"}},
        {"target": GOOD["target"] | {"system": "Be careful."}},
        {"target": GOOD["target"] | {"params": {"temperature": 1}}},
    ],
)
def test_everything_else_is(changes: dict[str, Any]) -> None:
    assert build(checked(**changes)).digest != build(checked()).digest


def test_a_file_that_cases_come_from_is_part_of_the_identity(tmp_path: Path) -> None:
    path = tmp_path / "spec.yaml"
    path.write_text(f"name: s\ntarget: {GOOD['target']}\nfamily: {{kind: static, path: set.csv}}\n")
    (tmp_path / "set.csv").write_text("prompt\none\n")
    before = build(read_spec(path)).digest
    assert build(read_spec(path)).digest == before
    (tmp_path / "set.csv").write_text("prompt\none\ntwo\n")
    assert build(read_spec(path)).digest != before


def test_a_relative_path_is_beside_the_spec_wherever_the_command_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "set.csv").write_text("prompt\none\n")
    path = tmp_path / "below" / "spec.yaml"
    path.write_text(f"name: s\ntarget: {GOOD['target']}\nfamily: {{kind: static, path: set.csv}}\n")
    monkeypatch.chdir(tmp_path)
    spec = read_spec(Path("below/spec.yaml"))
    assert build(spec).cases == 1
    assert build(check_spec(spec.dump(), source="row")).cases == 1


def test_one_pass_is_planned_where_the_spec_names_no_number() -> None:
    assert build(checked(family={"kind": "astral", "search": "grid"})).cases == 420
    assert build(checked(family={"kind": "astral", "search": "covering"})).cases == 84
    assert build(checked(limits={"cases": 1260})).cases == 1260  # axes go round again


def test_all_problems_are_told_at_once_one_line_each() -> None:
    with pytest.raises(SpecError) as caught:
        checked(seed=-1, nmae="x", limits={"calls": 0})
    assert len(caught.value.problems) == 3
    assert all(problem.startswith("test: ") and "\n" not in problem for problem in caught.value.problems)


def test_a_search_that_does_not_fit_the_axes_is_refused() -> None:
    with pytest.raises(ConfigError, match="strength 4 is more than the 3 axes; allowed: 1 to 3"):
        build(checked(family={"kind": "astral", "search": {"kind": "covering", "strength": 4}}))


@pytest.mark.parametrize("value", ["x" * 10_000, ["deep"] * 10_000, {"a": {"b": {"c": {"d": "e"}}}}])
def test_a_wrong_value_is_quoted_in_brief(value: Any) -> None:
    with pytest.raises(SpecError) as caught:
        checked(seed=value)
    assert len(str(caught.value)) < 250
