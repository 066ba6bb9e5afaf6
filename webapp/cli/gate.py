"""`probewright gate SPEC`: for CI jobs beside a server. Needs no database and loads none."""

import json
import os
import signal
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import yaml

from probewright.campaigns.specs.settings import with_settings
from probewright.campaigns.specs.spec_file import parse_spec
from probewright.ci.comment import comment, no_verdict, title
from probewright.ci.figures import rate_in_words
from probewright.ci.gated import Gated
from probewright.ci.gating import NotGated, not_gated, read_gate, run_gate
from probewright.ci.job import Job, job_of
from probewright.ci.posting import Post, post_of
from probewright.ci.spec import with_uploads
from probewright.client import ApiError, Client, ServerUnreachable
from probewright.errors import ConfigError, DataError
from probewright.home import write_atomically
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_settings

URL, TOKEN = "PROBEWRIGHT_URL", "PROBEWRIGHT_TOKEN"
RESULTS = ("junit", "sarif")  # options that are formats of the API's results


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("spec", metavar="SPEC", type=Path, help="a YAML file; the prompts that it names go with it")
    parser.add_argument("--server", metavar="URL", default="", help=f"default: ${URL}; the token is in ${TOKEN}")
    add_settings(parser)
    parser.add_argument("--baseline", metavar="NAME", default="", help="to tell of; default: that of no_worse_than")
    parser.add_argument("--junit", metavar="FILE", type=Path, help="where the results go as JUnit XML")
    parser.add_argument("--sarif", metavar="FILE", type=Path, help="where the failures go as SARIF")
    parser.add_argument("--comment", metavar="FILE", type=Path, help="where the comment goes, as Markdown")
    parser.add_argument("--post", action="store_true", help="post the comment, where the job is of a pull request")
    parser.add_argument("--no-prompts", action="store_true", help="leave out of the comment what was asked")
    parser.add_argument("--timeout", metavar="MINUTES", type=float, help="how long to wait; then it is cancelled")
    parser.add_argument("--json", action="store_true", help="print one JSON object on stdout")


def execute(args: Namespace) -> int:
    """Runs the campaign on the server; the exit code is the gate's, whatever becomes of files and comment."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a cancelled job cancels its campaign, as Ctrl-C does
    job, post = job_of(os.environ), post_of(os.environ) if args.post else None
    if args.post and post is None:
        print("this job is of no pull request: no comment is posted", file=sys.stderr)
    values = with_settings(_values(args.spec), args.settings)
    _require_writable(args)
    try:
        gated = _gated(args, values, job)
    except NotGated as error:
        if post is not None:
            name = str(values.get("name", args.spec))
            _note(post.send(name, no_verdict(name, str(error), job.commit)))
        raise
    _tell(args, gated, post)
    return gated.exit_code


def _values(path: Path) -> Mapping[str, Any]:
    """The spec as plain values; whether it is one, the server says."""
    try:
        values = parse_spec(path.read_bytes(), str(path))
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    if not isinstance(values, dict):
        raise DataError(f"{path}: holds no mapping; a spec needs at least the keys name, target, family")
    return values


def _gated(args: Namespace, values: Mapping[str, Any], job: Job) -> Gated:
    server = (args.server or os.environ.get(URL, "")).rstrip("/")
    token = os.environ.get(TOKEN, "")
    if not server or not token:
        missing = f"give --server URL or set {URL}" if not server else f"set {TOKEN} to a token of {server}"
        raise NotGated(f"{missing}; probewright token add NAME makes one", exit_codes.USAGE)
    api = Client(server, token)
    try:
        whole = with_uploads(values, args.spec.parent, api.upload)
    except (ApiError, ServerUnreachable) as error:
        raise not_gated(error) from error
    spec = yaml.safe_dump(whole, sort_keys=False, allow_unicode=True)
    campaign = run_gate(api, server, spec, job.key(spec), None if args.timeout is None else 60 * args.timeout)
    gated = read_gate(api, campaign, args.baseline, f"{server}/campaigns/{campaign.id}/report/", job.commit)
    _write_results(args, api, campaign.id)
    return gated


def _write_results(args: Namespace, api: Client, campaign: int) -> None:
    """Writes what the server has as files. The verdict is known by now, so what cannot be had is said, not raised."""
    for name in RESULTS:
        path = getattr(args, name)
        if path is not None:
            try:
                write_atomically(path, api.results(campaign, name))
            except (ApiError, ServerUnreachable, OSError) as error:
                _note(f"{path} was not written: {' '.join(str(error).split())}")


def _require_writable(args: Namespace) -> None:
    """Makes the folders of the files before anything is spent on what they would hold."""
    for path in (args.junit, args.sarif, args.comment):
        if path is not None:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                TemporaryFile(dir=path.parent).close()
            except OSError as error:
                raise ConfigError(f"{path}: cannot be written: {error.strerror or error}") from error


def _tell(args: Namespace, gated: Gated, post: Post | None) -> None:
    body = comment(gated, has_prompts=not args.no_prompts)
    if args.comment is not None:
        write_atomically(args.comment, body.encode("utf-8", "replace"))
    if post is not None:
        _note(post.send(gated.name, body))
    if args.json:
        said = {"campaign": gated.report["campaign"], "verdict": gated.verdict, "reasons": gated.reasons}
        print(json.dumps({**said, "exit_code": gated.exit_code, "report": gated.link}))
        return
    print(title(gated), rate_in_words(gated.report["fail_rate"]), *(f"- {one}" for one in gated.reasons), sep="\n")
    print(f"report: {gated.link}")


def _note(text: str) -> None:
    print(f"probewright: {text}", file=sys.stderr, flush=True)
