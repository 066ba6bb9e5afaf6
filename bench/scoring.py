"""Scores and answers of the engine `transformers` with SmolLM2: what sharing prefixes, memory and batches gain.

Needs the extra `torch` and `probewright models add smollm2`; the first run imports the model for half a minute.
"""

import sys

import orjson

from bench.figure import Figure, run

ENVIRONMENT = {name: "1" for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "HF_HUB_OFFLINE", "TQDM_DISABLE")}
FLOORS = {"8": 3.0, "32": 5.0}  # of the speed at a batch of one; on a noisy machine quote the ratio, not the speed


def bench(runs: int) -> list[Figure]:
    """The figures of scoring and of batches; torch stays in a process of its own."""
    measured = orjson.loads(run([sys.executable, "-m", "bench.scoring_process", str(runs)], ENVIRONMENT).output)
    speeds = measured["tokens_per_s"]
    return [
        Figure("four options after 150 tokens, apart / shared", measured["options"], 3, "ratio", is_floor=True),
        Figure("the same, scores of the prefix as well", measured["options_echoed"], 2.5, "ratio", is_floor=True),
        Figure("the same, largest difference in float32", measured["nats_float32"], 1e-4, "nats"),
        Figure(f"the same, largest difference in {measured['dtype']}", measured["nats"], 0.5, "nats"),
        Figure("12 questions after 600 tokens, anew / remembered", measured["questions"], 3, "ratio", is_floor=True),
        *(
            Figure(
                f"tokens a second, batch of {size} / of 1 ({speeds['1']:.0f})",
                speeds[size] / speeds["1"],
                floor,
                "ratio",
                is_floor=True,
            )
            for size, floor in FLOORS.items()
        ),
    ]
