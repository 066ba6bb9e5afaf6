"""The list of campaigns."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from probewright.campaigns.rows import listing
from probewright.webapp.dashboard.keys import number_in


@require_safe
def listed(request: HttpRequest) -> HttpResponse:
    """A page of campaigns, newest first."""
    before = number_in(request, "before")
    page = listing.campaigns(before)
    return render(request, "dashboard/campaigns.html", {"page": page, "is_first": before is None})
