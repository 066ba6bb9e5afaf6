"""What the API says when it cannot do what was asked: `application/problem+json` (RFC 9457) with a stable code."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import orjson
from django.http import HttpResponse

MEDIA_TYPE = "application/problem+json"

# code -> HTTP status and title; codes are an interface: they are added, never renamed
CODES: Mapping[str, tuple[int, str]] = MappingProxyType(
    {
        "malformed_request": (400, "The request cannot be read"),
        "unauthenticated": (401, "No token was given"),
        "token_unknown": (401, "Nobody was given this token"),
        "token_expired": (401, "The token has expired"),
        "token_revoked": (401, "The token was revoked"),
        "scope_missing": (403, "The token does not allow this"),
        "not_found": (404, "There is no such thing"),
        "method_not_allowed": (405, "The address does not take this method"),
        "campaign_busy": (409, "The campaign is being worked on"),
        "campaign_live": (409, "The campaign has not ended yet"),
        "campaign_unfinished": (409, "The campaign has not finished"),
        "campaign_decided": (409, "The campaign stopped as soon as its own gate was certain"),
        "nothing_assessed": (409, "No answer of the campaign passed or failed"),
        "not_comparable": (409, "The two campaigns cannot be compared"),
        "suite_unavailable": (409, "The campaign's cases cannot be frozen"),
        "idempotency_key_in_use": (409, "A request with this idempotency key is being answered"),
        "report_unavailable": (409, "The report cannot be written"),
        "plugin_missing": (409, "A plug-in that the campaign needs is not installed any more"),
        "pool_damaged": (409, "A local model is not what it was"),
        "webhook_refused": (422, "The webhook cannot be registered"),
        "upload_refused": (422, "The file cannot be kept"),
        "body_too_large": (413, "The body is too large"),
        "unsupported_media_type": (415, "The body is of no type that is read here"),
        "invalid_parameters": (422, "The request says something that is not allowed"),
        "invalid_spec": (422, "The spec says something that is not allowed"),
        "idempotency_key_reused": (422, "The idempotency key was used for another request"),
        "label_refused": (422, "The label cannot be kept"),
        "rate_limited": (429, "Too many requests with this token"),
        "too_many_streams": (429, "Too many long answers at the same time"),
        "internal_error": (500, "The server failed"),
    }
)
BY_STATUS: Mapping[int, str] = MappingProxyType(
    {400: "malformed_request", 404: "not_found", 405: "method_not_allowed", 413: "body_too_large"}
)
MOST_ERRORS = 100


@dataclass(frozen=True, slots=True)
class Mistake:
    """One thing that is wrong: where, as a path with dots, and what."""

    path: str
    detail: str


@dataclass
class Problem(Exception):
    """Ends a request with an answer of `CODES`. ``detail`` is one line: what was wrong, the value, what is allowed."""

    code: str
    detail: str
    errors: tuple[Mistake, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The HTTP status."""
        return CODES[self.code][0]

    def body(self) -> dict[str, Any]:
        """The answer as plain values."""
        status, title = CODES[self.code]
        known = {
            "type": f"urn:probewright:problem:{self.code}",
            "title": title,
            "status": status,
            "code": self.code,
            "detail": self.detail,
        }
        listed = [{"path": mistake.path, "detail": mistake.detail} for mistake in self.errors[:MOST_ERRORS]]
        return {**known, "errors": listed} if listed else known

    def response(self) -> HttpResponse:
        """The answer."""
        content = orjson.dumps(self.body(), default=str)
        return HttpResponse(content, content_type=MEDIA_TYPE, status=self.status, headers=dict(self.headers))


def of_mistakes(code: str, mistakes: Iterable[Mistake]) -> Problem:
    """A problem with several causes; the line names the first."""
    errors = tuple(mistakes)
    first = f"{errors[0].path}: {errors[0].detail}" if errors[0].path else errors[0].detail
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Problem(code, f"{first}{more}", errors)
