"""The edge of the API: whatever goes wrong below `/api/`, in Django as well, is answered as a problem."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase

from probewright.webapp.api.problems import BY_STATUS, MEDIA_TYPE, Problem

ROOT = "/api/"
KEPT = ("Allow", "Retry-After", "WWW-Authenticate")
DETAILS = {
    "malformed_request": "the request cannot be read: its host, its headers or its body",
    "not_found": "there is no such address; /api/v1/docs lists those there are",
    "method_not_allowed": "the address does not take this method; the header Allow names those it takes",
    "body_too_large": "the body is longer than this server takes, or its length is none",
    "internal_error": "the server failed; its log says why",
}


class ApiProblems:
    """Middleware: turns every error below `/api/` that is no problem yet into one, without a word of its cause."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the layers below, or a problem in its place."""
        response = self._get_response(request)
        is_problem = response.headers.get("Content-Type", "").startswith(MEDIA_TYPE)
        if response.status_code < HTTPStatus.BAD_REQUEST or is_problem or not request.path_info.startswith(ROOT):
            return response
        code = BY_STATUS.get(response.status_code, "internal_error")
        headers = {name: response.headers[name] for name in KEPT if name in response.headers}
        return Problem(code, DETAILS[code], headers=headers).response()
