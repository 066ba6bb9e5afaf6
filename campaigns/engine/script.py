"""Running scripts: the generators in which families, writers and oracles say what they ask."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from probewright.types import Ask, Reply, Script

T = TypeVar("T")


async def drive(script: Script[T], answer: Callable[[Ask], Awaitable[Reply]]) -> T:
    """Runs ``script`` to its end, answering what it yields, and returns what it returns.

    An error of ``answer`` closes the script and is raised to the caller.
    """
    try:
        ask = next(script)
        while True:
            ask = script.send(await answer(ask))
    except StopIteration as end:
        return end.value  # type: ignore[no-any-return]
    finally:
        script.close()


def run_pure(script: Script[T]) -> tuple[bool, T | None]:
    """Runs a script that may ask nobody: (True, its result), or (False, None) as soon as it asks."""
    try:
        next(script)
    except StopIteration as end:
        return True, end.value
    finally:
        script.close()
    return False, None
