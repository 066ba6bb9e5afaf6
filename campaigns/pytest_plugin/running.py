"""Runs one marked test: its trials, when they decide, and how what happened in them ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pytest

from probewright.campaigns.engine.dialogue import Withheld
from probewright.campaigns.gates.ruling import GateVerdict
from probewright.campaigns.pytest_plugin.asking.answering import Undecided
from probewright.campaigns.pytest_plugin.asking.cassette import CassetteMiss
from probewright.campaigns.pytest_plugin.asking.playing import Player
from probewright.campaigns.pytest_plugin.collecting.case import LiveCase, Stage
from probewright.campaigns.pytest_plugin.collecting.marked import Limit, Marked
from probewright.campaigns.pytest_plugin.gates.asserting import WORDS
from probewright.campaigns.pytest_plugin.gates.ruling import Count, rule_on_rate
from probewright.campaigns.pytest_plugin.gates.trials import Rule
from probewright.campaigns.pytest_plugin.telling.record import Record
from probewright.errors import ConfigError, LimitReached, ProbewrightError, TargetError
from probewright.figures import counted
from probewright.types import Case, Outcome, Status

BUDGET = "budget: "
HARD = (f"{CassetteMiss.code}:", BUDGET)


class CaseFailed(pytest.fail.Exception):  # type: ignore[name-defined, misc]
    """A marked test did not pass; ``status`` says how it ended, which may be without any verdict.

    pytest shows its message alone: the frames are the plugin's, not the test's.
    """

    __module__ = "builtins"  # as of pytest's own outcomes, which are called by their bare name

    def __init__(self, message: str, status: Status) -> None:
        super().__init__(message, pytrace=False)
        self.status = status


@dataclass(frozen=True, slots=True)
class Ended:
    """How one trial ended, and the exception that the test raised in it, if it did."""

    status: Status
    reason: str
    error: BaseException | None = None

    @property
    def is_hard(self) -> bool:
        """Whether it fails its test whatever the gate says.

        So does a broken test, wrong input (no target, no cassette), a replay miss, and a spent budget.
        """
        is_of_ours = isinstance(self.error, ProbewrightError | None) and not isinstance(self.error, ConfigError)
        return (self.status is Status.ERROR and not is_of_ours) or self.reason.startswith(HARD)


def refused(error: ConfigError) -> CaseFailed:
    """Wrong input as the failure of a marked test: one line, without the plugin's frames."""
    return CaseFailed(str(error), Status.ERROR)


def status_of(error: BaseException) -> Ended:
    """What an exception in a test says of the trial: only a failed assertion is a failure of the model."""
    reason = f"{type(error).__name__}: {error}"
    if isinstance(error, CaseFailed):
        return Ended(error.status, str(error), error)
    if isinstance(error, AssertionError | pytest.fail.Exception):
        return Ended(Status.FAIL, str(error) or "an assertion of the test failed", error)
    if isinstance(error, Undecided):
        return Ended(Status.UNDECIDED, str(error), error)
    if isinstance(error, Withheld):
        return Ended(Status.BLOCKED, str(error), error)
    if isinstance(error, LimitReached):
        return Ended(Status.NOT_RUN, f"{BUDGET}{error}", error)
    if isinstance(error, TargetError):
        return Ended(Status.ERROR, f"{error.code}: {error}", error)
    return Ended(Status.ERROR, reason, error)


