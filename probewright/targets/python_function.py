"""Finds a function by its name in the user's code, and runs one without blocking the event loop."""

import asyncio
import importlib
import pkgutil
import re
import sys
from collections.abc import Callable
from contextlib import suppress
from contextvars import copy_context
from difflib import get_close_matches
from functools import partial
from operator import attrgetter
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

from probewright.errors import ConfigError, unknown
from probewright.targets.failures import one_line

REFERENCE = re.compile(r"(?P<module>[^\W\d]\w*(\.[^\W\d]\w*)*):(?P<function>[^\W\d]\w*(\.[^\W\d]\w*)*)")


def load_function(reference: str) -> Callable[..., Any]:
    """The function that ``module:function`` names, with the current folder first on ``sys.path`` from now on.

    Raises:
        ConfigError: there is no such module or function, it cannot be called, or importing its module fails.
    """
    module_name, _, function_name = reference.partition(":")
    module = _load_module(reference, module_name)
    try:
        found = attrgetter(function_name)(module)
    except AttributeError:
        names = [name for name, value in vars(module).items() if callable(value) and not name.startswith("_")]
        problem = unknown(f"function of {module_name}", function_name, names)
        raise ConfigError(f"callable {reference!r}: {problem}") from None
    if not callable(found):
        raise ConfigError(f"callable {reference!r}: {function_name} is a {type(found).__name__}, not a function")
    return found  # type: ignore[no-any-return]


async def in_thread(function: Callable[..., Any], *arguments: Any) -> Any:
    """What ``function`` returns or raises, run in a daemon thread of its own.

    One that hangs keeps neither other calls nor the end of the process waiting, as it would in a pool of threads.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[tuple[Any, BaseException | None]] = loop.create_future()
    run = partial(copy_context().run, function, *arguments)
    Thread(target=_run, args=(run, loop, done), name="probewright-python-target", daemon=True).start()
    result, error = await done
    if error is not None:
        raise error
    return result


def _run(
    run: Callable[[], Any], loop: asyncio.AbstractEventLoop, done: "asyncio.Future[tuple[Any, BaseException | None]]"
) -> None:
    try:
        outcome: tuple[Any, BaseException | None] = (run(), None)
    except BaseException as error:  # noqa: BLE001 (the edge of a thread: raised again where the answer is awaited)
        outcome = (None, error)
    with suppress(RuntimeError):  # the loop has ended: nobody waits any more
        loop.call_soon_threadsafe(_settle, done, outcome)


def _settle(
    done: "asyncio.Future[tuple[Any, BaseException | None]]", outcome: tuple[Any, BaseException | None]
) -> None:
    if not done.done():  # it is done where the caller gave up
        done.set_result(outcome)


def _load_module(reference: str, name: str) -> ModuleType:
    here = str(Path.cwd())
    if here not in sys.path:
        sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name and f"{name}.".startswith(f"{error.name}."):
            raise ConfigError(f"callable {reference!r}: {_missing(error.name, here)}") from None
        problem: BaseException = error
    except (Exception, SystemExit) as error:  # noqa: BLE001 (the edge to the user's code: reported as their input)
        problem = error
    kind, text = type(problem).__name__, one_line(str(problem))
    raise ConfigError(f"callable {reference!r}: importing {name} fails: {kind}: {text}") from problem


def _missing(name: str, here: str) -> str:
    """What to say of a module that is not there: the near miss beside it, if there is one."""
    package, _, last = name.rpartition(".")
    folders = getattr(sys.modules.get(package), "__path__", []) if package else [here]
    near = get_close_matches(last, [module.name for module in pkgutil.iter_modules(folders)], n=1, cutoff=0.6)
    hint = f"did you mean {f'{package}.{near[0]}'.lstrip('.')!r}? " if near else ""
    return f"no module {name!r}: {hint}searched {here} and what is installed"
