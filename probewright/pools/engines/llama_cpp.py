"""The engine `llama_cpp`: GGUF models on the CPU, one core a process, by llama.cpp's own server."""

import sys
from collections.abc import Mapping, Sequence
from typing import ClassVar

from probewright.pools.child import ONE_THREAD
from probewright.pools.engine import EngineOptions
from probewright.pools.models import InstalledModel

SERVER = "probewright.pools.engines.llama_cpp_server"


class LlamaCpp:
    """llama.cpp (https://github.com/ggml-org/llama.cpp) through the package xllamacpp."""

    name: ClassVar[str] = "llama_cpp"
    requires: ClassVar[str] = "xllamacpp"
    extra: ClassVar[str] = "local"
    health_path: ClassVar[str] = "/health"
    start_limit_s: ClassVar[float] = 60.0

    def command(self, model: InstalledModel, options: EngineOptions, port: int) -> Sequence[str]:
        """See `Engine.command`. ``-P`` keeps files of the working folder from being imported."""
        settings = {
            "--path": model.path,
            "--name": model.name,
            "--slots": options.slots,
            "--context-tokens": options.context_tokens,
            "--port": port,
        }
        flags = [str(part) for pair in settings.items() for part in pair]
        return [sys.executable, "-P", "-m", SERVER, *flags]

    def environment(self) -> Mapping[str, str]:
        """One thread for every library below."""
        return ONE_THREAD
