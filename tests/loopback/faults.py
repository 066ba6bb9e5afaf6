"""What can go wrong on the wire, and when: a list of exact answers, or rates drawn from a seed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import orjson


class Fault(StrEnum):
    """One way in which the server answers a request."""

    NONE = "none"
    RATE_LIMITED = "rate_limited"  # 429 with Retry-After
    RATE_LIMITED_BARE = "rate_limited_bare"  # 429 without it
    SERVER_FAULT = "server_fault"  # 500
    UNAUTHORIZED = "unauthorized"  # 401
    FORBIDDEN = "forbidden"  # 403
    NOT_FOUND = "not_found"  # 404
    REDIRECT = "redirect"  # 302 to another host
    HTML = "html"  # a page with 200, as proxies and captive portals send it
    MALFORMED = "malformed"  # 200, but not JSON
    EMPTY = "empty"  # 200 without a body
    NO_CHOICES = "no_choices"  # 200 and JSON, but no answer in it
    HALF = "half"  # half a body, then the connection closes
    DROP = "drop"  # the connection closes before a byte
    STALL = "stall"  # nothing at all, for ever
    FILTERED = "filtered"  # 400 of Azure's content filter
    FILTERED_ANSWER = "filtered_answer"  # 200 with the finish reason content_filter
    ECHO = "echo"  # 200, and the answer repeats the Authorization header


@dataclass(frozen=True)
class Canned:
    """An exact HTTP answer."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def json(cls, value: Any, status: int = 200) -> "Canned":
        return cls(status, orjson.dumps(value))

    @classmethod
    def message(cls, message: Mapping[str, Any], finish_reason: str = "stop", **rest: Any) -> "Canned":
        """A completion with exactly this message and no usage unless ``rest`` has it."""
        choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish_reason}
        return cls.json({"choices": [choice], **rest})


Step = Fault | Canned


@dataclass(frozen=True)
class Plan:
    """Which request meets which fault.

    Attributes:
        script: what the first requests meet, in order of arrival; later ones go by the rates.
        rates: share of requests, 0 to 1, that meet each fault.
        always: what every request meets once the script is over, in place of the rates.
        seed: draws differ by seed, prompt and how often that prompt was sent, never by the order of arrival.
    """

    script: tuple[Step, ...] = ()
    rates: Mapping[Fault, float] = field(default_factory=dict)
    always: Step = Fault.NONE
    seed: int = 0

    def step(self, arrival: int, prompt: str, repeat: int) -> Step:
        """What request number ``arrival`` meets, the ``repeat``-th with this prompt (both from 0)."""
        if arrival < len(self.script):
            return self.script[arrival]
        if not self.rates:
            return self.always
        drawn = share(f"{self.seed}/{repeat}/{prompt}")
        for fault, rate in self.rates.items():
            drawn -= rate
            if drawn < 0:
                return fault
        return self.always


def share(text: str) -> float:
    """A number from 0 to 1 that depends on ``text`` alone."""
    return int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big") / 2**64
