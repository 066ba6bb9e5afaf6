"""A campaign and its gate as a comment tells of them: plain data, however it came here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_CASES = 5  # that are named of a kind
PASSED = 0  # the exit code of a gate that passed


@dataclass(frozen=True, slots=True)
class NamedCase:
    """A case by its key, its labels, what it asked and the oracle's word; what was answered is not part of it."""

    key: str
    labels: Mapping[str, str]
    prompt: str
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Changes:
    """The campaign against a baseline, on the cases that both assessed.

    ``counts`` are cases by change: regressed, fixed, both_fail, both_pass, flaky. ``difference`` is this campaign's
    share of failures minus the baseline's, with ``value``, ``low`` and ``high`` (each null where nothing is known) and
    ``confidence``. ``regressed`` and ``fixed`` name some of the cases, not all.
    """

    baseline: str
    campaign: int
    counts: Mapping[str, int]
    difference: Mapping[str, Any]
    regressed: Sequence[NamedCase] = ()
    fixed: Sequence[NamedCase] = ()


@dataclass(frozen=True, slots=True)
class Gated:
    """What came of a campaign.

    Attributes:
        name: The campaign's.
        report: The object that `probewright run --json` prints.
        exit_code: What that command would have ended with.
        failed: Some cases that failed, where none is known to have regressed.
        changes: Against the baseline, where there is one that it can be held against.
        trouble: Why the baseline or the cases are not told of, where they should be; a sentence.
        link: Where the report is; empty where nobody serves it.
        commit: What was tested; empty where that is not known.
    """

    name: str
    report: Mapping[str, Any]
    exit_code: int
    failed: Sequence[NamedCase] = ()
    changes: Changes | None = None
    trouble: str = ""
    link: str = ""
    commit: str = ""

    @property
    def verdict(self) -> str | None:
        """The gate's verdict; None without a gate."""
        gate = self.report["gate"]
        return None if gate is None else str(gate["verdict"])

    @property
    def reasons(self) -> tuple[str, ...]:
        """The gate's reasons, those that decide first."""
        gate = self.report["gate"]
        return () if gate is None else tuple(gate["reasons"])

    @property
    def is_pass(self) -> bool:
        """Whether the gate passed and the campaign came to its end."""
        return self.verdict == "pass" and self.exit_code == PASSED


def case_of(outcome: Mapping[str, Any]) -> NamedCase:
    """A case out of one line of the API's outcomes; its prompt is the last thing that the user said."""
    said = [message["content"] for message in outcome["messages"] if message["role"] == "user"]
    return NamedCase(outcome["key"], outcome["labels"], said[-1] if said else "", outcome["verdict"])
