"""The engine `transformers`: GGUF models in torch, on the CPU or on CUDA, with scores of given texts."""

import sys
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar

from probewright import home
from probewright.pools import adapters
from probewright.pools.child import ONE_THREAD
from probewright.pools.engine import EngineOptions
from probewright.pools.models import InstalledModel

SERVER = "probewright.pools.engines.transformers_server"
ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        **ONE_THREAD,
        "TOKENIZERS_PARALLELISM": "false",
        # Nothing is fetched and nothing is told to anybody.
        "HF_HUB_OFFLINE": "1",
        "TRANSFORMERS_OFFLINE": "1",
        "HF_HUB_DISABLE_TELEMETRY": "1",
        "TQDM_DISABLE": "1",  # progress bars would fill the log
    }
)


class Transformers:
    """Hugging Face transformers (https://github.com/huggingface/transformers), one process and one core a model."""

    name: ClassVar[str] = "transformers"
    requires: ClassVar[str] = "transformers"
    extra: ClassVar[str] = "torch"
    health_path: ClassVar[str] = "/health"
    # The first start imports the model, which takes 20 to 40 s for a small one, and may wait for another that does.
    start_limit_s: ClassVar[float] = 600.0

    def command(self, model: InstalledModel, options: EngineOptions, port: int) -> Sequence[str]:
        """See `Engine.command`. ``-P`` keeps files of the working folder from being imported.

        Raises:
            ModelMissing: the adapter is not on this machine.
        """
        settings = {
            "--path": model.path,
            "--sha256": model.sha256,
            "--name": model.name,
            "--slots": options.slots,
            "--context-tokens": options.context_tokens,
            "--port": port,
        }
        if options.adapter:
            settings["--adapter"] = adapters.find(options.adapter)
        flags = [str(part) for pair in settings.items() for part in pair]
        return [sys.executable, "-P", "-m", SERVER, *flags]

    def environment(self) -> Mapping[str, str]:
        """One thread for every library below, no network, and the data folder, which holds imported models."""
        return {**ENVIRONMENT, home.VARIABLE: str(home.home())}
