"""The text of a comment on a pull request: the verdict in words first, then what a person needs to decide on a merge.

Pure: the same campaign gives the same text. Prompts are shortened and quoted as code; answers are never shown, since an
answer that failed may be what nobody should read in a pull request. The report has them.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any
from urllib.parse import quote

from probewright.ci.figures import counted, duration, points, rate_in_words, share_in_words
from probewright.ci.gated import MOST_CASES, Changes, Gated, NamedCase
from probewright.ci.markdown import code, link, prose

MOST_REASONS = 8
MOST_LABELS = 4
KEY_CHARACTERS = 12

_PASS = ("gate passed", "The answers show what the gate asks for. From here, nothing speaks against merging.")
VERDICTS: Mapping[str | None, tuple[str, str]] = MappingProxyType(
    {
        "pass": _PASS,
        "fail": ("gate failed", "A limit of the gate is broken. Merging would ship that."),
        "regression": (
            "gate failed: a regression",
            "On the same cases this does worse than the blessed baseline, by more than the gate allows.",
        ),
        "insufficient_data": (
            "gate undecided: too little data",
            "Neither a pass nor a failure: more cases would decide, or a person who accepts the risk.",
        ),
        "not_assessable": (
            "gate not assessable",
            "Nothing can be concluded about this change. Mend what the reasons name and run again.",
        ),
        "budget_stopped": (
            "gate undecided: stopped by a limit",
            "A limit ended the run before it was decided. With a raised limit the campaign goes on where it stopped.",
        ),
        None: ("no gate", "The spec sets no gate, so nothing here was held against a limit."),
    }
)
CUT_SHORT = ("the campaign did not come to its end", "Whatever its gate says of the part that ran, this is no pass.")
UNRATED = ("undecided", "blocked", "error")


def marker(name: str) -> str:
    """The hidden first line by which the comment of a gate is found again."""
    return f"<!-- probewright gate: {quote(name, safe='')} -->"


def comment(gated: Gated, has_prompts: bool = True) -> str:
    """The comment in Markdown; ``has_prompts`` false leaves out what was asked, for a repository that others read."""
    return "\n".join(_blocks(gated, has_prompts)) + "\n"


def no_verdict(name: str, reason: str, commit: str) -> str:
    """The comment of a gate that came to no verdict; an older verdict, which is of another commit, gives way to it."""
    lines = [marker(name), f"## {prose(name)}: no verdict\n", "Nothing is known about this change. What happened:\n"]
    said = [f"- {prose(line)}" for line in reason.splitlines()[:MOST_REASONS]]
    of = [f"\n<sub>commit {code(commit[:KEY_CHARACTERS])}</sub>"] if commit else []
    return "\n".join([*lines, *said, *of]) + "\n"


def title(gated: Gated) -> str:
    """The verdict in words, such as "gate failed: a regression"."""
    return _said(gated)[0]


def _said(gated: Gated) -> tuple[str, str]:
    if gated.verdict == "pass" and not gated.is_pass:
        return CUT_SHORT
    return VERDICTS.get(gated.verdict, (f"gate: {gated.verdict}", ""))


def _blocks(gated: Gated, has_prompts: bool) -> Iterator[str]:
    heading, meaning = _said(gated)
    yield marker(gated.name)
    yield f"## {prose(gated.name)}: {prose(heading)}\n"
    yield f"**{prose(rate_in_words(gated.report['fail_rate']))}** {prose(meaning)}\n"
    yield from _list(gated.reasons, MOST_REASONS)
    yield from _against(gated, has_prompts)
    yield from _cases("Some that failed", gated.failed, 0, has_prompts)
    yield from _limits(gated)
    yield _spent(gated)


def _against(gated: Gated, has_prompts: bool) -> Iterator[str]:
    found = gated.changes
    if found is None:
        if gated.trouble:
            yield f"{prose(gated.trouble)}\n"
        return
    yield f"### Against the baseline {prose(found.baseline)} (campaign {found.campaign})\n"
    yield f"{_changes_in_words(found)}\n"
    yield from _list(_blessing(gated.report), MOST_REASONS)
    yield from _cases("Regressed", found.regressed, found.counts["regressed"], has_prompts)
    yield from _cases("Fixed", found.fixed, found.counts["fixed"], has_prompts)


def _changes_in_words(found: Changes) -> str:
    counts = found.counts
    flaky = f", {counts['flaky']:,} with trials that disagree" if counts["flaky"] else ""
    same = counts["both_pass"] + counts["both_fail"]
    said = (
        f"{counted(counts['regressed'], 'case')} regressed, {counts['fixed']:,} fixed{flaky}, {same:,} as before. "
        f"Share of failures against the baseline's: {points(found.difference)}."
    )
    return prose(said)


def _blessing(report: Mapping[str, Any]) -> Sequence[str]:
    """Whose baseline it is, how old, and what differs between the two specs, as the report has it."""
    for finding in report.get("findings", ()):
        if finding["title"] == "Baseline":
            return tuple(finding["statements"])
    return ()


def _cases(heading: str, cases: Sequence[NamedCase], total: int, has_prompts: bool) -> Iterator[str]:
    if not cases:
        return
    shown = cases[:MOST_CASES]
    of = f" ({len(shown)} of {total:,})" if total > len(shown) else ""
    yield f"**{heading}{of}**\n"
    yield "".join(f"- {_case(case, has_prompts)}\n" for case in shown)


def _case(case: NamedCase, has_prompts: bool) -> str:
    """A case on one line: its labels, its prompt, its key. Labels may be the user's own words, so they are quoted."""
    labels = " ".join(code(f"{name}={value}", 60) for name, value in list(case.labels.items())[:MOST_LABELS])
    prompt = f": {code(case.prompt)}" if has_prompts and case.prompt else ""
    aside = [prose(case.verdict, 40)] if case.verdict else []
    return f"{labels}{prompt} ({', '.join([*aside, f'case {code(case.key[:KEY_CHARACTERS])}'])})"


