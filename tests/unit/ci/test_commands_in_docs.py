"""What the documents of CI tell people to type: every command and option is one that there is, every number right."""

import re
import shlex
from importlib import import_module
from pathlib import Path

import pytest

from probewright.campaigns.specs.spec_file import parse_spec
from probewright.stats.margins import equivalence, non_inferiority
from probewright.stats.paired import Pairs
from probewright.stats.power import cases_for_gate, detectable_change
from probewright.webapp.cli.main import COMMANDS, Parser

DOCS = Path(__file__).parents[3] / "docs"
PAGES = ("gate-my-pr.md", "nightly-safety.md", "new-model.md")
TEXTS = {name: (DOCS / name).read_text() for name in PAGES}
FENCED = re.compile(r"^ *```sh\n(.*?)```", re.MULTILINE | re.DOTALL)
LINES = sorted(
    {
        line.strip().partition(" || ")[0]
        for text in TEXTS.values()
        for block in FENCED.findall(text)
        for line in block.splitlines()
        if line.strip().startswith("probewright ")
    }
)


def test_the_pages_show_commands() -> None:
    assert len(LINES) > 15


@pytest.mark.parametrize("line", LINES)
def test_a_command_of_the_documents_takes_what_is_written_there(line: str) -> None:
    _, name, *words = shlex.split(line, comments=True)
    parser = Parser(prog=name)
    import_module(COMMANDS[name][0]).configure(parser)
    parser.parse_args(words)


@pytest.mark.parametrize("name", PAGES)
def test_the_yaml_of_the_documents_can_be_read(name: str) -> None:
    for block in re.findall(r"^```yaml\n(.*?)```", TEXTS[name], re.MULTILINE | re.DOTALL):
        assert isinstance(parse_spec(block.replace("{...}", "{}").encode(), name), dict)


def test_the_numbers_of_the_documents_are_those_of_the_statistics() -> None:
    gate = TEXTS["gate-my-pr.md"]
    for limit, first, likely in ((0.05, 59, 124), (0.03, 99, 208), (0.02, 149, 313), (0.01, 299, 628)):
        assert cases_for_gate(limit, 1e-12) == first
        assert cases_for_gate(limit, limit / 5) == likely
        assert str(first) in gate
        assert str(likely) in gate
    for margin, cases in ((0.10, 25), (0.05, 52), (0.03, 88), (0.02, 133), (0.01, 268)):
        assert non_inferiority(Pairs(cases, 0, 0, 0), margin).is_shown
        assert not non_inferiority(Pairs(cases - 1, 0, 0, 0), margin).is_shown
    model = TEXTS["new-model.md"]
    for cases, changes in ((100, (6.6, 8.3, 10.0, 12.1)), (400, (1.7, 2.8, 3.8, 5.0))):
        found = [detectable_change(cases, flaky) or 1.0 for flaky in (0.0, 0.02, 0.05, 0.1)]
        assert [round(100 * change, 1) for change in found] == list(changes)
        assert (
            f"| {cases} | {changes[0]} points | " in model.replace(" points", " points", 1) or str(changes[1]) in model
        )
    assert equivalence(Pairs(385, 4, 5, 6), 0.03).is_shown
