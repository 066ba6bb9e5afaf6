"""Waiting for a campaign on behalf of a caller: long polls hold a thread, so there are only so many at once."""

from time import monotonic, sleep

from django.http import HttpResponse

from probewright.campaigns.browsing import Line
from probewright.campaigns.rows import listing
from probewright.errors import ProbewrightError
from probewright.webapp.api import shapes
from probewright.webapp.api.places import RETRY_S, WAITERS
from probewright.webapp.api.problems import Problem
from probewright.webapp.dashboard.shelf import SHELF, Kept

MOST_S = 60
LOOK_S = 0.5  # between two looks at the campaign


def line_of(number: int) -> Line:
    """The campaign of this number.

    Raises:
        Problem: there is none.
    """
    line = listing.campaign(number)
    if line is None:
        raise Problem("not_found", f"there is no campaign {number}")
    return line


def ended(number: int, wait_s: int, response: HttpResponse) -> tuple[Line, bool, Kept | None]:
    """A campaign, whether it is final, and its report once that is written; waits for both where asked to.

    Where as many callers wait already as may, it answers at once and says in ``Retry-After`` when to ask again.

    Raises:
        Problem: there is no such campaign.
    """
    deadline = monotonic() + wait_s
    line = line_of(number)
    final = shapes.is_final(line)
    kept = _report(line, 0.0) if final else None
    if kept is not None or not wait_s:
        return line, final, kept
    if not WAITERS.enter():
        response.headers["Retry-After"] = str(RETRY_S)
        return line, final, kept
    try:
        while not final and (left := deadline - monotonic()) > 0:
            sleep(min(LOOK_S, left))
            line = line_of(number)
            final = shapes.is_final(line)
        return line, final, _report(line, max(0.0, deadline - monotonic())) if final else None
    finally:
        WAITERS.leave()


def _report(line: Line, patience_s: float) -> Kept | None:
    """The report where it can be had within the time; one that cannot be written is said by `report`, not here."""
    try:
        return SHELF.get(line, patience_s)
    except ProbewrightError:
        return None


def report(number: int, wait_s: int) -> tuple[Line, Kept | None]:
    """A campaign that has ended, and its report; None while that is being written.

    Raises:
        Problem: there is no such campaign, it has not ended, or its report cannot be written.
    """
    line = over(number)
    has_place = bool(wait_s) and WAITERS.enter()
    try:
        return line, SHELF.get(line, float(wait_s) if has_place else 0.1)
    except ProbewrightError as error:
        raise Problem("report_unavailable", f"campaign {number}: {' '.join(str(error).split())}") from error
    finally:
        if has_place:
            WAITERS.leave()


def over(number: int) -> Line:
    """A campaign that has ended.

    Raises:
        Problem: there is none, or it has not.
    """
    line = line_of(number)
    if not shapes.is_final(line):
        raise Problem("campaign_live", f"campaign {number} is {line.state}; wait for it with GET ...?wait={MOST_S}")
    return line
