"""What tests of one process share: the open endpoints, the cassette, the budget, the players of specs. Made lazily."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from probewright.campaigns.pytest_plugin.asking.answering import AskOracle, AskTarget
from probewright.campaigns.pytest_plugin.asking.campaigning import RunCampaign
from probewright.campaigns.pytest_plugin.asking.cassette import Cassette
from probewright.campaigns.pytest_plugin.asking.ledger import Ledger
from probewright.campaigns.pytest_plugin.asking.live import Live, Scope
from probewright.campaigns.pytest_plugin.asking.playing import Player
from probewright.campaigns.pytest_plugin.asking.secrecy import Redaction
from probewright.campaigns.pytest_plugin.collecting.expansion import Expansion
from probewright.campaigns.pytest_plugin.options import Settings
from probewright.campaigns.pytest_plugin.specs import Base, base


class Workshop:
    """Loads the engine and opens what tests ask; made when the first test of this process needs it.

    Args:
        settings: Of the session.
        ledger_path: Where the session's budget is kept, by all its processes.
        scope: Gives the scope of the test that runs now.

    Raises:
        DataError: the cassette cannot be read.
    """

    def __init__(self, settings: Settings, ledger_path: Path, scope: Callable[[], Scope]) -> None:
        self._settings = settings
        self._scope = scope
        redaction = Redaction(settings.secrets)
        cassette = None
        if path := settings.replay or settings.record:
            cassette = Cassette(path, redaction, is_replay=settings.replay is not None)
        has_budget = settings.max_calls is not None or settings.max_usd is not None
        ledger = Ledger(ledger_path, settings.max_calls, settings.max_usd) if has_budget else None
        self.live = Live(cassette, redaction, ledger)
        self._bases: list[tuple[Any, Base]] = []
        self._players: dict[tuple[int, int], tuple[Expansion, Player]] = {}

    def target(self, spec: Any) -> AskTarget:
        """What the fixture ``target`` gives."""
        return AskTarget(self.live, self._base(spec), self._scope)

    def oracle(self, spec: Any) -> AskOracle:
        """What the fixture ``oracle`` gives."""
        return AskOracle(self.live, self._base(spec), self._scope)

    def campaign(self, spec: Any) -> RunCampaign:
        """What the fixture ``campaign`` gives."""
        return RunCampaign(self.live, self._base(spec), lambda: self._scope().record)

    def player(self, expansion: Expansion, spec: Any) -> Player:
        """Who plays the cases of a marked test on the target of a spec."""
        found = self._base(spec)
        place = (id(expansion), id(found))
        if place not in self._players:  # the expansion is kept with it, so that its id is not given again
            marked = expansion.marked
            checked = found.with_family(expansion.family, marked.oracle, marked.seed, marked.cases)
            self._players[place] = expansion, Player(self.live, checked)
        return self._players[place][1]

    def close(self) -> None:
        """Closes the endpoints."""
        self.live.close()

    def _base(self, spec: Any) -> Base:
        """The spec that a fixture gave, read once however many tests it serves."""
        for given, found in self._bases:
            if given is spec:
                return found
        self._bases.append((spec, base(self._settings, spec)))
        return self._bases[-1][1]


def new_ledger() -> Path:
    """A file for the budget of a session, which its workers are told of."""
    handle, name = tempfile.mkstemp(prefix="probewright-budget-", suffix=".json")
    os.close(handle)
    return Path(name)
