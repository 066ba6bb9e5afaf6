"""Measures the engine `transformers` in a process of its own, since it imports torch.

Run by `bench.scoring`: python -m bench.scoring_process RUNS prints the measurements as JSON.
"""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from time import process_time
from typing import Any

import orjson
import torch

from bench.figure import middle
from probewright.pools import models
from probewright.pools.engines.transformers_server import loading
from probewright.pools.engines.transformers_server.generation import Row, generate
from probewright.pools.engines.transformers_server.loading import Loaded
from probewright.pools.engines.transformers_server.prefixes import PIECE_TOKENS, Prefixes
from probewright.pools.engines.transformers_server.sampling import Sampling
from probewright.pools.engines.transformers_server.scoring import Scored, Scorer, score_alone
from probewright.pools.engines.transformers_server.texts import Texts
from probewright.pools.imported import imported

PREFIX_TOKENS = 150
TEXT_TOKENS = 600
QUESTION_TOKENS = 20
QUESTIONS = 12
ANSWER_TOKENS = 24
BATCHES = (1, 8, 32)
TEXT = "".join(
    f"In the year {1700 + 7 * n} the museum of the town on river {n} bought map {n * 37 % 101}, which a captain drew "
    f"when nobody had seen coast {n * 53 % 89}; it cost {n * 11} crowns and hangs in room {n % 13}. "
    for n in range(40)
)


def measure(runs: int) -> dict[str, Any]:
    """All measurements."""
    found = models.find("smollm2")
    folder = imported(found.path, found.sha256)
    loaded, exact = (loading.load(folder, "smollm2", 1024, dtype) for dtype in ("auto", "float32"))
    # Without end tokens every answer is as long as it may be.
    loaded = replace(loaded, end_tokens=frozenset())
    texts = Texts(loaded.tokenizer, loaded.name, len(loaded.tokenizer))
    tokens = texts.encode(TEXT, add_special_tokens=False)
    prompts = [tokens[:PREFIX_TOKENS] + tokens[start : start + 4] for start in (800, 830, 860, 890)]
    return {
        "dtype": str(loaded.model.dtype).removeprefix("torch."),
        "options": ratio(partial(apart, loaded, prompts), partial(shared, loaded, prompts, PREFIX_TOKENS), runs),
        "options_echoed": ratio(partial(apart, loaded, prompts), partial(shared, loaded, prompts), runs),
        "nats": largest_difference(loaded, prompts),
        "nats_float32": largest_difference(exact, prompts),
        "questions": questions(loaded, tokens, runs),
        "tokens_per_s": {str(size): tokens_per_s(loaded, texts, size, runs) for size in BATCHES},
    }


def apart(loaded: Loaded, prompts: list[list[int]]) -> list[Scored]:
    """Every prompt alone, as a server without shared prefixes would score it."""
    return [score_alone(loaded.model, prompt) for prompt in prompts]


def forgetful(loaded: Loaded) -> Scorer:
    """A scorer that remembers nothing yet. On every measured machine pieces did not matter, see `pieces_matter`."""
    return Scorer(loaded.model, Prefixes(loaded.model, PIECE_TOKENS))


def shared(loaded: Loaded, prompts: list[list[int]], since: int = 0) -> list[Scored]:
    """All prompts as one request, nothing remembered from before."""
    return forgetful(loaded).score(prompts, since)


def largest_difference(loaded: Loaded, prompts: list[list[int]]) -> float:
    """In nats, between the summed log-probabilities of a prompt scored both ways."""
    both = zip(apart(loaded, prompts), shared(loaded, prompts), strict=True)
    return max(abs(total(one) - total(other)) for one, other in both)


def total(scored: Scored) -> float:
    """The log-probability of the whole text but its first token."""
    return sum(value for value in scored.logprobs if value is not None)


def questions(loaded: Loaded, tokens: list[int], runs: int) -> float:
    """Questions with four options after one long text: seconds with a new memory for each over one for all."""
    starts = range(TEXT_TOKENS, TEXT_TOKENS + QUESTIONS)
    asked = [tokens[:TEXT_TOKENS] + tokens[start : start + QUESTION_TOKENS] for start in starts]
    requests = [[[*question, option] for option in (100, 200, 300, 400)] for question in asked]

    def anew() -> None:
        for prompts in requests:
            shared(loaded, prompts)

    def remembered() -> None:
        scorer = forgetful(loaded)
        for prompts in requests:
            scorer.score(prompts)

    return ratio(anew, remembered, runs)


def tokens_per_s(loaded: Loaded, texts: Texts, size: int, runs: int) -> float:
    """Tokens a second of a batch of ``size`` answers, prompts read included."""
    prompts = [texts.encode(f"Question {number}: what is a map? Answer:", False) for number in range(size)]
    rows = [Row(prompt, Sampling(ANSWER_TOKENS, temperature=0)) for prompt in prompts]
    return size * ANSWER_TOKENS / middle([seconds(partial(generate, loaded, texts, rows)) for _ in range(runs)])


def ratio(slow: Callable[[], Any], fast: Callable[[], Any], runs: int) -> float:
    """The median of seconds over seconds, taken in turns, so that a busy machine slows both."""
    return middle([seconds(slow) / seconds(fast) for _ in range(runs)])


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of ``work``, which has one thread: those of the wall where nobody else wants the core."""
    began = process_time()
    work()
    return process_time() - began


if __name__ == "__main__":
    torch.set_num_threads(1)
    sys.stdout.buffer.write(orjson.dumps(measure(int(sys.argv[1]))))
