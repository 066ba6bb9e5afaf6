import socket
import ssl
from errno import ECONNREFUSED, ECONNRESET

import aiohttp
import pytest
from aiohttp.client_reqrep import ConnectionKey
from hypothesis import given
from hypothesis import strategies as st

from probewright.errors import (
    AccessDenied,
    Garbled,
    RateLimited,
    RequestRejected,
    ServerFault,
    TargetError,
    TimedOut,
    Unreachable,
)
from probewright.targets.failures import Failure, failure_of_error, failure_of_status, one_line, quote

HOST = ConnectionKey("host.invalid", 443, True, True, None, None, None)


@pytest.mark.parametrize(
    ("error", "kind", "what"),
    [
        (aiohttp.ConnectionTimeoutError("x"), TimedOut, "no connection within connect_timeout_s"),
        (aiohttp.SocketTimeoutError("x"), TimedOut, "read_timeout_s"),
        (TimeoutError(), TimedOut, "timeout_s"),
        (aiohttp.ClientConnectorDNSError(HOST, socket.gaierror(-2, "x")), Unreachable, "no address"),
        (aiohttp.ClientConnectorError(HOST, OSError(ECONNREFUSED, "at 10.0.0.1")), Unreachable, "Connection refused"),
        (aiohttp.ClientOSError(ECONNRESET, "x"), Unreachable, "Connection reset by peer"),
        (aiohttp.ClientConnectorSSLError(HOST, ssl.SSLError(1, "wrong version")), Unreachable, "TLS"),
        (
            aiohttp.ClientConnectorCertificateError(HOST, ssl.SSLCertVerificationError("self-signed")),
            Unreachable,
            "TLS connection failed",
        ),
        (aiohttp.ServerDisconnectedError(), Unreachable, "closed the connection"),
        (aiohttp.ClientPayloadError("x"), Garbled, "broke off"),
    ],
)
def test_each_error_of_the_library_means_one_of_ours(error: Exception, kind: type[TargetError], what: str) -> None:
    failure = failure_of_error(error)
    assert failure.kind is kind
    assert what in failure.what
    assert failure.what.isprintable()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, RequestRejected),
        (400, RequestRejected),
        (401, AccessDenied),
        (403, AccessDenied),
        (404, RequestRejected),
        (408, ServerFault),
        (413, RequestRejected),
        (422, RequestRejected),
        (429, RateLimited),
        (500, ServerFault),
        (503, ServerFault),
        (529, ServerFault),
    ],
)
def test_each_status_means_one_error(status: int, kind: type[TargetError]) -> None:
    assert failure_of_status(status, {}, b"{}").kind is kind


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b'{"error": {"message": "no such\\nmodel", "type": "x"}}', "no such model"),
        (b'{"error": "overloaded"}', "overloaded"),
        (b'{"message": "wrong"}', "wrong"),
        (b'{"detail": "Not Found"}', "Not Found"),
        (b'{"detail": [{"loc": ["body"]}]}', 'answered {"detail": [{"loc": ["body"]}]}'),
        (b"plain words", "answered plain words"),
        (b"\xff\xfe\x1b[31mred", "answered \ufffd\ufffd [31mred"),
        (b"  \n<!DOCTYPE html><p>key</p>", "answered HTML, not JSON"),
        (b"<html>", "answered HTML, not JSON"),
        (b"", "answered nothing"),
    ],
)
def test_the_servers_own_words_are_quoted_in_one_line(body: bytes, said: str) -> None:
    assert quote(body) == said


@given(st.binary(max_size=2000), st.booleans())
def test_a_quote_is_always_one_printable_line_of_bounded_length(body: bytes, is_json: bool) -> None:
    said = quote(body, is_json=is_json)
    assert said
    assert said.isprintable()
    assert len(said) <= 300


def test_a_long_line_is_cut_visibly() -> None:
    assert one_line("x" * 301) == "x" * 297 + "..."
    assert one_line("x" * 300) == "x" * 300


def test_a_redirect_names_only_the_host_it_leads_to() -> None:
    failure = failure_of_status(307, {"Location": "https://user:pw@evil.invalid/steal?key=1"}, b"")
    assert failure.what == "HTTP 307: redirects to evil.invalid, not followed"


def test_what_the_server_asked_to_wait_stays_with_the_error() -> None:
    error = failure_of_status(503, {"Retry-After": "9"}, b"").error("POST http://h/v1", attempts=1)
    assert isinstance(error, ServerFault)
    assert error.retry_after_s == 9


def test_a_message_names_request_cause_attempts_and_what_to_check() -> None:
    error = Failure(RequestRejected, "HTTP 404: no", "check base_url").error("POST http://h/v1", attempts=3)
    assert str(error) == "POST http://h/v1: HTTP 404: no (3 attempts); check base_url"


@pytest.mark.parametrize("location", ["http://[bad", "http://host:99999/", "http://\udce9/", "/caf\udce9"])
def test_a_redirect_to_what_is_no_url_is_still_a_rejected_request(location: str) -> None:
    failure = failure_of_status(302, {"Location": location}, b"")
    assert failure.kind is RequestRejected
    assert failure.what.isprintable()
