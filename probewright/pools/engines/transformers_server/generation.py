"""Answers a batch of prompts; each row ends where its own request says."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from transformers import GenerationConfig

from probewright.pools.engines.transformers_server.loading import Loaded
from probewright.pools.engines.transformers_server.sampling import Draw, Sampling
from probewright.pools.engines.transformers_server.texts import Texts

PREFILL_TOKENS = 128  # of each row at a time: attention over whole long prompts takes memory by their square
STOP, LENGTH = "stop", "length"


@dataclass(frozen=True, slots=True)
class Row:
    """A prompt and how to answer it."""

    tokens: Sequence[int]
    sampling: Sampling


@dataclass(frozen=True, slots=True)
class Generated:
    """An answer: ``finish_reason`` is ``stop`` or ``length``; ``tokens`` counts those generated, the end token too."""

    text: str
    finish_reason: str
    tokens: int


@dataclass(slots=True)
class Progress:
    """What one row has said so far, and how it ended, where it has."""

    row: Row
    said: list[int]
    finish_reason: str = ""


class Ends:
    """Ends each row at its end token, its stop texts or its longest length: a stopping criterion for ``generate``."""

    def __init__(self, rows: Sequence[Row], end_tokens: frozenset[int], texts: Texts) -> None:
        self.rows = [Progress(row, []) for row in rows]
        self._end_tokens = end_tokens
        self._texts = texts

    def __call__(self, input_ids: torch.Tensor, *_: Any, **__: Any) -> torch.Tensor:
        """Which rows are done, now that ``input_ids`` has one more token (rows x length)."""
        for progress, token in zip(self.rows, input_ids[:, -1].tolist(), strict=True):
            if not progress.finish_reason:
                progress.said.append(token)
                progress.finish_reason = self._reason(progress)
        done = [bool(progress.finish_reason) for progress in self.rows]
        return torch.tensor(done, device=input_ids.device)

    def answers(self) -> list[Generated]:
        """The answers of all rows."""
        return [self._answer(progress) for progress in self.rows]

    def _reason(self, progress: Progress) -> str:
        sampling = progress.row.sampling
        if progress.said[-1] in self._end_tokens:
            return STOP
        if sampling.stop:
            # A token is at least a byte and a character at most four, so a stop text that is new lies in this tail.
            tail = progress.said[-4 * (max(map(len, sampling.stop)) + 1) :]
            text = self._texts.decode(tail, skip_special_tokens=True)
            if any(stop in text for stop in sampling.stop):
                return STOP
        return LENGTH if len(progress.said) >= sampling.max_tokens else ""

    def _answer(self, progress: Progress) -> Generated:
        text = self._texts.decode(progress.said, skip_special_tokens=True)
        found = [text.find(stop) for stop in progress.row.sampling.stop if stop in text]
        return Generated(text[: min(found)] if found else text, progress.finish_reason, len(progress.said))


def generate(loaded: Loaded, texts: Texts, rows: Sequence[Row]) -> list[Generated]:
    """The answers to ``rows``, in order, computed as one batch padded on the left.

    In float32 an answer at temperature 0 is the one that the row gets alone. In bfloat16 padding can move a close call.
    """
    width = max(len(row.tokens) for row in rows)
    filler = next(iter(loaded.end_tokens), 0)  # masked, so any token will do
    ids = [[filler] * (width - len(row.tokens)) + list(row.tokens) for row in rows]
    mask = [[0] * (width - len(row.tokens)) + [1] * len(row.tokens) for row in rows]
    ends = Ends(rows, loaded.end_tokens, texts)
    config = GenerationConfig(
        do_sample=False,  # `Draw` samples
        max_new_tokens=max(row.sampling.max_tokens for row in rows),
        pad_token_id=filler,
        prefill_chunk_size=PREFILL_TOKENS,
    )
    with torch.inference_mode():
        loaded.model.generate(
            input_ids=torch.tensor(ids, device=loaded.device),
            attention_mask=torch.tensor(mask, device=loaded.device),
            generation_config=config,
            logits_processor=[Draw([row.sampling for row in rows], loaded.device)],
            stopping_criteria=[ends],
        )
    return ends.answers()
