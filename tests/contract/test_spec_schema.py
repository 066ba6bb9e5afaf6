"""The published JSON Schema against a validator that is not ours, and the specs of the docs and examples."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from probewright.campaigns.engine.runner import build
from probewright.campaigns.specs.spec_file import check_spec, read_spec
from probewright.campaigns.specs.spec_schema import spec_schema

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted(ROOT.glob("examples/*.yaml"))
GOOD = {
    "name": "n",
    "target": {"kind": "openai_chat", "base_url": "http://127.0.0.1:9000/v1", "model": "m", "api_key": "env:KEY"},
    "family": {"kind": "astral", "search": {"kind": "covering", "strength": 3}},
}
BAD: list[dict[str, Any]] = [
    {**GOOD, "gatee": 1},
    {**GOOD, "family": {"kind": "astrall"}},
    {**GOOD, "limits": {"cases": "many"}},
    {**GOOD, "oracle": {"kind": "refusal", "foo": 1}},
    {key: value for key, value in GOOD.items() if key != "target"},
]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = spec_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_valid_by_schema_and_by_ourselves(path: Path, validator: Draft202012Validator) -> None:
    validator.validate(yaml.safe_load(path.read_text()))
    assert build(read_spec(path)).cases > 0


def test_a_good_spec_is_valid(validator: Draft202012Validator) -> None:
    validator.validate(GOOD)
    validator.validate(check_spec(GOOD, "here").dump())


@pytest.mark.parametrize("spec", BAD)
def test_a_wrong_spec_is_not(spec: dict[str, Any], validator: Draft202012Validator) -> None:
    assert not validator.is_valid(spec)
