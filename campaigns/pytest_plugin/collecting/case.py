"""What a marked test gets as ``case`` or ``cases``: a case that is written, asked and judged when the test wants it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from probewright.types import Case, Hole, Outcome, Status, Transcript

if TYPE_CHECKING:  # else collecting tests would load what only running them needs
    from probewright.campaigns.pytest_plugin.asking.live import Scope
    from probewright.campaigns.pytest_plugin.asking.playing import Played, Player


class Stage:
    """Where the cases of one running test are played: the player of its spec, and the scope of its calls."""

    __slots__ = ("player", "scope")

    def __init__(self, player: "Player", scope: "Scope") -> None:
        self.player = player
        self.scope = scope


class LiveCase:
    """One case in a test. Its parts are those of `Case`; asking for ``outcome``, ``answer`` or ``transcript`` plays it.

    Each trial of the test plays it anew, once.
    """

    __slots__ = ("_case", "_place", "_played", "_stage", "trial")

    def __init__(self, place: int) -> None:
        self._place = place
        self._stage: Stage | None = None
        self._case: Case | None = None
        self._played: Played | None = None
        self.trial = 0

    def enter(self, stage: Stage) -> None:
        """Says where this case is played from now on."""
        self._stage, self._case, self._played = stage, None, None

    def begin(self, trial: int) -> None:
        """Begins a trial (from 0)."""
        self.trial, self._played = trial, None

    def keep(self, played: "Played") -> None:
        """Takes over how a trial ended that was played elsewhere."""
        self._played = played

    @property
    def is_played(self) -> bool:
        """Whether this trial was asked and judged."""
        return self._played is not None

    @property
    def data(self) -> Case:
        """The case itself, written at the first use; a cell without a case skips the test."""
        if self._case is None:
            written = self._open.player.write(self._place, self._open.scope)
            if isinstance(written, Hole):
                pytest.skip(f"no case here: {written.kind.value}: {written.reason}")
            self._case = written
        return self._case

    @property
    def key(self) -> str:
        """A hash of the content, 32 hex digits."""
        return self.data.key

    @property
    def prompt(self) -> str:
        """The case's prompt or question; empty where it has neither."""
        parameters = self.data.parameters
        return str(parameters.get("prompt") or parameters.get("question") or "")

    @property
    def labels(self) -> Mapping[str, str]:
        """Its labels."""
        return self.data.labels

    @property
    def parameters(self) -> Mapping[str, Any]:
        """All that its family needs to play it."""
        return self.data.parameters

    @property
    def expected(self) -> Any:
        """The right answer, where there is one."""
        return self.data.expected

    @property
    def outcome(self) -> Outcome:
        """How this trial ended, by the family's or the spec's oracle."""
        return self._play().outcome

    @property
    def transcript(self) -> Transcript:
        """All that was said in this trial."""
        return self._play().transcript

    @property
    def answer(self) -> str:
        """The target's last reply in this trial."""
        return self.transcript.answer

    def is_passed(self) -> bool:
        """Whether this trial passed: false as well where it was undecided, blocked or an error."""
        return self.outcome.status is Status.PASS

    def __repr__(self) -> str:
        return f"<case {self._place} of {self._case.family}>" if self._case else f"<case {self._place}>"

    def _play(self) -> "Played":
        if self._played is None:
            stage = self._open
            (self._played,) = stage.player.play([(self.data, self.trial)], stage.scope)
        return self._played

    @property
    def _open(self) -> Stage:
        if self._stage is None:
            raise RuntimeError("a case is played inside its own test; it cannot be used before or after")
        return self._stage


class LiveCases(Sequence[LiveCase]):
    """The cases of one group, in a test with ``group=``. Iterating gives each `LiveCase`."""

    def __init__(self, cases: Sequence[LiveCase]) -> None:
        self._cases = cases

    def __getitem__(self, place: Any) -> Any:
        return self._cases[place]

    def __len__(self) -> int:
        return len(self._cases)

    def __iter__(self) -> Iterator[LiveCase]:
        return iter(self._cases)
