"""The report of a campaign: as a page, as the headline of its overview, and as files."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_safe
from django_htmx.http import HttpResponseClientRefresh

from probewright.campaigns.browsing import Line
from probewright.campaigns.desk import Desk
from probewright.campaigns.render.html import html
from probewright.campaigns.render.junit import junit
from probewright.campaigns.render.markdown import markdown
from probewright.campaigns.render.summary import summary
from probewright.campaigns.report import Report
from probewright.campaigns.results import Result
from probewright.errors import ProbewrightError
from probewright.webapp.dashboard.shelf import SHELF, Kept
from probewright.webapp.dashboard.views.campaign import line_of

Renderer = Callable[[Report, Iterable[Result]], Iterable[str]]


def _json(report: Report, _: Iterable[Result]) -> Iterator[str]:
    yield orjson.dumps(summary(report, None), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def _markdown(report: Report, _: Iterable[Result]) -> Iterator[str]:
    yield markdown(report)


@dataclass(frozen=True, slots=True)
class File:
    """A form in which the report can be saved."""

    title: str
    content_type: str
    render: Renderer


FILES: Mapping[str, File] = MappingProxyType(
    {
        "report.html": File("HTML", "text/html; charset=utf-8", html),
        "report.json": File("JSON", "application/json", _json),
        "report.xml": File("JUnit", "application/xml; charset=utf-8", junit),
        "report.md": File("Markdown", "text/markdown; charset=utf-8", _markdown),
    }
)


@require_safe
def page(request: HttpRequest, number: int) -> HttpResponse:
    """The report within the site's frame; while it is being written, a page that asks again."""
    line = line_of(number)
    if line.is_live:
        return redirect("campaign", number)
    kept, problem = _kept(line)
    body = mark_safe(kept.html()) if kept else ""  # every text in it was escaped when it was written
    shown = {"line": line, "body": body, "problem": problem, "files": FILES}
    return render(request, "dashboard/report.html", shown, status=500 if problem else 200)


@login_not_required  # checked below: what is polled must not be answered with the login page
@require_safe
def result(request: HttpRequest, number: int) -> HttpResponse:
    """The report's headline, for the overview; while the report is being written, a note that asks again."""
    if not request.user.is_authenticated:
        return HttpResponseClientRefresh()
    line = line_of(number)
    kept, problem = (None, "") if line.is_live else _kept(line)
    if kept and request.GET.get("then") == "reload":
        return HttpResponseClientRefresh()
    return render(request, "dashboard/result.html", {"line": line, "kept": kept, "problem": problem})


@require_safe
def download(request: HttpRequest, number: int, name: str) -> StreamingHttpResponse:  # noqa: ARG001 (Django's signature)
    """The report as a file, sent while it is being written."""
    line = line_of(number)
    if name not in FILES:
        raise Http404(f"there is no file {name!r}; there are: {', '.join(FILES)}")
    file, desk = FILES[name], Desk()
    pieces = file.render(desk.report(number), desk.results(number))
    encoded = (piece.encode("utf-8", "replace") for piece in pieces)
    response = StreamingHttpResponse(encoded, content_type=file.content_type)
    response.headers["Content-Disposition"] = f'attachment; filename="campaign-{line.id}-{name}"'
    return response


def _kept(line: Line) -> tuple[Kept | None, str]:
    """The report, or why it cannot be written; neither while it is being written."""
    try:
        return SHELF.get(line), ""
    except ProbewrightError as error:
        return None, str(error)
