"""One campaign: how far it is, stopping it, going on with it."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from django_htmx.http import HttpResponseClientRefresh

from probewright.campaigns.browsing import Line
from probewright.campaigns.desk import Desk
from probewright.campaigns.engine.runner import build, require_secrets
from probewright.campaigns.rows import leases, listing
from probewright.campaigns.specs.untrusted import check_untrusted
from probewright.errors import CampaignBusy, ConfigError
from probewright.webapp.dashboard.forms.start import ResumeForm
from probewright.webapp.dashboard.live import Progress
from probewright.webapp.dashboard.problems import lines

SOURCE = "spec"


def line_of(number: int) -> Line:
    """The campaign of this number; without one the answer is "not found"."""
    line = listing.campaign(number)
    if line is None:
        raise Http404(f"there is no campaign {number}")
    return line


@require_safe
def overview(request: HttpRequest, number: int) -> HttpResponse:
    """How far it is, its spec, and what can be done with it."""
    line = line_of(number)
    known = {name: line.spec["limits"][name] for name in ResumeForm.LIMITS}
    nothing_else = line.done >= line.expected  # then only what ended in an error can be asked
    return _overview(request, line, ResumeForm(initial={**known, "is_errors_again": nothing_else}))


@login_not_required  # checked below: what is polled must not be answered with the login page
@require_safe
def live(request: HttpRequest, number: int) -> HttpResponse:
    """The part of the overview that is polled; once the campaign has ended, the whole page is asked for anew."""
    if not request.user.is_authenticated:
        return HttpResponseClientRefresh()
    line = line_of(number)
    if not line.is_live:
        return HttpResponseClientRefresh()
    return render(request, "dashboard/live.html", {"line": line, "progress": _progress(line), "is_polled": True})


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: HttpRequest, number: int) -> HttpResponse:
    """Stops the campaign; what it has earned is kept. A GET, such as after a login in between, leads to its page."""
    line_of(number)
    if request.method != "POST":
        return redirect("campaign", number)
    if Desk().cancel(number, f"cancelled by {request.user.get_username()}"):
        messages.success(request, "Cancelled: its workers stop within two seconds.")
    else:
        messages.info(request, "It had ended already.")
    return redirect("campaign", number)


@require_http_methods(["GET", "HEAD", "POST"])
def resume(request: HttpRequest, number: int) -> HttpResponse:
    """Queues a stopped campaign again, with other limits where some are given. A GET leads to its page, as above."""
    line = line_of(number)
    if request.method != "POST":
        return redirect("campaign", number)
    form = ResumeForm(request.POST)
    if not form.is_valid():
        return _overview(request, line, form)
    spec = {**line.spec, "limits": {**line.spec["limits"], **form.limits()}}
    try:
        plan = build(check_untrusted(spec, SOURCE))
        require_secrets(plan)
        again = Desk().reopen_errors(number) if form.cleaned_data["is_errors_again"] else 0
        Desk().requeue(number, plan)
    except CampaignBusy:
        messages.info(request, "It is still being worked on. Where it was just cancelled, resume it in a moment.")
        return redirect("campaign", number)
    except ConfigError as error:
        return _overview(request, line, form, lines(error, SOURCE))
    messages.success(request, f"Queued again{f', with {again:,} errors to ask again' if again else ''}.")
    return redirect("campaign", number)


def _overview(request: HttpRequest, line: Line, form: ResumeForm, problems: Sequence[str] = ()) -> HttpResponse:
    shown = {"line": line, "progress": _progress(line), "form": form, "problems": problems}
    return render(request, "dashboard/campaign.html", shown)


def _progress(line: Line) -> Progress:
    return Progress(line, len(leases.workers(line.id)) if line.is_live else 0)
