"""What a style is asked to realise."""

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random


@dataclass(frozen=True, slots=True)
class Request:
    """One scenario to be asked for with one persuasion technique.

    ``kind`` is the kind of act (see `probewright.testgen.writers.facts.kind`), ``facts`` fill the slots of the
    grammars, and ``rng`` belongs to this prompt alone.
    """

    technique: str
    kind: str
    facts: Mapping[str, str]
    rng: Random
