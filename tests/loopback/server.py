"""An endpoint on loopback that speaks several protocols: real HTTP, deterministic answers, planned faults, and a log.

Every error body repeats the key of the request, as careless servers do, so any test of an error is one of redaction.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import orjson
from aiohttp import web

from tests.loopback.assisting import assistance
from tests.loopback.capacity import Room, Schedule
from tests.loopback.faults import Canned, Fault, Plan, share
from tests.loopback.judging import judgement
from tests.loopback.protocols import PROTOCOLS
from tests.loopback.scoring import COMPLETIONS_PATH, TOKENIZE_PATH, Quirk, ScoringApp

KEY_HEADERS = ("Authorization", "x-api-key")
KEPT_HEADERS = 100
REFUSALS = ("I can't help with that.", "I'm sorry, but I cannot assist with this request.", "I won't do that.")
JSON_HEADERS = {"Content-Type": "application/json"}


@dataclass(frozen=True)
class Behaviour:
    """How the server answers: seconds until it does, the share of prompts it refuses (0 to 1), and its faults.

    ``retry_after`` is the header of a 429 as it is sent, ``quirks`` are how it scores, ``capacity`` says how many
    requests it takes at once; it answers 429 to any more, without its latency.
    """

    latency_s: float = 0.0
    refuse_share: float = 0.5
    retry_after: str = "1"
    plan: Plan = field(default_factory=Plan)
    quirks: frozenset[Quirk] = frozenset()
    capacity: Schedule = ()


@dataclass
class Log:
    """What the server saw. ``prompts`` counts requests by `subject`, ``answered`` those that got a whole answer.

    ``paths`` counts them by path and query.
    """

    steps: Counter[str] = field(default_factory=Counter)
    prompts: Counter[str] = field(default_factory=Counter)
    answered: Counter[str] = field(default_factory=Counter)
    paths: Counter[str] = field(default_factory=Counter)
    headers: deque[Mapping[str, str]] = field(default_factory=lambda: deque(maxlen=KEPT_HEADERS))
    bodies: deque[bytes] = field(default_factory=lambda: deque(maxlen=KEPT_HEADERS))
    requests: int = 0
    in_flight: int = 0
    max_in_flight: int = 0
    first_at: float = 0.0  # seconds of the machine's monotonic clock, the same in every process
    last_at: float = 0.0
    refused: int = 0  # for want of a place

    def dump(self) -> dict[str, Any]:
        """The log as JSON; only the latest 100 headers are kept."""
        return {
            "requests": self.requests,
            "max_in_flight": self.max_in_flight,
            "refused": self.refused,
            "first_at": self.first_at,
            "last_at": self.last_at,
            "steps": dict(self.steps),
            "paths": dict(self.paths),
            "prompts": dict(self.prompts),
            "answered": dict(self.answered),
            "headers": [{str(name): value for name, value in headers.items()} for headers in self.headers],
        }


class LoopbackApp:
    """The handler of one server and its state. `handle` belongs to one event loop."""

    def __init__(self, behaviour: Behaviour) -> None:
        self.behaviour = behaviour
        self.log = Log()
        self._scoring = ScoringApp(behaviour.quirks)
        self._room = Room(behaviour.capacity)
        self._closing = asyncio.Event()
        self._flowing = asyncio.Event()
        self._flowing.set()

    def stop_stalling(self) -> None:
        """Lets stalled and held requests end, so that the server can close."""
        self._closing.set()
        self._flowing.set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Any request: an answer, the log (GET /log) or its reset (POST /reset).

        POST /hold keeps back every answer until POST /release, for what a test does meanwhile however long it takes.
        """
        if request.method == "GET" and request.path == "/log":
            return web.Response(body=orjson.dumps(self.log.dump()), headers=JSON_HEADERS)
        if request.path == "/reset":
            self.log = Log()
            return web.Response(body=b"{}", headers=JSON_HEADERS)
        if request.path == "/hold":
            self._flowing.clear()
            return web.Response(body=b"{}", headers=JSON_HEADERS)
        if request.path == "/release":
            self._flowing.set()
            return web.Response(body=b"{}", headers=JSON_HEADERS)
        log = self.log
        log.requests += 1
        log.first_at = log.first_at or monotonic()
        log.in_flight += 1
        log.max_in_flight = max(log.max_in_flight, log.in_flight)
        try:
            return await self._complete_in_place(request, log)
        finally:
            log.in_flight -= 1
            log.last_at = monotonic()

    async def _complete_in_place(self, request: web.BaseRequest, log: Log) -> web.StreamResponse:
        if not self._room.enter(monotonic() - log.first_at):
            log.refused += 1
            raw = await request.content.read()
            return await self._misbehave(Fault.RATE_LIMITED, request, orjson.loads(raw))
        try:
            return await self._complete(request, log)
        finally:
            self._room.leave()

    async def _complete(self, request: web.BaseRequest, log: Log) -> web.StreamResponse:
        raw = await request.content.read()  # request.read() refuses more than 1 MB
        body = orjson.loads(raw)
        prompt = subject(request.path, body)
        step = self.behaviour.plan.step(log.requests - 1, prompt, log.prompts[prompt])
        log.prompts[prompt] += 1
        log.headers.append(request.headers)
        log.bodies.append(raw)
        log.paths[request.path_qs] += 1
        log.steps["canned" if isinstance(step, Canned) else step.value] += 1
        if self.behaviour.latency_s:
            await asyncio.sleep(self.behaviour.latency_s)
        await self._flowing.wait()
        if step is Fault.NONE and request.path in (*PROTOCOLS, COMPLETIONS_PATH, TOKENIZE_PATH):
            text = judgement(body) or assistance(body) or self._answer(prompt)
            step = self._answer_to(request.path, body, text)
            log.answered[prompt] += 1
        return await self._misbehave(step, request, body)

    def _answer_to(self, path: str, body: Any, text: str, model: str = "") -> Canned:
        if protocol := PROTOCOLS.get(path):
            return protocol.answer(body, text)
        return self._scoring.answer(path, body, model)

    def _answer(self, prompt: str) -> str:
        drawn = share(prompt)
        if drawn < self.behaviour.refuse_share:
            return REFUSALS[int(drawn * 1e6) % len(REFUSALS)]
        return f"Sure, here is what you asked for: answer number {int(drawn * 1e9)}, in full."

    async def _misbehave(self, step: Fault | Canned, request: web.BaseRequest, body: Any) -> web.StreamResponse:
        match step:
            case Fault.STALL:
                await self._closing.wait()
                return web.Response(status=503)
            case Fault.DROP:
                return _drop(request)
            case Fault.HALF:
                whole = self._answer_to(request.path, body, "half of this is missing")
                return await _send_half(request, whole.body)
            case Fault.ECHO:
                key = key_of(request)
                canned = self._answer_to(request.path, body, f"your key is {key}", f"model of {key}")
            case Canned():
                canned = step
            case _:
                canned = self._canned(step, request.path, key_of(request))
        return web.Response(status=canned.status, body=canned.body, headers=JSON_HEADERS | dict(canned.headers))

    def _canned(self, fault: Fault, path: str, key: str) -> Canned:
        protocol = PROTOCOLS.get(path, PROTOCOLS["/v1/chat/completions"])  # /completions has the filter of its sibling
        refused = {"error": {"message": f"not allowed\nwith {key}", "type": "invalid_request_error"}}
        canned = {
            Fault.RATE_LIMITED: Canned(429, orjson.dumps(refused), {"Retry-After": self.behaviour.retry_after}),
            Fault.RATE_LIMITED_BARE: Canned.json(refused, 429),
            Fault.SERVER_FAULT: Canned.json({"detail": f"the server broke on {key}"}, 500),
            Fault.UNAUTHORIZED: Canned.json({"error": {"message": f"Incorrect API key provided: {key}"}}, 401),
            Fault.FORBIDDEN: Canned.json(refused, 403),
            Fault.REDIRECT: Canned(302, b"", {"Location": f"http://elsewhere.invalid/v1?key={key}"}),
            Fault.HTML: Canned(200, f"<!DOCTYPE html><html><body>{key}</body></html>".encode()),
            Fault.MALFORMED: Canned(200, f'{{"choices": [{{"message": {key}'.encode()),
            Fault.EMPTY: Canned(200, b""),
            Fault.NO_CHOICES: Canned.json({"error": {"message": f"overloaded, said {key}"}}),
            Fault.FILTERED: Canned.json(protocol.filtered(key), 400),
            Fault.FILTERED_ANSWER: Canned.json(protocol.filtered_answer),
        }
        return canned.get(fault) or Canned.json({"error": {"message": f"no such path or model, {key}"}}, 404)


def key_of(request: web.BaseRequest) -> str:
    """The key of a request, however it came."""
    return next((request.headers[name] for name in KEY_HEADERS if name in request.headers), "")


def subject(path: str, body: Mapping[str, Any]) -> str:
    """What a request is about: its last message, its prompt, or the first of its prompts."""
    if path in PROTOCOLS:
        return PROTOCOLS[path].prompt(body)
    if "messages" in body:
        return str(body["messages"][-1]["content"])
    return body["prompt"] if isinstance(body["prompt"], str) else str(body["prompt"][0])


def _drop(request: web.BaseRequest) -> web.Response:
    if request.transport:
        request.transport.abort()
    return web.Response()


async def _send_half(request: web.BaseRequest, whole: bytes) -> web.StreamResponse:
    response = web.StreamResponse(headers=JSON_HEADERS | {"Content-Length": str(len(whole))})
    await response.prepare(request)
    await response.write(whole[: len(whole) // 2])
    if request.transport:
        request.transport.close()
    return response
