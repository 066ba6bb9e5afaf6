"""The log of an engine's process: a file of bounded size, and its last line for messages."""

import asyncio
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from probewright import home

MAX_BYTES = 512 * 1024  # of a file; one older file is kept beside it
MAX_FILES = 20
MAX_LINE_CHARS = 500


class EngineLog:
    """Writes what a process says to ``<data folder>/engine-logs/<name>.log``.

    When the file is full it becomes ``.log.1`` and a new one starts.
    """

    def __init__(self, name: str) -> None:
        folder = home.folder("engine-logs")
        _prune(folder)
        self.path = folder / f"{name}.log"
        self.last_line = ""
        self._file = open(self.path, "ab")  # noqa: SIM115 (closed by __exit__)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def write(self, line: bytes) -> None:
        """Appends one line, with its end."""
        if self._file.tell() + len(line) > MAX_BYTES:
            self._file.close()
            os.replace(self.path, f"{self.path}.1")
            self._file = open(self.path, "wb")  # noqa: SIM115 (closed by __exit__)
        self._file.write(line[:MAX_BYTES])
        self._file.flush()
        if text := line.decode(errors="replace").strip():
            self.last_line = text[:MAX_LINE_CHARS]


async def copy_lines(source: asyncio.StreamReader, log: EngineLog) -> None:
    """Copies ``source`` to ``log`` until its end."""
    while True:
        try:
            line = await source.readuntil()
        except asyncio.IncompleteReadError as end:
            if end.partial:
                log.write(end.partial + b"\n")
            return
        except asyncio.LimitOverrunError as overrun:  # a line longer than the reader's buffer comes in pieces
            line = await source.readexactly(overrun.consumed) + b"\n"
        log.write(line)


def _prune(folder: Path) -> None:
    """Deletes the oldest logs, so that a machine that runs campaigns for months does not fill up."""
    logs = sorted(folder.glob("*.log*"), key=_changed)
    for path in logs[: max(0, len(logs) - 2 * MAX_FILES)]:
        path.unlink(missing_ok=True)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # another process pruned it
        return 0.0
