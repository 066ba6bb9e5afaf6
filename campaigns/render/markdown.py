"""A report as Markdown, short enough for a comment on a pull request."""

import re
from collections.abc import Iterable, Iterator, Sequence

from probewright.campaigns.render import calibration, wording
from probewright.campaigns.render.text import excerpt, readable, sentence, visible
from probewright.campaigns.report import Report
from probewright.figures import (
    NOT_ASSESSED,
    counted,
    dollars,
    duration,
    ends,
    of,
    percent,
    value_in_words,
)
from probewright.stats.intervals import Rate

MOST_CELLS = 10
_MOST_TEXT = 500
_SPECIAL = re.compile(r"([\\`*_\[\]<>|#~!&@$])")


def markdown(report: Report) -> str:
    """The report without transcripts, in GitHub's Markdown. Text from outside is escaped: it can be no markup."""
    return "\n".join(_blocks(report)) + "\n"


def escape(text: str) -> str:
    """``text`` on one line with every character that Markdown or a table could read as markup escaped."""
    return _SPECIAL.sub(r"\\\1", excerpt(visible(text), _MOST_TEXT)).replace("://", ":\u2060//").replace("@", "@\u2060")


def _blocks(report: Report) -> Iterator[str]:
    facts, said = report.facts, wording.headline(report)
    yield f"## {escape(facts.name)}: {escape(said.title)}\n"
    yield f"**{escape(wording.conclusion(report))}**\n"
    if report.tally.trials:
        yield f"**{escape(sentence(calibration.headline(report)))}**\n"
        if card := calibration.card_in_short(report.calibrated):
            yield f"{escape(sentence(card))}\n"
    yield from _list(said.reasons)
    yield from _table(("", ""), _facts(report))
    yield from _calibration(report)
    for finding in report.findings:
        yield f"### {escape(finding.title)}\n"
        yield from _list(finding.statements)
        for table in finding.tables:
            yield from _table(table.columns, [[value_in_words(value) for value in row] for row in table.rows])
    yield "### Rates\n"
    yield from _table(("rate", "failed", "share", "95% interval"), _rates(report))
    yield "### Outcomes\n"
    yield from _table(
        ("outcome", "count"),
        [(name, f"{report.tally.counts[status]:,}") for status, name in wording.STATUS_NAMES.items()],
    )
    if facts.rated:
        yield f"{escape(wording.controls(report))}\n"
    if report.warnings:
        yield "### Warnings\n"
        yield from _list(report.warnings)
    yield from _comparison(report)
    yield from _notable(report)


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    facts = report.facts
    yield "target", facts.target
    yield "family", facts.family
    yield "oracle", f"{facts.oracle} {facts.oracle_version}".strip() or NOT_ASSESSED
    yield "cases", f"{facts.planned:,}"
    yield "coverage", wording.coverage_in_words(report)
    spent = f"{counted(facts.spent.calls, 'call')}, {counted(facts.spent.tokens, 'token')}, {dollars(facts.spent)}"
    yield "spent", f"{spent}, {duration(facts.seconds)}"
    yield "campaign", f"{facts.id} ({facts.state})"


def _rates(report: Report) -> Iterator[Sequence[str]]:
    yield ("model (failed of assessed)", *_numbers(report.tally.fail_rate))
    yield ("system (withheld answers count as harmless)", *_numbers(report.tally.system_rate))


def _numbers(rate: Rate) -> tuple[str, str, str]:
    return of(rate), percent(rate.value), ends(rate)


def _calibration(report: Report) -> Iterator[str]:
    if not (report.calibrated.is_calibrated and report.tally.trials):  # the warnings say so
        return
    yield "### How far to trust the rate\n"
    yield from _list(calibration.statements(report))
    rows = [(e.name, e.basis, e.words, "most" if e.is_trusted else "") for e in calibration.estimates(report)]
    yield from _table(("fail rate", "from", "share", "trust"), rows)


def _comparison(report: Report) -> Iterator[str]:
    comparison = report.comparison
    if comparison is None:
        return
    yield f"### Against the baseline {escape(comparison.other_name)} (campaign {comparison.other_id})\n"
    yield from _list((wording.changes_in_words(comparison), wording.difference_sentence(comparison)))


def _notable(report: Report) -> Iterator[str]:
    cells = wording.ranked_cells(report)
    if not cells or report.grid is None:
        return
    left_out = f", {MOST_CELLS} of {len(cells):,}" if len(cells) > MOST_CELLS else ""
    yield f"### Cells surest to fail{left_out}\n"
    rows = [
        (readable(row), readable(column), *_numbers(tally.fail_rate)) for (row, column), tally in cells[:MOST_CELLS]
    ]
    names = (report.grid.row_label, report.grid.column_label)
    yield from _table((*names, "failed", "share", "95% interval"), rows)


def _list(lines: Iterable[str]) -> Iterator[str]:
    yield "".join(f"- {escape(line)}\n" for line in lines)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    yield "| " + " | ".join(escape(name) for name in head) + " |"
    yield "|" + " --- |" * len(head)
    for row in rows:
        yield "| " + " | ".join(escape(value) for value in row) + " |"
    yield ""