class MarkedTest:
    """One marked test that runs.

    Args:
        call: Runs the body of the test once.
        marked: What its marker says.
        record: Where its trials are kept.
        nodeid: What names the case of a test without a family.
        decides: Whether the body decides by its own assertions alone, since it asks the target itself.
    """

    def __init__(
        self, call: Callable[[], object], marked: Marked, record: Record, nodeid: str, *, decides: bool
    ) -> None:
        self._call = call
        self._marked = marked
        self._record = record
        self._nodeid = nodeid
        self._decides = decides

    def run_one(self, case: LiveCase | None, stage: Stage | None) -> None:
        """All trials of one case, or of a test without a family.

        Raises:
            CaseFailed: it did not pass. Trials of a gate are not decided here, unless it asks for m of n.
        """
        marked = self._marked
        if case is not None and stage is not None:
            case.enter(stage)
            self._record.holes = 0 if _is_written(case) else self._record.planned
            _ = case.data  # a cell without a case skips the test before any trial
        is_counted = marked.limit is not None and marked.needed is None
        rule = Rule(marked.needed or marked.trials, marked.trials)
        ended: list[Ended] = []
        decided: Status | None = None
        while len(ended) < marked.trials and (is_counted or decided is None):
            ended.append(self._trial(case, len(ended)))
            self._record.is_hard |= ended[-1].is_hard
            decided = rule.decided([trial.status for trial in ended])
            if ended[-1].status is Status.NOT_RUN:
                break
        self._keep(case, stage, ended, decided if not is_counted else None)
        self._conclude(case, ended, decided)

    def run_group(self, cases: Sequence[LiveCase], stage: Stage) -> None:
        """All trials of all cases of a group, asked together; then the body, once.

        Raises:
            CaseFailed: a case did not pass, where the group has no limit; or its rate is not surely within the limit,
                where it is no part of a gate with a name.
        """
        for case in cases:
            case.enter(stage)
        written = [case for case in cases if _is_written(case)]
        trials = self._marked.trials
        slots = [(case.data, trial) for case in written for trial in range(trials)]
        self._record.holes = self._record.planned - len(slots)
        played = stage.player.play(slots, stage.scope)
        for place, case in enumerate(written):
            case.keep(played[place * trials])
        for one in played:
            self._record.is_hard |= one.outcome.reason.startswith(HARD)
            words = one.transcript.prompt, one.transcript.answer
            self._add(stage.player, one.transcript.case, one.outcome, words)
        self._call_for_group()
        if self._marked.limit is None:
            _check_each([one.outcome for one in played], self._marked, trials)
        elif not self._marked.gate:
            self._check_limit(self._marked.limit)

    def _call_for_group(self) -> None:
        """Runs the body; no trial tells of what fails in it, so the gate cannot count it."""
        try:
            self._call()
        except (Exception, pytest.fail.Exception):
            self._record.is_hard = True
            raise

    def _check_limit(self, limit: Limit) -> None:
        """Raises where the group's rate is not surely within its limit."""
        count = Count()
        for trial in self._record.trials:
            if trial.is_rated:
                count.add(trial.outcome, trial.cluster)
        gate = rule_on_rate(count, limit)
        if gate.verdict is not GateVerdict.PASS:
            raise CaseFailed(f"{WORDS[gate.verdict]}: {'; '.join(gate.reasons)}", Status.FAIL)

    def _trial(self, case: LiveCase | None, number: int) -> Ended:
        if case is not None:
            case.begin(number)
        try:
            self._call()
        except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001 (the edge of a trial: becomes its outcome)
            return self._with_case(case, status_of(error))
        return self._with_case(case, Ended(Status.PASS, ""))

    def _with_case(self, case: LiveCase | None, body: Ended) -> Ended:
        """How the trial ended by body and case together: the body may only make it worse."""
        if case is None or self._decides:
            return body
        if body.error is not None and not case.is_played:
            return body
        try:
            outcome = case.outcome
        except Exception as error:  # noqa: BLE001 (the edge of a trial, as above)
            return status_of(error)
        if outcome.status is not Status.PASS:
            return Ended(outcome.status, outcome.reason, body.error)
        return body if body.status is not Status.PASS else Ended(Status.PASS, outcome.reason)

    def _keep(self, case: LiveCase | None, stage: Stage | None, ended: Sequence[Ended], decided: Status | None) -> None:
        """Records each trial, or the case as m of n decided it."""
        data = case.data if case is not None else Case("pytest", {"test": self._nodeid})
        if self._marked.needed is not None and decided is not None:
            ended = [Ended(decided, _told(ended, self._marked))]
        words: Sequence[str] = ()
        if case is not None and case.is_played:
            words = (case.transcript.prompt, case.answer)
        for number, trial in enumerate(ended):
            outcome = Outcome(data.key, data.labels, trial.status, trial.reason, trial=number)
            self._add(stage.player if stage else None, data, outcome, words)

    def _add(self, player: Player | None, case: Case, outcome: Outcome, words: Sequence[str]) -> None:
        cluster = player.cluster_of(case) if player else case.key
        self._record.keep(outcome, cluster=cluster, is_rated=player is None or player.is_rated(case), words=words)

    def _conclude(self, case: LiveCase | None, ended: Sequence[Ended], decided: Status | None) -> None:
        status = decided or (ended[-1].status if len(ended) == 1 else _worst(ended))
        if status is Status.PASS:
            return
        errors = [trial.error for trial in ended if trial.error is not None]
        if len(ended) == 1 and errors and ended[0].status is Status.FAIL:
            raise errors[0]  # the test's own assertion, with all that pytest shows of it
        what = f"{_prompt(case)}{_told(ended, self._marked)}"
        is_the_tests_own = bool(errors) and not isinstance(errors[-1], ConfigError)  # which says it all in one line
        raise CaseFailed(what, status) from (errors[-1] if is_the_tests_own else None)


def _worst(ended: Sequence[Ended]) -> Status:
    found = {trial.status for trial in ended}
    ways = (Status.FAIL, Status.NOT_RUN, Status.ERROR, Status.BLOCKED, Status.UNDECIDED, Status.PASS)
    return next(status for status in ways if status in found)


def _told(ended: Sequence[Ended], marked: Marked) -> str:
    """The trials in words: "1 of 3 trials passed, 2 fail; 4 of 5 must pass: ..."."""
    reasons = list(dict.fromkeys(f"{e.status.value}: {e.reason}" for e in ended if e.status is not Status.PASS))
    if marked.trials == 1:
        return "; ".join(reasons)
    passed = sum(trial.status is Status.PASS for trial in ended)
    need = marked.needed or marked.trials
    spared = marked.trials - len(ended)
    after = f", {counted(spared, 'trial')} spared" if spared else ""
    told = f"{passed} of {counted(len(ended), 'trial')} passed, {need} of {marked.trials} must{after}"
    return "; ".join([told, *reasons])


def _prompt(case: LiveCase | None) -> str:
    return f"{case.prompt[:200]!r}: " if case is not None and case.prompt else ""


def _is_written(case: LiveCase) -> bool:
    try:
        return bool(case.key)
    except pytest.skip.Exception:
        return False


def _check_each(outcomes: Sequence[Outcome], marked: Marked, trials: int) -> None:
    """Raises where a case of a group without a gate did not pass in enough of its trials."""
    rule = Rule(marked.needed or trials, trials)
    cases = [outcomes[place : place + trials] for place in range(0, len(outcomes), trials)]
    decided = [rule.decided([outcome.status for outcome in of_case]) for of_case in cases]
    wrong = [(status, of_case) for status, of_case in zip(decided, cases, strict=True) if status is not Status.PASS]
    if wrong:
        first = next(outcome for outcome in wrong[0][1] if outcome.status is not Status.PASS)
        said = f"{len(wrong):,} of {counted(len(cases), 'case')} did not pass; the first: {first.reason}"
        raise CaseFailed(said, wrong[0][0] or Status.ERROR)
