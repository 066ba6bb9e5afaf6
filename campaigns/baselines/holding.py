"""Holds a campaign against another one, read from the database: the other of a command, or its gate's baseline."""

from collections.abc import Iterator

from probewright.campaigns import models
from probewright.campaigns.baselines.blessing import Blessing
from probewright.campaigns.baselines.drift import drift, incomparable
from probewright.campaigns.baselines.finding import baseline_finding
from probewright.campaigns.comparison import Comparison, compare, fail_shares
from probewright.campaigns.gates.evidence import Against
from probewright.campaigns.results import Facts
from probewright.campaigns.rows import baselines, reading
from probewright.campaigns.specs.gate import GateSpec, NoWorseThan
from probewright.errors import ConfigError
from probewright.findings import Finding
from probewright.types import Outcome

ITSELF = "it is this very campaign"


def compared(row: models.Campaign, facts: Facts, other: models.Campaign, confidence: float = 0.95) -> Comparison:
    """Two campaigns on the cases that both assessed; ``confidence`` is that of the two-sided interval.

    Raises:
        ConfigError: no case was assessed in both.
    """
    return _compared(row, facts, other, reading.facts(other), confidence)


def comparable(row: models.Campaign, other: models.Campaign, confidence: float = 0.95) -> Comparison:
    """As `compared`, but only where the two can be compared by a gate.

    Raises:
        ConfigError: they cannot; says why.
    """
    if other.pk == row.pk:
        raise ConfigError(ITSELF)
    found, trouble = _held(row, reading.facts(row), other, confidence)
    if found is None:
        raise ConfigError(trouble)
    return found


def _held(
    row: models.Campaign, facts: Facts, other: models.Campaign, confidence: float
) -> tuple[Comparison | None, str]:
    """The comparison, or why there is none, in one sentence without its full stop."""
    other_facts = reading.facts(other)
    if facts.judged_by != other_facts.judged_by:  # no need to read all outcomes
        return None, incomparable(facts, other_facts, 0, 0)
    try:
        found = _compared(row, facts, other, other_facts, confidence)
    except ConfigError:
        return None, incomparable(facts, other_facts, 0, 0)
    trouble = incomparable(facts, other_facts, len(found.changes), found.only_there)
    return (None, trouble) if trouble else (found, "")


def _compared(
    row: models.Campaign, facts: Facts, other: models.Campaign, other_facts: Facts, confidence: float
) -> Comparison:
    here, there = fail_shares(_rated(row, facts)), fail_shares(_rated(other, other_facts))
    if not here.keys() & there.keys():
        raise ConfigError(
            f"campaigns {row.pk} and {other.pk} cannot be compared: no case was assessed in both; they need "
            f"the same family and seed, and answers that were judged"
        )
    clusters = {outcome.key: facts.cluster_of(outcome) for outcome in _rated(row, facts)} if facts.cluster else {}
    return compare(
        here,
        there,
        other.pk,
        other.name,
        other_facts.target,
        seed=row.spec["seed"],
        other_oracle=other_facts.judged_by,
        clusters=clusters,
        confidence=confidence,
    )


def held_against(row: models.Campaign, facts: Facts) -> tuple[Against | None, tuple[Finding, ...]]:
    """The campaign against the baseline that its gate names, and what a report says of it; nothing where it names none.

    A baseline that is missing, too old, or cannot be compared is evidence, too: the gate then assesses nothing.
    """
    spec = facts.spec.get("gate")
    asked = GateSpec.model_validate(spec) if spec is not None else None
    if asked is None or asked.no_worse_than is None:
        return None, ()
    blessing = baselines.latest(asked.no_worse_than.baseline)
    if blessing is None:
        name = asked.no_worse_than.baseline
        trouble = f"nothing is blessed by this name: probewright baseline bless CAMPAIGN --name {name!r} --why TEXT"
        return Against(name, None, trouble), ()
    other = models.Campaign.objects.get(pk=blessing.campaign)
    trouble, found = _unfit(row, asked.no_worse_than, blessing), None
    if not trouble:
        found, trouble = _held(row, facts, other, 2 * asked.confidence - 1)
    against = Against(blessing.name, found, trouble)
    return against, (baseline_finding(blessing, drift(row.spec, other.spec), trouble),)


def _unfit(row: models.Campaign, asked: NoWorseThan, blessing: Blessing) -> str:
    """Why a blessing is none for this campaign, whatever it asked; empty where it is one."""
    if blessing.campaign == row.pk:
        return ITSELF
    age = blessing.age_days()
    if asked.max_age_days is not None and age > asked.max_age_days:
        return f"it was blessed {age} days ago, {asked.max_age_days} are allowed; bless a newer campaign"
    return ""


def _rated(row: models.Campaign, facts: Facts) -> Iterator[Outcome]:
    """The outcomes that enter the rates, controls left out."""
    return (outcome for outcome in reading.outcomes(row, facts.read_by) if facts.is_rated(outcome.labels))