def _limits(gated: Gated) -> Iterator[str]:
    """What keeps the numbers from saying more."""
    said = list(_limiting(gated.report))
    if said:
        yield "**What limits this**\n"
        yield from _list(said, MOST_REASONS)


def _limiting(report: Mapping[str, Any]) -> Iterator[str]:
    outcomes = report["outcomes"]
    unrated = [f"{outcomes[name]:,} {name}" for name in UNRATED if outcomes.get(name)]
    if unrated:
        yield f"{', '.join(unrated)}: these answers enter no rate."
    calibration = report.get("calibration") or {}
    if outcomes["pass"] + outcomes["fail"] and calibration:
        yield _trust(calibration)
    coverage = report["coverage"]
    if coverage["covered"] < coverage["total"]:
        yield f"Covered {coverage['covered']:,} of {coverage['total']:,} ({coverage['criterion']})."
    if report["state"] != "finished":
        yield f"The campaign is {report['state']}, not finished."


def _trust(calibration: Mapping[str, Any]) -> str:
    """What is known of the oracle's own errors."""
    oracle, corrected = calibration["oracle"], calibration.get("corrected")
    if not calibration["is_calibrated"]:
        return f"The oracle {oracle!r} is uncalibrated: its own error is not part of the interval."
    if corrected and corrected.get("value") is not None:
        return f"Corrected for the errors of the oracle {oracle!r}: {share_in_words(corrected)}."
    return f"The oracle {oracle!r} was measured; the report says what follows for the rate."


def _spent(gated: Gated) -> str:
    report = gated.report
    price = "cost unknown" if report["usd"] is None else f"${report['usd']:,.2f}"
    spent = f"{counted(report['calls'], 'call')}, {counted(report['tokens'], 'token')}, {price}"
    parts = [prose(f"{spent}, {duration(report['seconds'])}"), f"campaign {report['campaign']}"]
    if gated.commit:
        parts.append(f"commit {code(gated.commit[:KEY_CHARACTERS])}")
    if gated.link:
        parts.append(link("the report", gated.link))
    return f"<sub>{' · '.join(parts)}</sub>"


def _list(lines: Sequence[str], most: int) -> Iterator[str]:
    if not lines:
        return
    shown = [f"- {prose(line)}\n" for line in lines[:most]]
    if len(lines) > most:
        shown.append(f"- and {len(lines) - most:,} more, in the report\n")
    yield "".join(shown)
