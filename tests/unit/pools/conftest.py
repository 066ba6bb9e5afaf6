import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from probewright.pools import models
from probewright.pools.engine import EngineOptions
from probewright.pools.models import InstalledModel

FAKE = Path(__file__).with_name("fake_engine.py")


@dataclass
class FakeEngine:
    """An engine whose process is `fake_engine.py`; set ``behaviour`` at any time for the processes to come."""

    behaviour: str = "good"
    delay_s: float = 0.0
    start_limit_s: float = 30.0
    name: str = "fake"
    requires: str = "json"
    extra: str = "local"
    health_path: str = "/health"

    def command(self, model: InstalledModel, options: EngineOptions, port: int) -> Sequence[str]:
        flags = ["--port", str(port), "--behaviour", self.behaviour, "--delay-s", str(self.delay_s)]
        return [sys.executable, str(FAKE), *flags]

    def environment(self) -> Mapping[str, str]:
        return {"PYTHONPATH": str(Path(__file__).parents[3])}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "home"
    monkeypatch.setenv("PROBEWRIGHT_HOME", str(path))
    return path


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.write_bytes(b"GGUF and a few weights")
    return path


@pytest.fixture
def tiny(gguf: Path) -> InstalledModel:
    """A model that is registered, for engines that do not look into it."""
    return models.add_file("tiny", gguf)


@pytest.fixture
def fake_engine() -> FakeEngine:
    return FakeEngine()
