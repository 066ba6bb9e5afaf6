"""What bounds a request before it is read, and a page should a text of a stranger ever get past escaping."""

import re
from collections.abc import Callable, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseBase

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "private, no-cache",
}
CHARSET = re.compile(r";\s*charset[^;]*", re.IGNORECASE)
MOST_BYTES = 48 * 1024 * 1024  # of a request: an upload and a spec


def utf8_alone(application: Wsgi) -> Wsgi:
    """WSGI middleware: drops a charset that a request names, since pages and forms are UTF-8.

    Django reads the body in it, and fails before any of its own layers where Python knows it but it does not fit.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE") or "")
        return application(environ, start_response)

    return answer


class BodyLimit:
    """Middleware: refuses a request that is too long before anything of it is read or written to disk.

    A body without a length is none to Django, so a length cannot be left out.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the layers below, or 413."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) <= MOST_BYTES:
            return self._get_response(request)
        return HttpResponse(f"a request may hold {MOST_BYTES:,} bytes\n", content_type="text/plain", status=413)


class SecurityHeaders:
    """Middleware: adds the headers to every answer that does not set them itself."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer of the layers below, with the headers."""
        response = self._get_response(request)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response
