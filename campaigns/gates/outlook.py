"""What a gate can show with the cases that a campaign plans: said before anything is asked."""

from collections.abc import Iterator

from probewright.campaigns.specs.gate import GateSpec, NoWorseThan
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.figures import counted, percent
from probewright.stats.paired import Pairs, paired_difference
from probewright.stats.power import cases_for_gate, detectable_change, most_failures, passing_rate
from probewright.stats.sequential import plan_sequential

POWER = 0.8  # the usual "mostly"
FLAKY = 0.05  # share of cases that end differently in two runs of one model, where an example is needed


def outlook(spec: CampaignSpec, cases: int) -> list[str]:
    """One line for each criterion whose certainty depends on the number of cases; each supposes independent cases.

    Args:
        spec: The campaign's.
        cases: How many it plans.
    """
    if spec.gate is None:
        return []
    return [*_fail_rate(spec.gate, cases), *_no_worse(spec.gate, cases)]


def _fail_rate(gate: GateSpec, cases: int) -> Iterator[str]:
    limit = gate.max_fail_rate
    if limit is None or not 0 < limit < 1:
        return
    sure = f"with {gate.confidence:.0%} confidence"
    named = f"max_fail_rate {percent(limit)}"
    failures = most_failures(cases, limit, gate.confidence)
    good = passing_rate(cases, limit, POWER, gate.confidence)
    if good is None:
        needed = cases_for_gate(limit, 0.0, POWER, gate.confidence)
        yield f"{named} cannot pass {sure} with {counted(cases, 'case')}: without any failure it takes {needed:,}"
        return
    bad = 1 - (passing_rate(cases, 1 - limit, POWER, gate.confidence) or 0.0)
    if gate.sequential:
        plan = plan_sequential(limit, cases, gate.confidence)
        means = [(rate, plan.prospects(rate).cases) for rate in (good / 2, 2 * bad) if rate <= 1]
        told = ", ".join(f"{n:,.0f} where {percent(rate)} fail" for rate, n in means)
        yield f"{named} ends {sure} as soon as it is decided, or after {counted(cases, 'case')}; on average {told}"
        return
    yield (
        f"{named} passes {sure} with at most {counted(failures, 'failure')} in {counted(cases, 'case')}, so mostly "
        f"({POWER:.0%}) where the true rate is {percent(good)} or less; it mostly fails where it is {percent(bad)} or "
        f"more"
    )


def _no_worse(gate: GateSpec, cases: int) -> Iterator[str]:
    asked = gate.no_worse_than
    if asked is None:
        return
    unchanged = paired_difference(Pairs(cases, 0, 0, 0), 2 * gate.confidence - 1)
    if unchanged.high is None or unchanged.high > asked.margin:
        yield f"{_named(asked)} cannot pass with {counted(cases, 'case')}, even if every case ends as before"
    steady, shaky = (detectable_change(cases, flaky, POWER, gate.confidence) for flaky in (0.0, FLAKY))
    if steady is not None and shaky is not None:
        yield (
            f"{_named(asked)}: on {counted(cases, 'case')} a rise of the fail rate by less than {100 * steady:.1f} "
            f"points often goes unseen, or less than {100 * shaky:.1f} where {percent(FLAKY, 0)} of the cases are flaky"
        )


def _named(asked: NoWorseThan) -> str:
    return f"no_worse_than {asked.baseline!r} by {100 * asked.margin:.1f} points"
