"""Long answers at the same time are bounded, so that the threads of a small server are left for short ones."""

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from django.http import StreamingHttpResponse

from probewright.webapp.api.problems import Problem

CHUNK_BYTES = 64 * 1024
RETRY_S = 5


class Places:
    """A number of places; who finds none goes away at once instead of waiting."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._free = BoundedSemaphore(most)

    def enter(self) -> bool:
        """Takes a place where one is free."""
        return self._free.acquire(blocking=False)

    def leave(self) -> None:
        """Gives it back."""
        self._free.release()


WAITERS = Places(6)  # long polls; `probewright serve` has 12 threads
STREAMS = Places(4)  # exports and checks of targets


def enter_stream() -> None:
    """Takes a place for a long answer.

    Raises:
        Problem: none is free.
    """
    if not STREAMS.enter():
        said = f"{STREAMS.most} exports or checks are under way, which is all that this server does at once"
        raise Problem("too_many_streams", said, headers={"Retry-After": str(RETRY_S)})


@contextmanager
def stream_place() -> Iterator[None]:
    """A place for an answer that is long to make, until the block ends.

    Raises:
        Problem: none is free.
    """
    enter_stream()
    try:
        yield
    finally:
        STREAMS.leave()


class _Chunks:
    """Pieces as larger chunks; `close`, which Django calls in every case, gives the place back."""

    def __init__(self, pieces: Iterable[bytes], leave: Callable[[], None]) -> None:
        self._chunks = _chunks(pieces)
        self._leave: Callable[[], None] | None = leave

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self._chunks.close()
        if self._leave is not None:
            self._leave()
            self._leave = None


def streamed(begin: Callable[[], Iterable[bytes]], media_type: str, name: str) -> StreamingHttpResponse:
    """An answer that is sent while it is made, in a place for long ones; browsers save it as ``name``.

    Args:
        begin: Gives the pieces. What it raises is raised before the answer begins, and the place is free again.
        media_type: Of the answer.
        name: Of the file.

    Raises:
        Problem: no place is free.
    """
    enter_stream()
    try:
        pieces = begin()
    except BaseException:
        STREAMS.leave()
        raise
    response = StreamingHttpResponse(_Chunks(pieces, STREAMS.leave), content_type=media_type)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _chunks(pieces: Iterable[bytes]) -> Generator[bytes, None, None]:
    waiting: list[bytes] = []
    size = 0
    for piece in pieces:
        waiting.append(piece)
        size += len(piece)
        if size >= CHUNK_BYTES:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
