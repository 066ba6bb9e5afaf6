"""What tests share: Hypothesis without a deadline, a data folder for each, servers for those that ask for one."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.servers import Server, postgres

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


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A PostgreSQL of this test process; databases in it are up to the tests."""
    with postgres() as server:
        yield server


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
