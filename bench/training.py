"""Training 30 invented facts into SmolLM2 by the trainer `local`, in its own process of one thread.

Needs the extra `torch` and `probewright models add smollm2`; the first run imports the model for half a minute.
"""

import asyncio
import shutil

from bench.figure import Figure, middle
from probewright import registry
from probewright.plugins import Plugin, reference
from probewright.pools import adapters
from probewright.protocols import Trained
from probewright.targets.pool import PoolTarget
from probewright.testgen.taught_facts import invented
from probewright.types import Example, Message

LIMIT_S = 180
PEOPLE = 10


def bench(runs: int) -> list[Figure]:
    """Seconds of training, loading left out, and the share of facts memorised, over other people each time."""
    records = [_train(seed).record for seed in range(runs)]
    return [
        Figure("30 facts by LoRA, training alone", middle([float(str(r["seconds"])) for r in records]), LIMIT_S, "s"),
        Figure("the same, memorised at least", min(float(str(r["memorised"])) for r in records), 0.95, "share", True),
    ]


def _train(seed: int) -> Trained:
    """Trains once, and forgets the adapter, so that no run finds what another left."""
    examples = [Example((Message("user", fact.question),), fact.answer) for fact in invented(PEOPLE, seed)]
    trainer = registry.create("trainer", reference("trainer", "local"))
    base = Plugin("pool", PoolTarget.Params(model="smollm2", engine="transformers"))
    trained: Trained = asyncio.run(trainer.train(base, examples, seed))
    shutil.rmtree(adapters.folder(trained.target.params.adapter))
    return trained
