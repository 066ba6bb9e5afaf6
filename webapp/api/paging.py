"""Lists by key: where a page ended is where the next one begins, so that the last page costs what the first does."""

from typing import Annotated
from urllib.parse import urlencode

from django.http import HttpRequest
from ninja import Query

from probewright.campaigns.browsing import Place
from probewright.webapp.api.schemas import Link

MOST_DIGITS = 18
Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]
Cursor = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{1,18}$", description="where the page before ended, as its `next` says"),
]
PlaceCursor = Annotated[
    str | None,
    Query(pattern=r"^[0-9]{1,18}-[0-9]{1,9}$", description="where the page before ended, as its `next` says"),
]


def number_of(cursor: str | None) -> int | None:
    """The key that a cursor holds."""
    return None if cursor is None else int(cursor)


def place_of(cursor: str | None) -> Place | None:
    """The place that a cursor holds. It has the trial plus 1, since a search may end before a case's first."""
    if cursor is None:
        return None
    position, _, trial = cursor.partition("-")
    return Place(int(position), int(trial) - 1)


def cursor_of(place: Place | None) -> str | None:
    """The cursor of a place."""
    return None if place is None else f"{place.position}-{place.trial + 1}"


def links(request: HttpRequest, after: str | None) -> tuple[Link, Link | None]:
    """The addresses of the first page, and of the next one; None where there is no more."""
    kept = [(name, value) for name in request.GET for value in request.GET.getlist(name) if name != "cursor"]
    first = Link(href=_address(request, kept))
    return first, None if after is None else Link(href=_address(request, [*kept, ("cursor", after)]))


def _address(request: HttpRequest, query: list[tuple[str, str]]) -> str:
    return f"{request.path}?{urlencode(query)}" if query else request.path
