"""What every registered trainer keeps to. Nothing is trained here, and no trainer's own libraries are needed."""

import subprocess
import sys
from inspect import iscoroutinefunction

import pytest

from probewright import registry
from probewright.errors import ConfigError, DataError
from probewright.plugins import Plugin, PluginParams
from probewright.protocols import Trainer
from probewright.types import Example, Message

TRAINERS = sorted(registry.table("trainer"))
BASES: dict[str, dict[str, str]] = {
    "pool": {"model": "smollm2", "engine": "transformers"},
    "openai_chat": {"base_url": "http://127.0.0.1:9/v1", "model": "mock"},
}
ASK = (Message("user", "What colour is the sky?"),)
GOOD = [Example(ASK, "blue"), Example((Message("user", "And grass?"),), "green")]


def base(kind: str) -> Plugin:
    return Plugin(kind, registry.load("target", kind).Params.model_validate(BASES[kind]))


@pytest.fixture(params=TRAINERS)
def trainer(request: pytest.FixtureRequest) -> Trainer:
    kind = registry.load("trainer", request.param)
    made: Trainer = kind(kind.Params())
    assert made.name == request.param
    return made


@pytest.fixture
def tunable(trainer: Trainer) -> Plugin:
    """A target that this trainer tunes."""
    for kind in BASES:
        try:
            trainer.check(base(kind), GOOD)
        except ConfigError:
            continue
        return base(kind)
    pytest.fail(f"trainer {trainer.name} tunes none of {', '.join(BASES)}")


def test_it_states_its_source(trainer: Trainer) -> None:
    assert len(trainer.source) > 20


def test_its_parameters_have_defaults_bounds_and_descriptions(trainer: Trainer) -> None:
    assert issubclass(trainer.Params, PluginParams)
    for name, field in trainer.Params.model_fields.items():
        assert not field.is_required(), name
        assert field.description, name
    with pytest.raises(ValueError, match="no_such_parameter"):
        trainer.Params.model_validate({"no_such_parameter": 1})


def test_it_trains_without_blocking_the_loop(trainer: Trainer) -> None:
    assert iscoroutinefunction(trainer.train)


def test_it_accepts_sound_examples(trainer: Trainer, tunable: Plugin) -> None:
    trainer.check(tunable, GOOD)


BAD = {
    "none": [],
    "no messages": [Example((), "blue")],
    "a blank answer": [*GOOD, Example((Message("user", "Snow?"),), "  ")],
    "a blank message": [*GOOD, Example((Message("user", ""),), "white")],
    "a contradiction": [*GOOD, Example(ASK, "red")],
}


@pytest.mark.parametrize("case", BAD)
def test_it_refuses_bad_data_in_one_line(trainer: Trainer, tunable: Plugin, case: str) -> None:
    with pytest.raises(DataError) as refusal:
        trainer.check(tunable, BAD[case])
    assert str(refusal.value).isprintable()


def test_a_contradiction_is_shown_with_both_answers(trainer: Trainer, tunable: Plugin) -> None:
    with pytest.raises(DataError) as refusal:
        trainer.check(tunable, BAD["a contradiction"])
    assert all(text in str(refusal.value) for text in (ASK[-1].content, "blue", "red"))


def test_a_target_that_it_cannot_tune_is_named_with_what_it_can(trainer: Trainer, tunable: Plugin) -> None:
    class Strange(PluginParams):
        """Parameters of a kind of target that no trainer knows."""

    with pytest.raises(ConfigError) as refusal:
        trainer.check(Plugin("strange", Strange()), GOOD)
    message = str(refusal.value)
    assert "'strange'" in message
    assert tunable.kind in message
    assert message.isprintable()


@pytest.mark.parametrize("name", TRAINERS)
def test_naming_it_in_a_spec_loads_no_machine_learning(name: str) -> None:
    look = f"""
import sys
from probewright import registry
registry.load("trainer", {name!r}).Params()
print([heavy for heavy in ("torch", "transformers", "peft") if heavy in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
