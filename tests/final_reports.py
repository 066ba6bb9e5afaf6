"""Reports of two runs of one campaign, made comparable byte by byte: what may differ is listed here, and only that."""

import re
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path

# What differs between two runs of one campaign: its number, when it started, how long it took, where its report is.
VARYING: Mapping[str, tuple[str, ...]] = {
    "report.html": (
        r"campaign \d+ · started [-0-9: ]+ UTC",
        r"<dt>Time</dt><dd>[^<]*</dd>",
        r"<dt>Campaign</dt><dd>\d+, finished, started [^<]*</dd>",
    ),
    "report.json": (r'"campaign": \d+', r'"seconds": [-.0-9e]+', r'"report": "[^"]*"'),
    "report.xml": (r' time="[.0-9]+"', r' timestamp="[^"]*"', r'name="campaign" value="\d+"'),
    "report.md": (r"(?<=, cost unknown, ).*", r"\| campaign \| \d+ "),
}
MOST_LINES = 20


def comparable(folder: Path) -> dict[str, str]:
    """The four reports in ``folder``, by file name, without what may differ.

    Every pattern must occur, so that none outlives the text that it was written for.
    """
    return {name: _without((folder / name).read_text(), name) for name in VARYING}


def check_same(folder: Path, expected: Mapping[str, str]) -> None:
    """Checks that the reports in ``folder`` are those that `comparable` gave; shows the first lines that differ."""
    for name, text in comparable(folder).items():
        lines = list(unified_diff(expected[name].splitlines(), text.splitlines(), n=0, lineterm=""))
        assert not lines, f"{name} differs:\n" + "\n".join(line[:200] for line in lines[2 : 2 + MOST_LINES])
        assert text == expected[name], f"{name} differs in its line ends"


def _without(text: str, name: str) -> str:
    for pattern in VARYING[name]:
        text, count = re.subn(pattern, "(varies)", text)
        assert count, f"{name} has nothing like {pattern!r}"
    return text
