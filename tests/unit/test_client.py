"""The client against a server that fails in every way, on this machine."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from probewright.client import ApiError, Client, ServerUnreachable, connection, verify_webhook
from probewright.errors import ConfigError

TOKEN = "pw_canary"
Answer = tuple[int, Mapping[str, str], Any]
PROBLEM = {"code": "campaign_busy", "detail": "it is busy", "errors": [{"path": "a", "detail": "b"}]}


@dataclass
class Server:
    """What it answers, one after the other, and what came."""

    url: str = ""
    answers: list[Answer] = field(default_factory=list)
    came: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def serving(*answers: Answer) -> Iterator[Server]:
    known = Server(answers=list(answers))

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = {name.lower(): value for name, value in self.headers.items()}
            known.came.append((self.command, self.path, said, body))
            status, headers, content = known.answers.pop(0)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

        do_GET = do_POST = answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield known
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "PAUSE_S", 0.001)


def test_a_read_is_repeated_while_the_server_fails() -> None:
    now = {"Retry-After": "0"}
    with serving((503, {}, {}), (429, now, PROBLEM), (502, {}, b"<html>"), (200, {}, {"name": "x"})) as server:
        assert Client(server.url, TOKEN).whoami() == {"name": "x"}
        assert len(server.came) == 4
        assert server.came[0][2]["authorization"] == f"Bearer {TOKEN}"


def test_a_start_is_repeated_under_one_key_and_a_cancel_is_not_repeated() -> None:
    with serving((500, {}, {}), (500, {}, {}), (409, {}, PROBLEM), (500, {}, {})) as server:
        api = Client(server.url, TOKEN)
        with pytest.raises(ApiError) as refused:
            api.start({"name": "x"})
        assert (refused.value.status, refused.value.code) == (409, "campaign_busy")
        assert refused.value.errors == ({"path": "a", "detail": "b"},)
        assert len({headers["idempotency-key"] for _, _, headers, _ in server.came}) == 1
        with pytest.raises(ApiError):
            api.cancel(1)
        assert len(server.came) == 4


def test_a_redirect_is_not_followed_so_the_token_goes_nowhere_else() -> None:
    with serving() as other, serving((302, {"Location": f"{other.url}/x"}, b"")) as server:
        with pytest.raises(ApiError) as refused:
            Client(server.url, TOKEN).whoami()
        assert refused.value.status == 302
        assert other.came == []


def test_pages_are_followed_to_the_end() -> None:
    first = {"items": [{"id": 1}], "next": {"href": "/api/v1/campaigns?limit=1&cursor=7"}}
    with serving((200, {}, first), (200, {}, {"items": [], "next": None})) as server:
        assert list(Client(f"{server.url}/", TOKEN).campaigns(state="finished")) == [{"id": 1}]
        assert [path for _, path, _, _ in server.came] == [
            "/api/v1/campaigns?limit=100&state=finished",
            "/api/v1/campaigns?limit=1&cursor=7",
        ]


def test_a_report_that_is_being_written_is_asked_for_again() -> None:
    with serving((202, {"Retry-After": "0"}, {}), (200, {}, {"campaign": 1})) as server:
        assert Client(server.url, TOKEN).report(1) == {"campaign": 1}
        assert len(server.came) == 2


GATE = {"verdict": "pass", "pass": True, "reasons": [], "exit_code": 0}


def test_ruling_changes_nothing_and_is_repeated_and_blessing_is_repeated_under_one_key() -> None:
    with serving((500, {}, {}), (200, {}, GATE), (500, {}, {}), (201, {}, {"name": "x"})) as server:
        api = Client(server.url, TOKEN)
        assert api.rule(1, {"max_fail_rate": 0.1}).is_pass
        assert api.bless(1, "it is good")["name"] == "x"
    first, second, *blessing = server.came
    assert first == second
    assert "idempotency-key" not in first[2]
    assert len({headers["idempotency-key"] for _, _, headers, _ in blessing}) == 1
    assert json.loads(blessing[0][3]) == {"campaign": 1, "why": "it is good"}


@pytest.mark.parametrize(("suite", "said"), [(7, {"campaign": 7}), ("a.jsonl", {"upload": "a.jsonl"})])
def test_a_suite_is_named_by_its_campaign_or_its_upload(suite: int | str, said: dict[str, Any]) -> None:
    with serving((422, {}, PROBLEM)) as server:
        with pytest.raises(ApiError):
            Client(server.url, TOKEN).start({"name": "x"}, suite=suite)
        assert json.loads(server.came[0][3]) == {"spec": {"name": "x"}, "suite": said, "is_new": False}


def test_a_name_with_any_character_is_asked_for_as_it_is() -> None:
    with serving((200, {}, {}), (200, {}, {})) as server:
        Client(server.url, TOKEN).baseline("50% é?#&..")
        Client(server.url, TOKEN).compare(1, baseline="50% é&")
        paths = [path for _, path, _, _ in server.came]
    assert paths == [
        "/api/v1/baselines/50%25%20%C3%A9%3F%23%26..",
        "/api/v1/campaigns/1/comparison?baseline=50%25+%C3%A9%26",
    ]


CHUNKED = {"Transfer-Encoding": "chunked"}


def chunk(text: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(text), text)


def test_a_stream_is_read_line_by_line_however_it_is_cut_into_pieces() -> None:
    whole = b"".join(map(chunk, [b'{"a": 1}\n{"a"', b": 2}", b"\n"])) + b"0\r\n\r\n"
    with serving((200, CHUNKED, whole)) as server:
        assert list(Client(server.url, TOKEN).outcomes(1)) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        (CHUNKED, chunk(b'{"a": 1}\n')),
        (CHUNKED, chunk(b'{"a": 1}\n') + b"5\r\n{"),
        ({"Content-Length": "20"}, b'{"a": 1}\n'),
        ({}, b'{"a": 1}\n{"a":'),
    ],
)
def test_a_stream_that_breaks_off_is_no_whole_stream(headers: dict[str, str], content: bytes) -> None:
    with serving((200, headers, content)) as server:
        found = Client(server.url, TOKEN).outcomes(1)
        assert next(found) == {"a": 1}
        with pytest.raises(ServerUnreachable, match="cut off"):
            next(found)


def test_an_answer_that_breaks_off_is_said() -> None:
    answer = (200, {"Content-Length": "99"}, b"{}")
    with serving(answer) as server, pytest.raises(ServerUnreachable, match="cut off"):
        Client(server.url, TOKEN).whoami()


def test_it_needs_nothing_but_python() -> None:
    program = "import sys; known = {*sys.modules}; import probewright.client; print(*{*sys.modules} - known)"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in ran.stdout.split()}
    assert loaded - sys.stdlib_module_names == {"probewright"}


def test_nobody_there_is_said_without_the_token() -> None:
    with pytest.raises(ServerUnreachable, match="no answer after 2 attempts") as failed:
        Client("http://127.0.0.1:9", TOKEN, attempts=2).whoami()
    assert TOKEN not in str(failed.value)
    assert TOKEN not in repr(Client("http://127.0.0.1:9", TOKEN))


@pytest.mark.parametrize("url", ["", "example.org", "ftp://example.org", "file:///etc/passwd"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ConfigError, match="is no address"):
        Client(url, TOKEN)


@pytest.mark.parametrize(
    "changed",
    [
        {"webhook-signature": ""},
        {"webhook-signature": "v1,AAAA"},
        {"webhook-signature": "v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="},
        {"webhook-id": "msg_other"},
        {"webhook-timestamp": "1614265331"},
        {"webhook-timestamp": "x"},
    ],
)
def test_a_message_that_was_changed_does_not_verify(changed: dict[str, str]) -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    secret, body = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", b'{"test": 2432232314}'
    assert verify_webhook(secret, headers, body, now_s=1614265400)
    assert not verify_webhook(secret, headers | changed, body, now_s=1614265400)
    assert not verify_webhook(secret, headers, body, now_s=1614266000)
