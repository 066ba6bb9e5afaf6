"""One criterion of a gate at a time, by itself: asked for by its key, shown outcomes, and what it then says."""

from collections.abc import Mapping

from probewright.campaigns.gates.criterion import Criterion
from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.ruling import Ruling
from probewright.campaigns.specs.gate import GateSpec
from probewright.types import Outcome, Status

NOTHING = Evidence([(0, 1)], 0, 1)
PASS, FAIL, UNDECIDED, ERROR = Status.PASS, Status.FAIL, Status.UNDECIDED, Status.ERROR
Trials = tuple[int, Status, str, Mapping[str, str]]


def asked(criterion: type[Criterion], **keys: object) -> Criterion:
    spec = GateSpec.model_validate(keys)
    assert criterion.is_asked(spec)
    return criterion(spec)


def said(ruling: Ruling) -> tuple[str, str]:
    return ruling.verdict.value, ruling.reason


def after(criterion: Criterion, *trials: Trials) -> tuple[str, str]:
    """What it says after so many outcomes with a status, the oracle's word and labels, each a case of its own."""
    numbers = iter(range(10_000))
    for count, status, word, labels in trials:
        for _ in range(count):
            key = str(next(numbers))
            criterion.add(Outcome(key, labels, status, label=word), key, is_rated=True)
    return said(criterion.ruling(NOTHING))
