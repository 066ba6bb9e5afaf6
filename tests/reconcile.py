"""Reconciles what the loopback server saw with what the database holds, request by request and case by case."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.command import Command, log_of
from tests.loopback.faults import Fault

TABLES = "SELECT count(*) FROM sqlite_master WHERE name = 'campaigns_verdict'"  # the last that is made
OUTCOMES = """
    SELECT c.campaign_id, c.position, t.trial, t.status, t.reason
    FROM campaigns_transcript t JOIN campaigns_case c ON c.id = t.case_id
"""
ANSWERS = """
    SELECT c.campaign_id, c.position, e.trial, e.ordinal, e.text, e.request, e.attempts
    FROM campaigns_exchange e JOIN campaigns_case c ON c.id = e.case_id WHERE e.role = 'target'
"""
ERRORS = """
    SELECT c.content FROM campaigns_transcript t JOIN campaigns_case c ON c.id = t.case_id WHERE t.status = 'error'
"""


@dataclass(frozen=True)
class Books:
    """The database and the server's log of one campaign, whose prompts all differ and are asked once each."""

    command: Command
    log: Mapping[str, Any]

    @property
    def attempts(self) -> dict[str, int]:
        """The prompts whose answer is committed, and how many requests that took by the database."""
        return {_prompt(request): attempts for *_, request, attempts in self.command.rows(ANSWERS)}

    @property
    def errors(self) -> list[str]:
        """The prompts of the cases that ended without an answer."""
        return [json.loads(content)["parameters"]["prompt"] for (content,) in self.command.rows(ERRORS)]

    @property
    def faults(self) -> int:
        """How many requests met a fault."""
        return sum(count for step, count in self.log["steps"].items() if step != Fault.NONE)

    def reconcile(self, *, cases: int, attempts_of_an_error: int = 1) -> Counter[str]:
        """Checks a campaign that nobody killed, to the single request; returns its outcomes by status.

        Args:
            cases: How many were planned; those without an outcome count as `not_run`.
            attempts_of_an_error: How many requests are sent before a case ends in an error.
        """
        outcomes = one_outcome_a_case(self.command, cases)
        answered, errors = self.attempts, self.errors
        assert self.log["answered"] == dict.fromkeys(answered, 1), "an answer was lost or asked for twice"
        assert self.log["prompts"] == answered | dict.fromkeys(errors, attempts_of_an_error)
        assert len(errors) == outcomes["error"]
        assert self.log["requests"] == len(answered) + self.faults
        return outcomes


def one_outcome_a_case(command: Command, cases: int) -> Counter[str]:
    """Checks that no trial has two outcomes; returns them by status, `not_run` for the rest of ``cases``."""
    rows = command.rows(OUTCOMES)
    assert len({row[:3] for row in rows}) == len(rows), "a trial has two outcomes"
    assert len(rows) <= cases
    outcomes = Counter({"not_run": cases - len(rows)})
    outcomes.update(str(status) for *_, status, _reason in rows)
    return outcomes


@dataclass
class Ledger:
    """Follows one campaign over kills: what was committed stays, and is never asked again.

    Attributes:
        command: Whose database it is.
        base_url: The server's.
        kept: Rows that were committed at the last look.
        sent: Prompts that had their answer committed by then, and how often each had been sent.
    """

    command: Command
    base_url: str
    kept: set[tuple[Any, ...]] = field(default_factory=set)
    sent: dict[str, int] = field(default_factory=dict)

    def look(self) -> None:
        """Checks that nothing committed was lost since the last look, and takes down what is new.

        Call it when no process works on the campaign.
        """
        if not self._has_tables():
            assert not self.kept, "the tables are gone"
            return
        answers = self.command.rows(ANSWERS)
        now = {*self.command.rows(OUTCOMES), *answers}
        assert self.kept <= now, f"lost: {self.kept - now}"
        self.kept = now
        log = log_of(self.base_url)
        for *_, request, _attempts in answers:
            prompt = _prompt(request)
            self.sent.setdefault(prompt, log["prompts"][prompt])
            assert log["prompts"][prompt] == self.sent[prompt], f"{prompt!r} was asked again after its commit"

    def repeats(self, cases: int) -> int:
        """Checks the end of a campaign without faults; returns how many requests were sent a second time."""
        self.look()
        log = log_of(self.base_url)
        outcomes = one_outcome_a_case(self.command, cases)
        assert outcomes["not_run"] == outcomes["error"] == 0
        assert len(self.sent) == cases
        assert log["prompts"].keys() >= self.sent.keys()
        return int(log["requests"]) - len(log["prompts"])

    def _has_tables(self) -> bool:
        return self.command.database.exists() and self.command.rows(TABLES) == [(1,)]


def _prompt(request: str) -> str:
    return str(json.loads(request)["messages"][-1]["content"])
