"""One command's work with campaigns: the desk, the display while a campaign runs, the report when it ends."""

import sys
from pathlib import Path
from time import monotonic, sleep

from django.db import DatabaseError, connection

from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import Plan
from probewright.campaigns.engine.stop import Stop
from probewright.campaigns.render.terminal import terminal
from probewright.campaigns.results import Live
from probewright.campaigns.workers.interrupts import EarlyInterrupt
from probewright.errors import StoreError
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.display import watching
from probewright.webapp.cli.report_files import default_directory, render, require_writable, write_reports
from probewright.webapp.database import open_desk

FOLLOW_S = 0.5
AWAY_S = 60.0  # how long the database may be away before nobody waits for it any more


class Session:
    """Notes and progress go to stderr, results to stdout: text for people, or one JSON object with ``--json``."""

    def __init__(self, db: str | None, out: Path | None, is_json: bool) -> None:
        EarlyInterrupt().install()
        self.desk = open_desk(db)
        if out is not None:
            require_writable(out)
        self._out = out
        self._is_json = is_json

    def note(self, text: str) -> None:
        """Tells the person who watches."""
        print(text, file=sys.stderr, flush=True)

    def run(self, plan: Plan, campaign: int) -> Stop | None:
        """Runs a campaign with a display of its progress."""
        progress = Progress()
        with watching(progress, plan.spec.name, sys.stderr):
            stop = self.desk.run(plan, campaign, progress, self.note)
        if stop is not None:
            self.note(f"stopped: {stop.reason}")
        return stop

    def follow(self, campaign: int) -> None:
        """Watches a campaign that others run until it is over. Ctrl-C ends the watching, not the campaign."""
        said = ""
        while not (live := self._live(campaign)).is_over or (live.stop_kind and live.workers):  # they bring answers yet
            at_work = f"{len(live.workers)} at work" if live.workers else "waiting for a worker"
            line = f"{live.name}: {live.done:,}/{live.total:,}, {live.state}, {at_work}"
            if line != said:
                self.note(line)
                said = line
            sleep(FOLLOW_S)
        if live.stop_reason:
            self.note(f"stopped: {live.stop_reason}")

    def _live(self, campaign: int) -> Live:
        """Where the campaign stands, once the database says so: the workers wait for it as well."""
        deadline, is_told = monotonic() + AWAY_S, False
        while True:
            try:
                return self.desk.live(campaign)
            except DatabaseError as error:
                connection.close()
                said = " ".join(str(error).split())
                if monotonic() > deadline:
                    raise StoreError(
                        f"the database was away for {AWAY_S:g} s ({said}); campaign {campaign} goes on when it is back"
                    ) from error
                if not is_told:
                    self.note(f"waiting for the database ({said})")
                    is_told = True
            sleep(FOLLOW_S)

    def finish(self, campaign: int, against: int | None = None) -> int:
        """Writes the reports, prints the result, and gives the exit code."""
        report = self.desk.report(campaign, against)
        if self._out is None:
            path = write_reports(self.desk, report, default_directory(report), ["html"])
        else:
            path = write_reports(self.desk, report, self._out)
        if self._is_json:
            sys.stdout.write(render(self.desk, report, "json", str(path)))
        else:
            print(terminal(report))
            print(f"report: {path}")
        return exit_codes.of(report)
