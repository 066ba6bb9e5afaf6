"""Progress while a campaign runs: a live display on a terminal, a plain line now and then elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import TextIO

from probewright.campaigns.engine.progress import Progress
from probewright.types import Status

LINE_EVERY_S = 10.0
REFRESHES_PER_S = 4


@contextmanager
def watching(progress: Progress, name: str, stream: TextIO) -> Iterator[None]:
    """Shows ``progress`` on ``stream`` until the block ends."""
    lines = Lines(progress, name)
    with _live(lines, stream) if stream.isatty() else _plain(lines, stream):
        yield
    print(lines.text(), file=stream, flush=True)


class Lines:
    """A campaign's progress in words."""

    def __init__(self, progress: Progress, name: str) -> None:
        self._progress = progress
        self._name = name
        self._started = monotonic()

    def text(self) -> str:
        """Done of total, rate, errors, retries, refusals, tokens, cost and the time left."""
        p = self._progress
        parts = [f"{self._name}: {p.done:,}/{p.total:,}", f"{self.rate():.1f}/s"]
        parts += [f"{count:,} {status.value}" for status in Status if (count := p.outcomes[status])]
        parts += [f"{p.labels['refusal']:,} refusals"] if p.labels["refusal"] else []
        parts.append(f"{p.retries:,} retries")
        parts += [f"{p.spent.tokens:,} tokens", self.cost(), *self._time_left()]
        return ", ".join(parts)

    def rate(self) -> float:
        """Outcomes a second in this run."""
        return (self._progress.done - self._progress.done_before) / max(1e-9, monotonic() - self._started)

    def cost(self) -> str:
        """US dollars so far; an unknown price is said, never shown as zero."""
        usd = self._progress.spent.usd
        return "cost unknown" if usd is None else f"${usd:.4f}"

    def _time_left(self) -> list[str]:
        left, rate = self._progress.total - self._progress.done, self.rate()
        if left <= 0 or rate <= 0:
            return []
        minutes, seconds = divmod(round(left / rate), 60)
        return [f"{minutes}:{seconds:02} left"]


@contextmanager
def _plain(lines: Lines, stream: TextIO) -> Iterator[None]:
    is_over = Event()

    def speak() -> None:
        while not is_over.wait(LINE_EVERY_S):
            print(lines.text(), file=stream, flush=True)

    thread = Thread(target=speak, name="probewright-progress", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


@contextmanager
def _live(lines: Lines, stream: TextIO) -> Iterator[None]:
    # rich costs 50 ms and 10 MB, which a run in CI should not pay.
    from rich.console import Console  # noqa: PLC0415
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream)
    with Live(
        get_renderable=lambda: Text(lines.text(), style="bold"),
        console=console,
        refresh_per_second=REFRESHES_PER_S,
        transient=True,
    ):
        yield
