"""What every test shares: Hypothesis without a deadline, and a data folder of its own."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

SHARED_DATA = "PROBEWRIGHT_TEST_DATA"

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


def pytest_report_header() -> str:
    """Says whether the folder of shared test data is there, since tests are left out without it."""
    folder = os.environ.get(SHARED_DATA)
    return f"shared data: {folder or f'none, tests marked shared_data are left out; set {SHARED_DATA} to run them'}"


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves out the tests of shared data where the folder is not named."""
    if os.environ.get(SHARED_DATA):
        return
    left_out = [item for item in items if item.get_closest_marker("shared_data")]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
