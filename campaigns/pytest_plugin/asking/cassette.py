"""Cassettes: replies kept in a JSONL file by the content of their requests, so that a suite runs without a model.

A line holds a digest of what was asked (target, messages or options, sampling), how many times the same had been asked
before in the same test, the request for people to read, and the reply. No secret is in it: the identity of a target
leaves out keys, headers' values and the query of its URL, and every line passes a redactor.
"""

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from hashlib import blake2b
from pathlib import Path
from typing import IO, Any

import orjson

from probewright.campaigns.pytest_plugin.asking.secrecy import Redaction, identity
from probewright.campaigns.render.text import excerpt
from probewright.campaigns.rows.codec import reply_from, request_to_json
from probewright.errors import DataError, TargetError
from probewright.plugins import Plugin
from probewright.types import Reply, Request, last_prompt

FIRST_LINE = {"probewright_cassette": 1}
REPLY_KINDS: Mapping[str, Any] = {  # the parts of a kept reply, as `isinstance` takes them
    **dict.fromkeys(("text", "reasoning", "finish_reason", "model", "blocked"), str),
    **dict.fromkeys(("prompt_tokens", "completion_tokens", "attempts"), int),
    "latency_s": int | float,
    "usd": int | float | None,
}
ALLOWED = "a cassette that --pw-record wrote: one JSON object a line"


class CassetteMiss(TargetError):
    """A replay has no reply to a request. Nothing is sent in its place."""

    code = "cassette_miss"


@dataclass(frozen=True, slots=True)
class Take:
    """One line: which request, how many times the same was asked before in its test, of whom, and the reply."""

    key: str
    nth: int
    target: str
    request: Mapping[str, Any]
    reply: Mapping[str, Any]


class Cassette:
    """A file of replies. Processes may share it: a line is appended whole, under a lock.

    Args:
        path: The file; a replay needs it, a recording begins it.
        redaction: Takes secrets out of what is written.
        is_replay: Whether replies come from here only.

    Raises:
        DataError: the file cannot be read as a cassette.
    """

    def __init__(self, path: Path, redaction: Redaction, is_replay: bool) -> None:
        self.path = path
        self.is_replay = is_replay
        self._redaction = redaction
        self._takes = _read(path, is_replay)

    def key(self, plugin: Plugin, request: Request) -> str:
        """The digest of what is asked (32 hex digits): the same in every process, with or without the secrets."""
        content = orjson.dumps([identity(plugin), request_to_json(request)], option=orjson.OPT_SORT_KEYS)
        return blake2b(self._redaction.bytes(content), digest_size=16).hexdigest()

    def find(self, key: str, nth: int) -> Reply | None:
        """The reply that was kept, or None."""
        take = self._takes.get((key, nth))
        return None if take is None else reply_from(take.reply)

    def keep(self, key: str, nth: int, target: str, request: Request, reply: Reply) -> None:
        """Adds a reply, unless another process did so first: then that one stays."""
        take = Take(key, nth, target, request_to_json(request), _reply_to_json(reply))
        line = self._redaction.bytes(orjson.dumps(take, option=orjson.OPT_APPEND_NEWLINE))
        with _locked(self.path, "ab") as file:
            if file.tell() == 0:
                file.write(orjson.dumps(FIRST_LINE, option=orjson.OPT_APPEND_NEWLINE))
            file.write(line)
        self._takes[key, nth] = take

    def miss(self, target: str, request: Request, key: str, nth: int) -> CassetteMiss:
        """The error that says which prompt has no reply, and what the cassette holds that is nearest."""
        prompt = excerpt(self._redaction.text(last_prompt(request)), 200)
        asked = f"asked for the {nth + 1}. time in this test" if nth else "asked once"
        again = f"record it: --pw-record {self.path.name}"
        return CassetteMiss(
            f"{self.path.name} holds no reply of {target} to the prompt {prompt!r} ({asked}); "
            f"{self._nearest(prompt, key)}; {again}"
        )

    def _nearest(self, prompt: str, key: str) -> str:
        if held := sum(1 for kept, _ in self._takes if kept == key):
            return f"it holds the first {held} of them"
        kept = {excerpt(_prompt(take), 200): take for take in self._takes.values()}
        if prompt in kept:
            return f"it holds one of {kept[prompt].target}, asked with other settings or as another target"
        if near := get_close_matches(prompt, list(kept), n=1):
            return f"the nearest that it holds is {near[0]!r}"
        return f"none of its {len(self._takes):,} prompts is like it"

    def tidy(self) -> None:
        """Sorts the lines and drops second takes, so that two recordings differ in the file only where they differ."""
        if not self.path.exists():
            return
        with _locked(self.path, "r+b") as file:
            takes = _read(self.path, is_needed=True)
            lines = [FIRST_LINE, *(takes[place] for place in sorted(takes))]
            file.truncate(0)
            file.seek(0)
            file.write(b"".join(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE) for line in lines))


def _read(path: Path, is_needed: bool) -> dict[tuple[str, int], Take]:
    """The takes of a file by digest and number; where two processes recorded the same, the first one stays."""
    try:
        lines = path.read_bytes().splitlines()
    except FileNotFoundError:
        if is_needed:
            raise DataError(f"{path}: no such cassette; record it: --pw-record {path.name}") from None
        return {}
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror or error}") from error
    takes = [_take(path, number, line) for number, line in enumerate(lines, 1) if number == 1 or line.strip()]
    return {(take.key, take.nth): take for take in reversed(takes) if take is not None}


def _take(path: Path, number: int, line: bytes) -> Take | None:
    try:
        values = orjson.loads(line)
        if number == 1:
            if values != FIRST_LINE:
                raise DataError(f"{path}: line 1 is {values!r:.80}; allowed: {ALLOWED}")
            return None
        take = Take(**values)
        _check(reply_from(take.reply))
    except (orjson.JSONDecodeError, TypeError, KeyError) as error:
        raise DataError(f"{path}: line {number} cannot be read ({error}); allowed: {ALLOWED}") from None
    return take


def _check(reply: Reply) -> None:
    """Raises TypeError where a kept reply, which people may have edited, is none: an oracle would stumble over it."""
    values = _reply_to_json(reply)
    for name, kinds in REPLY_KINDS.items():
        if not isinstance(values[name], kinds):
            raise TypeError(f"{name} is {values[name]!r:.80}")
    if not all(isinstance(number, int | float) for score in values["scores"] for number in score):
        raise TypeError(f"scores are {values['scores']!r:.80}")


def _prompt(take: Take) -> str:
    """The last thing that was said in a kept request."""
    if "messages" in take.request:
        return next((m["content"] for m in reversed(take.request["messages"]) if m["role"] != "assistant"), "")
    prefix = take.request["prefix"]
    return prefix if isinstance(prefix, str) else str(prefix[-1]["content"])


def _reply_to_json(reply: Reply) -> dict[str, Any]:
    """A reply by the columns of its row."""
    return {
        "text": reply.text,
        "reasoning": reply.reasoning,
        "finish_reason": reply.finish_reason,
        "scores": [[score.logprob, score.tokens] for score in reply.scores],
        "prompt_tokens": reply.usage.prompt_tokens,
        "completion_tokens": reply.usage.completion_tokens,
        "is_estimated": reply.usage.is_estimated,
        "usd": reply.usd,
        "model": reply.model,
        "latency_s": reply.latency_s,
        "attempts": reply.attempts,
        "blocked": reply.blocked,
    }


@contextmanager
def _locked(path: Path, mode: str) -> Iterator[IO[bytes]]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open(mode) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0, 2)
        yield file
