"""What the documents name is there."""

import re
from pathlib import Path

import pytest

from bench.__main__ import BENCHES

ROOT = Path(__file__).parents[2]
SURVIVAL = (ROOT / "docs" / "survival.md").read_text()
TESTS = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", SURVIVAL)
ROWS = [line for line in SURVIVAL.splitlines() if "`tests/" in line and line.startswith("| ")]
CLASSES = 12  # failure classes that were seen in other tools


@pytest.mark.parametrize(("path", "name"), sorted(set(TESTS)))
def test_a_test_that_the_table_of_failure_classes_names_is_there(path: str, name: str) -> None:
    assert re.search(rf"^(async )?def {name}\(", (ROOT / path).read_text(), re.MULTILINE)


def test_every_failure_class_has_its_tests_and_every_name_in_the_table_is_checked() -> None:
    assert len(ROWS) == CLASSES
    assert SURVIVAL.count("`tests/") == len(TESTS) + 2  # the two files that hold formulas and reconciliation
    named = re.findall(r"`bench (\w+)`", SURVIVAL)
    assert named
    assert set(named) <= BENCHES.keys()


@pytest.mark.parametrize("document", sorted((ROOT / "docs").glob("*.md")), ids=lambda path: path.name)
def test_a_link_to_a_file_leads_to_one(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document.read_text()):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"
