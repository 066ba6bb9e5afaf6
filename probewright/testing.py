"""What tests of models import: assertions with statistics, and keeping outcomes as a baseline. See docs/pytest.md.

The door to `probewright.campaigns.pytest_plugin` for people who write tests; nothing of ours imports it.
"""

from probewright.campaigns.engine.dialogue import Withheld
from probewright.campaigns.pytest_plugin.asking.answering import Judgement, Undecided
from probewright.campaigns.pytest_plugin.gates.asserting import (
    BudgetSpent,
    GateFailed,
    NotAssessable,
    NotEnoughData,
    RateExceeded,
    Regressed,
    assert_no_regression,
    assert_rate,
)
from probewright.campaigns.pytest_plugin.gates.outcomes import Outcomes, read_outcomes, write_outcomes

__all__ = [
    "BudgetSpent",
    "GateFailed",
    "Judgement",
    "NotAssessable",
    "NotEnoughData",
    "Outcomes",
    "RateExceeded",
    "Regressed",
    "Undecided",
    "Withheld",
    "assert_no_regression",
    "assert_rate",
    "read_outcomes",
    "write_outcomes",
]
