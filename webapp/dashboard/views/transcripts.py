"""What was said: the trials of a campaign, and one of them in full."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from probewright.campaigns.browsing import Filter, Place
from probewright.campaigns.rows import listing
from probewright.campaigns.rows.conversation import conversation
from probewright.types import Status
from probewright.webapp.dashboard.keys import number_in
from probewright.webapp.dashboard.views.campaign import line_of


@require_safe
def listed(request: HttpRequest, number: int) -> HttpResponse:
    """A page of trials, of one outcome or of some labels where the address says so."""
    line = line_of(number)
    axes = listing.axes(number)
    status = request.GET.get("status", "")
    wanted = Filter(
        status if status in set(Status) else "",
        {name: value for name in axes if (value := request.GET.get(name, "")) in axes[name]},
    )
    after = _place_in(request)
    page = listing.trials(number, wanted, after)
    query = {**wanted.labels, **({"status": wanted.status} if wanted.status else {})}
    following = page.after and urlencode({**query, "position": page.after.position, "trial": page.after.trial + 1})
    shown = {
        "line": line,
        "page": page,
        "axes": axes,
        "wanted": wanted,
        "is_first": after is None,
        "first": urlencode(query),
        "following": following,
    }
    return render(request, "dashboard/transcripts.html", shown)


@require_safe
def one(request: HttpRequest, number: int, position: int, trial: int) -> HttpResponse:
    """One trial in full: every exchange, every verdict."""
    line = line_of(number)
    found = conversation(number, Place(position, trial))
    if found is None:
        raise Http404(f"campaign {number} has no trial {trial} at position {position}")
    return render(request, "dashboard/transcript.html", {"line": line, "found": found})


def _place_in(request: HttpRequest) -> Place | None:
    """Where the page before ended. Addresses hold the trial plus 1, since that place may lie before the first."""
    position, trial = number_in(request, "position"), number_in(request, "trial")
    return None if position is None or trial is None else Place(position, trial - 1)
