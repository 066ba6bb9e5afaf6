"""Several requests that make one reply, and what their endpoint turned out to be unable to do."""

from dataclasses import dataclass, replace
from typing import Any, TypeVar

from yarl import URL

from probewright.errors import Unsupported
from probewright.targets.client import Call, HttpClient
from probewright.targets.failures import Failure
from probewright.types import Reply

T = TypeVar("T")


@dataclass(slots=True)
class Journey:
    """The requests behind one reply.

    Attributes:
        client: sends them.
        refusals: what each path said that it cannot do, one entry a path; shared by all journeys of a target, so that
            a later one fails at once and sends nothing.
        latency_s: seconds of the attempts that succeeded, all requests together.
        retries: how often a request was sent again.
    """

    client: HttpClient
    refusals: dict[URL, str]
    latency_s: float = 0.0
    retries: int = 0

    async def send(self, call: Call[T]) -> T:
        """The answer to one request.

        Raises:
            Unsupported: this path cannot do it; now, or when it was asked before.
            TargetError: no answer, after bounded retries.
        """
        self.check(call.url)
        try:
            answer = await self.client.send(call)
        except Unsupported as error:
            self.refusals[call.url] = str(error)
            raise
        self.latency_s += answer.latency_s
        self.retries += answer.attempts - 1
        return answer.value

    def check(self, url: URL) -> None:
        """Raises `Unsupported` where an earlier request to ``url`` did."""
        if url in self.refusals:
            raise Unsupported(self.refusals[url])

    def refusal(self, call: Call[Any], what: str, check: str) -> Unsupported:
        """The error to raise where an answer shows that the path of ``call`` cannot do it. It is remembered."""
        self.refusals[call.url] = str(Failure(Unsupported, what, check).error(str(call), attempts=1 + self.retries))
        return Unsupported(self.refusals[call.url])

    def stamp(self, reply: Reply) -> Reply:
        """``reply`` with what the journey took."""
        return replace(reply, latency_s=self.latency_s, attempts=1 + self.retries)
