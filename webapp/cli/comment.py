"""`probewright comment CAMPAIGN`: the comment of `probewright gate`, of a campaign in this machine's database."""

import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from probewright.campaigns.comparison import Change
from probewright.campaigns.render.summary import summary
from probewright.campaigns.report import Report
from probewright.campaigns.results import Result
from probewright.ci.comment import comment
from probewright.ci.gated import MOST_CASES, Changes, Gated, NamedCase
from probewright.ci.job import job_of
from probewright.ci.posting import post_of
from probewright.errors import ConfigError
from probewright.types import Status
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_campaign, add_database
from probewright.webapp.cli.streamed import write_pieces
from probewright.webapp.database import open_desk

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    add_campaign(parser)
    parser.add_argument("--baseline", metavar="NAME", default="", help="to tell of; default: that of no_worse_than")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where it goes; default: stdout")
    parser.add_argument("--post", action="store_true", help="post it as well, where the job is of a pull request")
    parser.add_argument("--no-prompts", action="store_true", help="leave out what was asked")
    parser.add_argument("--link", metavar="URL", default="", help="where people find the report")
    add_database(parser)


def execute(args: Namespace) -> int:
    """Writes the comment, and posts it where asked to; exit code 0 whatever the verdict, as `probewright report`."""
    post = post_of(os.environ) if args.post else None
    desk = open_desk(args.db)
    gated = _gated(desk, desk.find(args.campaign), args.baseline, args.link)
    body = comment(gated, has_prompts=not args.no_prompts)
    write_pieces(args.out, [body.encode("utf-8", "replace")])
    if post is not None:
        print(f"probewright: {post.send(gated.name, body)}", file=sys.stderr)
    elif args.post:
        print("probewright: this job is of no pull request: nothing was posted", file=sys.stderr)
    return exit_codes.PASS


def _gated(desk: "Desk", campaign: int, baseline: str, link: str) -> Gated:
    report = desk.report(campaign)
    asked = (report.facts.spec.get("gate") or {}).get("no_worse_than") or {}
    name = baseline or asked.get("baseline", "")
    changes, trouble = None, ""
    if name:
        try:
            changes = _changes(desk, campaign, name)
        except ConfigError as error:
            trouble = f"Not held against the baseline {name}: {error}."
    failed = () if changes and changes.regressed else _failed(desk, report)
    known, commit = summary(report, None), job_of(os.environ).commit
    return Gated(report.facts.name, known, exit_codes.of(report), failed, changes, trouble, link, commit)


def _changes(desk: "Desk", campaign: int, name: str) -> Changes:
    blessing = next(desk.baselines(name), None)
    if blessing is None:
        raise ConfigError("nothing is blessed by this name")
    found = desk.comparison(campaign, blessing.campaign)
    counts = {change.value.replace(" ", "_"): found.count(change) for change in Change}
    regressed = _some_keys(found.changes, Change.REGRESSED)
    fixed = _some_keys(found.changes, Change.FIXED)
    cases = {r.outcome.key: _case(r) for r in desk.results(campaign) if r.outcome.key in regressed | fixed}
    difference = {
        "value": found.difference.value,
        "low": found.difference.low,
        "high": found.difference.high,
        "confidence": found.difference.confidence,
    }
    named = ([case for key, case in cases.items() if key in keys] for keys in (regressed, fixed))
    return Changes(name, blessing.campaign, counts, difference, *named)


def _some_keys(changes: Mapping[str, Change], wanted: Change) -> frozenset[str]:
    return frozenset(islice((key for key, change in changes.items() if change is wanted), MOST_CASES))


def _failed(desk: "Desk", report: Report) -> tuple[NamedCase, ...]:
    return tuple(islice(_failing(desk, report), MOST_CASES))


def _failing(desk: "Desk", report: Report) -> Iterator[NamedCase]:
    seen: set[str] = set()
    for result in desk.results(report.facts.id):
        outcome = result.outcome
        if outcome.status is Status.FAIL and report.facts.is_rated(outcome.labels) and outcome.key not in seen:
            seen.add(outcome.key)
            yield _case(result)


def _case(result: Result) -> NamedCase:
    outcome = result.outcome
    said = [message.content for message in result.said.messages if message.role == "user"] if result.said else []
    return NamedCase(outcome.key, outcome.labels, said[-1] if said else "", outcome.label)
