"""Reports for pages: each is written once, in the background, and kept in the data folder until its campaign goes on.

Writing takes seconds for a campaign with hundreds of thousands of trials, and no page waits for it.
"""

import logging
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from threading import Lock
from typing import Any

import orjson
from django.db import connection

from probewright import __version__
from probewright.campaigns.browsing import Line
from probewright.campaigns.desk import Desk
from probewright.campaigns.render import wording
from probewright.campaigns.render.html import body
from probewright.campaigns.render.summary import summary
from probewright.errors import ProbewrightError
from probewright.home import folder, write_atomically
from probewright.webapp.cli import exit_codes

FORM = 2  # of what is kept beside the HTML
PATIENCE_S = 0.15  # how long a page waits for a report: small ones are there at once
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """A written report: its HTML without head and foot, and its headline.

    That holds title, tone, conclusion and reasons; the machine output, `summary`; and the exit code of a command.
    """

    path: Path
    headline: Mapping[str, Any]

    @property
    def summary(self) -> Mapping[str, Any]:
        """The report as machine output; see `render.summary`."""
        found: Mapping[str, Any] = self.headline["summary"]
        return found

    @property
    def exit_code(self) -> int:
        """What a command that ran this campaign would end with."""
        return int(self.headline["exit_code"])

    def html(self) -> str:
        """The report's HTML; every text in it is escaped already."""
        return self.path.read_text()


class Shelf:
    """The reports of one web process. Several processes may write the same; whichever is last is as good."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="probewright-report")
        self._writing: dict[Path, Future[None]] = {}
        self._lock = Lock()

    def get(self, line: Line, patience_s: float = PATIENCE_S) -> Kept | None:
        """The report of a campaign as it stands now; None while it is being written.

        Raises:
            ProbewrightError: it cannot be written.
        """
        path = _path(line)
        if kept := _read(path):
            return kept
        with self._lock:
            writing = self._writing.get(path)
            if writing is None:
                writing = self._writing[path] = self._thread.submit(_write, line.id, path)
        wait([writing], timeout=patience_s)
        if not writing.done():
            return None
        with self._lock:
            self._writing.pop(path, None)
        writing.result()
        return _read(path)


SHELF = Shelf()


def _path(line: Line) -> Path:
    """Where the report of a campaign in this very state lies."""
    state = (
        line.name,
        line.created_at.isoformat(),
        line.state,
        line.stop_reason,
        line.decided_by,
        line.wanted,
        line.planned,
    )
    counted = (dict(line.outcomes), line.spent.calls, f"{line.seconds:.3f}")
    known = Desk().calibration_stamp(line.id)
    stamp = blake2b(orjson.dumps([__version__, FORM, line.spec, state, counted, known]), digest_size=8).hexdigest()
    return folder("pages") / f"{line.id}-{stamp}.html"


def _read(path: Path) -> Kept | None:
    try:
        return Kept(path, orjson.loads(path.with_suffix(".json").read_bytes())) if path.exists() else None
    except FileNotFoundError:
        return None


def _write(number: int, path: Path) -> None:
    try:
        desk = Desk()
        report = desk.report(number)
        headline = wording.headline(report)
        said = {
            "title": headline.title,
            "tone": headline.tone,
            "conclusion": wording.conclusion(report),
            "reasons": headline.reasons,
            "summary": summary(report, None),
            "exit_code": exit_codes.of(report),
        }
        content = "".join(body(report, desk.results(number)))
        write_atomically(path.with_suffix(".json"), orjson.dumps(said))
        write_atomically(path, content.encode("utf-8", "replace"))
        for old in path.parent.glob(f"{number}-*"):
            if old.stem != path.stem:
                old.unlink(missing_ok=True)
    except ProbewrightError:
        raise
    except Exception as error:
        LOG.exception("the report of campaign %s could not be written", number)
        raise ProbewrightError(f"the report could not be written: {type(error).__name__}") from error
    finally:
        connection.close()
