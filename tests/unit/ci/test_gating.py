"""What the command does between its start and the verdict when the server does not play along."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from probewright.ci.gating import NotGated, read_gate, run_gate
from probewright.client import ApiError, Campaign, Client, Gate, ServerUnreachable, WaitedInVain

GATE = Gate("regression", False, ("3 regressed",), 1, {})
REPORT: dict[str, Any] = {"gate": {"verdict": "regression", "reasons": ["3 regressed"]}, "outcomes": {"fail": 9}}
ROOT = "https://pw.test"


def refusal(status: int, code: str, *errors: Mapping[str, str]) -> ApiError:
    return ApiError(status, code, "as it says", errors, None)


def case(number: int, status: str = "fail") -> dict[str, Any]:
    messages = [{"role": "system", "content": "be kind"}, {"role": "user", "content": f"question {number}"}]
    return {
        "key": f"key{number}",
        "labels": {"id": str(number)},
        "messages": messages,
        "verdict": status,
        "reply": "no",
    }


class Server(Client):
    """A client whose server answers as the test says: an error stands for the call that raises it."""

    def __init__(self, **answers: Any) -> None:
        super().__init__(ROOT, "pw_canary")
        self.answers = answers
        self.cancelled: list[int] = []

    def _said(self, name: str, default: Any) -> Any:
        found = self.answers.get(name, default)
        if isinstance(found, BaseException):
            raise found
        return found

    def start(self, spec: Any, **_: Any) -> Campaign:
        return self._said("start", campaign())

    def wait(self, campaign: int, timeout_s: float | None = None) -> Campaign:
        return self._said("wait", None)

    def cancel(self, campaign: int) -> Campaign:
        self.cancelled.append(campaign)
        return self._said("cancel", None)

    def gate(self, campaign: int) -> Gate:
        return self._said("gate", GATE)

    def report(self, campaign: int) -> Mapping[str, Any]:
        return self._said("report", REPORT)

    def compare(self, campaign: int, **_: Any) -> Mapping[str, Any]:
        counts = {"regressed": 7, "fixed": 1, "both_fail": 2, "both_pass": 50, "flaky": 0}
        return self._said("compare", {**counts, "against": {"campaign": 3}, "difference": {"value": 0.1}})

    def compared(self, campaign: int, *, change: str = "", **_: Any) -> Iterator[Mapping[str, Any]]:
        known = {"regressed": [case(number) for number in range(7)], "fixed": [case(20)]}
        return iter(known[change])

    def outcomes(self, campaign: int, status: str = "") -> Iterator[Mapping[str, Any]]:
        return iter(self._said("outcomes", [case(number) for number in range(9)]))


def campaign(gate: Mapping[str, Any] | None = None) -> Campaign:
    return Campaign(7, "nightly", "finished", True, 60, 60, {}, {"pass_criteria": gate})


@pytest.mark.parametrize("step", ["start", "wait"])
@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (refusal(401, "token_unknown"), 2, "refuses the token of PROBEWRIGHT_TOKEN: HTTP 401 token_unknown"),
        (refusal(403, "scope_missing"), 2, "refuses the token"),
        (refusal(422, "invalid_spec", {"path": "target.model", "detail": "is missing"}), 2, "target.model: is missing"),
        (refusal(500, "internal_error"), 5, "HTTP 500"),
        (refusal(503, ""), 5, "HTTP 503"),
        (ServerUnreachable("no answer after 5 attempts"), 5, "the server is not there: no answer"),
    ],
)
def test_whose_fault_it_is_decides_the_exit_code_and_none_is_a_verdict(
    step: str, error: Exception, code: int, said: str
) -> None:
    with pytest.raises(NotGated, match=re.escape(said)) as raised:
        run_gate(Server(**{step: error}), ROOT, "name: a", "key", None)
    assert raised.value.exit_code == code
    assert "pw_canary" not in str(raised.value)


def test_nobody_pays_for_a_campaign_that_nobody_waits_for() -> None:
    late = Server(wait=WaitedInVain("campaign 7 is running after 60 s: 3 trials done"))
    with pytest.raises(NotGated, match="campaign 7 was cancelled") as raised:
        run_gate(late, ROOT, "name: a", "key", 60)
    assert (raised.value.exit_code, late.cancelled) == (4, [7])
    stopped = Server(wait=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        run_gate(stopped, ROOT, "name: a", "key", None)
    assert stopped.cancelled == [7]
    lost = Server(wait=WaitedInVain("late"), cancel=ServerUnreachable("gone"))
    with pytest.raises(NotGated, match="could not be cancelled and may go on: gone"):
        run_gate(lost, ROOT, "name: a", "key", 60)


def test_regressed_cases_are_named_with_what_they_asked_and_never_with_what_was_answered() -> None:
    found = read_gate(Server(), campaign({"no_worse_than": {"baseline": "good"}}), "", "", "")
    assert found.changes is not None
    assert (found.changes.baseline, found.changes.campaign, found.changes.counts["regressed"]) == ("good", 3, 7)
    assert [one.prompt for one in found.changes.regressed] == [f"question {number}" for number in range(5)]
    assert [one.key for one in found.changes.fixed] == ["key20"]
    assert found.failed == ()


def test_without_a_baseline_some_that_failed_are_named_unless_controls_may_be_among_them() -> None:
    plain = read_gate(Server(), campaign(), "", "", "")
    assert plain.changes is None
    assert [one.key for one in plain.failed] == [f"key{number}" for number in range(5)]
    assert read_gate(Server(report={**REPORT, "controls": {}}), campaign(), "", "", "").failed == ()


def test_what_only_illustrates_a_verdict_may_be_missing_and_the_comment_says_why() -> None:
    server = Server(compare=refusal(409, "not_comparable"), outcomes=ServerUnreachable("it went away"))
    found = read_gate(server, campaign(), "good", "", "")
    assert (found.verdict, found.exit_code, found.changes, found.failed) == ("regression", 1, None, ())
    assert found.trouble == (
        "Not held against the baseline good: as it says. The cases that failed could not be read: it went away."
    )


def test_a_verdict_that_cannot_be_read_is_none() -> None:
    with pytest.raises(NotGated) as raised:
        read_gate(Server(gate=refusal(409, "report_unavailable")), campaign(), "", "", "")
    assert raised.value.exit_code == 5
