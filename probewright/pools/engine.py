"""The role of an engine: it says how to start a process that serves a model; the supervisor does the rest.

The process keeps to four rules (see `probewright.pools.child`): it binds 127.0.0.1 on a port of its own choice, tells
that port on stdout, speaks OpenAI's protocol below ``/v1`` beside a health check, and ends with its parent.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import ClassVar, Protocol

from probewright.errors import PoolError
from probewright.pools.models import InstalledModel


@dataclass(frozen=True, slots=True)
class EngineOptions:
    """What a lease asks of an engine. Leases with the same model, engine and options share one process.

    Attributes:
        slots: requests that are answered at the same time.
        context_tokens: the longest prompt and answer together, for each slot.
        process: counts from 0 the processes that serve one model side by side; each has a core of its own.
        adapter: the key of a trained adapter (see `probewright.pools.adapters`) to put on the model, or empty.
    """

    slots: int = 8
    context_tokens: int = 1024
    process: int = 0
    adapter: str = ""


class Engine(Protocol):
    """Serves local models. Adding one: a file in `pools/engines/` and a line in the registry."""

    name: ClassVar[str]
    requires: ClassVar[str]  # the import name of the package that does the work
    extra: ClassVar[str]  # the extra of `probewright` that installs it
    health_path: ClassVar[str]
    start_limit_s: ClassVar[float]  # how long loading a model may take

    def command(self, model: InstalledModel, options: EngineOptions, port: int) -> Sequence[str]:
        """The process to start. ``port`` is what it should bind if that is free; 0 leaves the choice to it."""
        ...

    def environment(self) -> Mapping[str, str]:
        """Environment variables of the process, on top of the few that every engine gets."""
        ...


def check_installed(engine: Engine) -> None:
    """Checks for the package that does the work, without importing it.

    Raises:
        PoolError: it is missing; the message ends with the command that installs it.
    """
    if find_spec(engine.requires) is None:
        raise PoolError(
            f"engine {engine.name!r} needs the package {engine.requires}: pip install 'probewright[{engine.extra}]'"
        )
