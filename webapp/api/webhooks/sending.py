"""Sending one message: to an address that may be reached, and to no other, whatever a name or a redirect says."""

import http.client
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from threading import Timer
from urllib.parse import SplitResult, urlsplit

from probewright import __version__
from probewright.campaigns.specs import addresses
from probewright.errors import ConfigError

TIMEOUT_S = 10.0  # of each step
TOTAL_S = 20.0  # of the whole: who answers a byte at a time does not hold the others up
SCHEMES = {"http": 80, "https": 443}


class NotAllowed(ConfigError):
    """The address may not be reached, or is none."""


class Undelivered(Exception):
    """The message was not taken; the text is one line that says why."""


def check(url: str) -> None:
    """Makes sure that a webhook may be sent to this address; looks its host up.

    Raises:
        NotAllowed: it is no http or https URL, carries a password, or leads to an address that is not public.
    """
    parts = _parts(url)
    if problem := addresses.refusal(str(parts.hostname), _allowed()):
        raise NotAllowed(problem)


def send(url: str, body: bytes, headers: Mapping[str, str]) -> None:
    """Posts JSON. The address is looked up once, checked, and then connected to: no second lookup can lead elsewhere.

    Raises:
        Undelivered: it may not be reached, did not answer within 10 s, or did not answer with a status of 2xx.
    """
    try:
        parts = _parts(url)
        connection = _connection(parts, _permitted(str(parts.hostname)))
    except ConfigError as error:
        raise Undelivered(str(error)) from error
    path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
    known = {"Content-Type": "application/json", "User-Agent": f"probewright/{__version__}", **headers}
    try:
        with _cut_after(connection, TOTAL_S):
            connection.request("POST", path, body, known)
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise Undelivered(f"{parts.hostname} did not answer: {_said(error)}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise Undelivered(f"{parts.hostname} answered with HTTP {status}; wanted: 2xx, redirects are not followed")


def _parts(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        is_sound = parts.scheme in SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_sound, parts = False, urlsplit("")
    if not is_sound or parts.username is not None or not url.isascii() or not url.isprintable() or " " in url:
        raise NotAllowed("the URL is none that is allowed: http or https, a host, no user or password, ASCII")
    return parts


def _allowed() -> addresses.Allowed:
    return addresses.read_allowed(os.environ.get(addresses.VARIABLE, ""))


def _permitted(host: str) -> str:
    """An address of a host that may be reached; where one of its addresses may not, none may.

    Raises:
        NotAllowed: it may not be reached, or cannot be looked up.
    """
    allowed = _allowed()
    if problem := addresses.refusal(host, allowed):
        raise NotAllowed(problem)
    try:
        found = addresses.resolve(host)
    except OSError as error:
        raise NotAllowed(f"the host {host!r} cannot be looked up: {error.strerror or error}") from error
    is_free = allowed.is_everything or host.lower() in allowed.hosts
    if not found or not (is_free or all(addresses.is_public(a) or allowed.holds(a) for a in found)):
        raise NotAllowed(f"the host {host!r} leads to an address that is not public any more")
    return str(found[0])


class _Pinned(http.client.HTTPConnection):
    """A connection to an address that was checked; the name is for the header and the certificate alone."""

    def __init__(self, host: str, port: int, address: str, context: ssl.SSLContext | None) -> None:
        super().__init__(host, port, timeout=TIMEOUT_S)
        self._address = address
        self._context = context

    def connect(self) -> None:
        """Connects to the address, by TLS where the URL says so."""
        self.sock = socket.create_connection((self._address, self.port), TIMEOUT_S)
        if self._context is not None:
            self.sock = self._context.wrap_socket(self.sock, server_hostname=self.host)


def _connection(parts: SplitResult, address: str) -> http.client.HTTPConnection:
    context = ssl.create_default_context() if parts.scheme == "https" else None
    return _Pinned(str(parts.hostname), parts.port or SCHEMES[parts.scheme], address, context)


@contextmanager
def _cut_after(connection: http.client.HTTPConnection, seconds: float) -> Iterator[None]:
    """Cuts the connection when the block takes longer; what waits on it fails then."""

    def cut() -> None:
        with suppress(OSError, AttributeError):  # not connected yet, or closed by now
            connection.sock.shutdown(socket.SHUT_RDWR)

    timer = Timer(seconds, cut)
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _said(error: Exception) -> str:
    text = " ".join(str(getattr(error, "strerror", None) or error).split())
    return text or type(error).__name__
