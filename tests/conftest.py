"""What every test shares: Hypothesis without a deadline, and a data folder of its own."""

from pathlib import Path

import pytest
from hypothesis import settings

# The first use of a lazily imported library takes half a second, which is no property of the code under test.
settings.register_profile("probewright", deadline=None)
settings.load_profile("probewright")


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh PROBEWRIGHT_HOME, so that no test sees the user's data or another test's."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("PROBEWRIGHT_HOME", str(folder))
    monkeypatch.delenv("PROBEWRIGHT_DATABASE_URL", raising=False)
    return folder
