"""GitHub and GitLab as a gate sees them: real HTTP servers on loopback that keep the comments of one pull request.

They answer as the real ones do where it matters here: pages with a Link header, no user behind an app's token, tokens
that are refused. ``failures`` come first, one a request (None: it is served), and what was asked is kept.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

TOKEN = "forge-token-0a1b2c3d4e5f"
CHANGE = 12
Answer = tuple[int, Any, Mapping[str, str]]  # status, value, headers
Failure = int | tuple[int, Mapping[str, str]]  # a status, with headers
DROP = 0  # a failure: the connection closes without an answer


@dataclass
class Note:
    """A comment as it is kept."""

    id: int
    author: str
    body: str
    is_system: bool = False


@dataclass
class Forge:
    """What a server keeps. ``bot`` is who the token writes as; without ``has_user`` nobody may ask who that is."""

    bot: str
    url: str = ""
    has_user: bool = True
    notes: list[Note] = field(default_factory=list)
    failures: list[Failure | None] = field(default_factory=list)
    is_carried_out: bool = False  # whether what a failure answers is done all the same
    came: list[str] = field(default_factory=list)

    def say(self, author: str, body: str, is_system: bool = False) -> Note:
        """Somebody writes a comment."""
        note = Note(len(self.notes) + 1, author, body, is_system)
        self.notes.append(note)
        return note

    def own(self) -> list[str]:
        """The comments of the token's user."""
        return [note.body for note in self.notes if note.author == self.bot]


@dataclass(frozen=True)
class Dialect:
    """How a forge is asked and how it answers."""

    is_let_in: Callable[[Mapping[str, str]], bool]
    notes: re.Pattern[str]
    note: re.Pattern[str]
    edits: str
    user: Callable[[str], Any]
    shown: Callable[[Note], Any]


GITHUB = Dialect(
    lambda headers: headers.get("Authorization") == f"Bearer {TOKEN}",
    re.compile(rf"/repos/harbour/assistant/issues/{CHANGE}/comments"),
    re.compile(r"/repos/harbour/assistant/issues/comments/(\d+)"),
    "PATCH",
    lambda bot: {"login": bot, "type": "User"},
    lambda note: {
        "id": note.id,
        "user": {"login": note.author},
        "body": note.body,
        "html_url": f"https://github.test/harbour/assistant/pull/{CHANGE}#issuecomment-{note.id}",
    },
)
GITLAB = Dialect(
    lambda headers: headers.get("PRIVATE-TOKEN") == TOKEN,
    re.compile(rf"/projects/77/merge_requests/{CHANGE}/notes"),
    re.compile(rf"/projects/77/merge_requests/{CHANGE}/notes/(\d+)"),
    "PUT",
    lambda bot: {"id": int(bot), "username": "project_77_bot"},
    lambda note: {"id": note.id, "author": {"id": int(note.author)}, "body": note.body, "system": note.is_system},
)


@contextmanager
def github(has_user: bool = False) -> Iterator[Forge]:
    """GitHub; as with the job's own token, nobody may ask who the token's user is."""
    yield from _serving(Forge("harbour-bot" if has_user else "github-actions[bot]", has_user=has_user), GITHUB)


@contextmanager
def gitlab() -> Iterator[Forge]:
    """GitLab."""
    yield from _serving(Forge("4001"), GITLAB)


class _Server(ThreadingHTTPServer):
    def __init__(self, forge: Forge, dialect: Dialect) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.forge, self.dialect = forge, dialect
        forge.url = f"http://127.0.0.1:{self.server_port}"


def _serving(forge: Forge, dialect: Dialect) -> Iterator[Forge]:
    server = _Server(forge, dialect)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield forge
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def answer(self) -> None:
        forge = self.server.forge
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"{}")
        forge.came.append(f"{self.command} {self.path}")
        failure = forge.failures.pop(0) if forge.failures else None
        if failure is None:
            self._send(*self._served(body))
            return
        if forge.is_carried_out:
            self._served(body)
        if failure == DROP:
            self.close_connection = True
            return
        status, headers = failure if isinstance(failure, tuple) else (failure, {})
        self._send(status, {"message": f"it failed\nfor {TOKEN}"}, headers)

    do_GET = do_POST = do_PATCH = do_PUT = answer

    def _served(self, body: Any) -> Answer:
        forge, dialect = self.server.forge, self.server.dialect
        place = urlsplit(self.path)
        if not dialect.is_let_in(self.headers):
            return 401, {"message": "Bad credentials"}, {}
        if place.path == "/user":
            return (200, dialect.user(forge.bot), {}) if forge.has_user else (403, {"message": "by integration"}, {})
        if dialect.notes.fullmatch(place.path):
            return self._page(parse_qs(place.query)) if self.command == "GET" else self._new(body)
        found = dialect.note.fullmatch(place.path)
        if found is None or self.command != dialect.edits:
            return 404, {"message": "Not Found"}, {}
        note = forge.notes[int(found[1]) - 1]
        note.body = body["body"]
        return 200, dialect.shown(note), {}

    def _new(self, body: Any) -> Answer:
        forge = self.server.forge
        return 201, self.server.dialect.shown(forge.say(forge.bot, body["body"])), {}

    def _page(self, query: Mapping[str, list[str]]) -> Answer:
        size, page = int(query["per_page"][0]), int(query["page"][0])
        kept = self.server.forge.notes
        notes = [self.server.dialect.shown(note) for note in kept[(page - 1) * size : page * size]]
        more = {"Link": '<https://elsewhere.invalid/next>; rel="next"'} if page * size < len(kept) else {}
        return 200, notes, more

    def _send(self, status: int, value: Any, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, text in headers.items():
            self.send_header(name, text)
        self.end_headers()
        self.wfile.write(json.dumps(value).encode())

    def log_message(self, *_: object) -> None:
        pass
