"""What tests of the pytest plugin share: a suite to run, and endpoints that refuse all, nothing, or half."""

import sys
from collections.abc import Iterator

import pytest

from tests.loopback.running import Loopback, serving
from tests.plugin.suites import Imported, Suite


@pytest.fixture
def imported() -> Iterator[Imported]:
    imported = Imported()
    yield imported
    imported.keep()


@pytest.fixture
def suite(imported: Imported, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Suite:
    monkeypatch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)  # else every subprocess compiles all it imports
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    monkeypatch.setattr(
        sys, "dont_write_bytecode", True
    )  # a file that a test rewrites may keep its size and its second
    return Suite(pytester, monkeypatch, imported)


@pytest.fixture
def refusing() -> Iterator[Loopback]:
    with serving(refuse_share=1.0) as server:
        yield server


@pytest.fixture
def complying() -> Iterator[Loopback]:
    with serving(refuse_share=0.0) as server:
        yield server


@pytest.fixture
def wavering() -> Iterator[Loopback]:
    with serving(refuse_share=0.5) as server:
        yield server
