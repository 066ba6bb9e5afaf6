"""The base of a gate's criteria: each looks at outcomes as they pass by, and rules once at the end."""

from abc import ABC, abstractmethod
from typing import ClassVar

from probewright.campaigns.gates.evidence import Evidence
from probewright.campaigns.gates.ruling import Ruling
from probewright.campaigns.specs.gate import GateSpec
from probewright.types import Outcome


class Criterion(ABC):
    """One thing that a gate asks for. A subclass names the key of the spec that asks for it and implements `ruling`."""

    key: ClassVar[str]
    says_pass: ClassVar[bool] = True  # whether a pass of it is worth a word; not where every gate asks for it

    def __init__(self, spec: GateSpec) -> None:
        self._spec = spec

    @classmethod
    def is_asked(cls, spec: GateSpec) -> bool:
        """Whether this gate asks for it."""
        return getattr(spec, cls.key) not in (None, ())

    def add(self, outcome: Outcome, cluster: str, is_rated: bool) -> None:  # noqa: B027 (most need no single outcome)
        """Looks at one more outcome. ``cluster`` is its case, or what it shares with others on the same thing.

        ``is_rated`` says whether it enters the model's rate, or is a control.
        """

    @abstractmethod
    def ruling(self, evidence: Evidence) -> Ruling:
        """What it says of the whole campaign."""
