"""Log-probabilities of given texts: what the texts of one request begin with in common is read once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from probewright.pools.engines.transformers_server.prefixes import (
    BLOCK_TOKENS,
    PIECE_TOKENS,
    LogProbs,
    Prefix,
    Prefixes,
    cache_of,
    keeps_all_tokens,
    pieces_matter,
)

LOGIT_ROWS = 512  # positions whose logits are in memory at once: 100 MB each way for 49,152 tokens in float32
CACHED_TOKENS = 16384  # of the copies of a long prefix, one for each text of a batch


@dataclass(frozen=True, slots=True)
class Scored:
    """The natural log-probability of each token given those before it; None for the first and for those not wanted.

    ``following`` is the most likely next token with its log-probability, where that was asked for.
    """

    logprobs: LogProbs
    following: tuple[int, float] | None = None


class Scorer:
    """Scores texts with one model. Not for several threads at once.

    Args:
        model: a causal language model of transformers.
        prefixes: reads what texts have in common; None chooses how by trying the model.
    """

    def __init__(self, model: Any, prefixes: Prefixes | None = None) -> None:
        self._model = model
        self._prefixes = prefixes
        if prefixes is None and keeps_all_tokens(model):
            self._prefixes = Prefixes(model, BLOCK_TOKENS if pieces_matter(model) else PIECE_TOKENS)

    def score(self, texts: Sequence[Sequence[int]], since: int = 0, with_following: bool = False) -> list[Scored]:
        """Scores ``texts`` (tokens, at least one each), all positions from ``since`` on."""
        with torch.inference_mode():
            if self._prefixes is None:
                return [score_alone(self._model, text, since, with_following) for text in texts]
            shared = _without_lone_token(common_length(texts))
            prefix = self._prefixes.read(texts[0][:shared], since)
            rows = [text[shared:] for text in texts]
            size = _rows_at_once(shared, max(map(len, rows)))
            scored: list[Scored] = []
            for start in range(0, len(rows), size):
                scored += self._score_rows(prefix, rows[start : start + size], with_following)
        return [Scored(_hidden(prefix.logprobs + row.logprobs, since), row.following) for row in scored]

    def _score_rows(self, prefix: Prefix, rows: Sequence[Sequence[int]], with_following: bool) -> list[Scored]:
        """Scores what comes after ``prefix``: rows padded on the right, where causal attention never looks."""
        logprobs: list[LogProbs] = [[_first(prefix, row)] for row in rows]
        following: list[tuple[int, float] | None] = [None] * len(rows)
        fed = [row if with_following else row[:-1] for row in rows]
        for start, logits in self._logits(prefix, fed):
            for index, row in enumerate(rows):
                scores = logits[index].log_softmax(-1, dtype=torch.float32)
                logprobs[index] += _picked(scores, row[start + 1 : start + 1 + len(scores)])
                last = len(row) - 1 - start
                if with_following and 0 <= last < len(scores):
                    following[index] = _most_likely(scores[last])
        return [Scored(*pair) for pair in zip(logprobs, following, strict=True)]

    def _logits(self, prefix: Prefix, rows: Sequence[Sequence[int]]) -> Iterator[tuple[int, torch.Tensor]]:
        """The logits (rows x positions x vocabulary) of a few positions at a time, and where they start."""
        if not any(rows):  # texts that differ in one token each, such as letters of options, are scored already
            return
        width = _padded(max(map(len, rows)))
        ids = torch.tensor([[*row, *[0] * (width - len(row))] for row in rows], device=self._model.device)
        copies = (len(rows), -1, -1, -1)
        cache = cache_of(self._model, [(k.expand(copies), v.expand(copies)) for k, v in prefix.layers])
        for start in range(0, width, BLOCK_TOKENS):
            piece = ids[:, start : start + BLOCK_TOKENS]
            yield start, self._model(input_ids=piece, past_key_values=cache, use_cache=True).logits


def _first(prefix: Prefix, row: Sequence[int]) -> float | None:
    return None if prefix.following is None else float(prefix.following[row[0]])


def score_alone(model: Any, text: Sequence[int], since: int = 0, with_following: bool = False) -> Scored:
    """Scores one text at once, with no cache: what everything else here must be equal to."""
    ids = torch.tensor([text], device=model.device)
    with torch.inference_mode():
        scores = model(input_ids=ids, use_cache=False).logits[0].log_softmax(-1, dtype=torch.float32)
        logprobs: LogProbs = [None, *_picked(scores, text[1:])]
        return Scored(_hidden(logprobs, since), _most_likely(scores[-1]) if with_following else None)


def common_length(texts: Sequence[Sequence[int]]) -> int:
    """How many tokens all texts begin with in common, leaving at least one of each."""
    first, last = min(map(list, texts)), max(map(list, texts))  # in the order of a dictionary: the most different
    most = min(map(len, texts)) - 1
    return next((i for i in range(most) if first[i] != last[i]), most)


# A token that is read alone goes through other kernels, which round otherwise in bfloat16; so none ever is.
def _without_lone_token(length: int) -> int:
    return length - 1 if length % BLOCK_TOKENS == 1 else length


def _padded(width: int) -> int:
    return width + 1 if width % BLOCK_TOKENS == 1 else width


def _rows_at_once(shared: int, width: int) -> int:
    by_logits = LOGIT_ROWS // min(width, BLOCK_TOKENS)
    by_cache = CACHED_TOKENS // (shared + width)
    return max(1, min(by_logits, by_cache))


def _picked(scores: torch.Tensor, tokens: Sequence[int]) -> LogProbs:
    """``scores`` (positions x vocabulary) of these tokens, one a position."""
    chosen = torch.tensor(tokens, dtype=torch.long, device=scores.device)
    values: LogProbs = scores[: len(tokens)].gather(1, chosen[:, None])[:, 0].tolist()
    return values


def _most_likely(scores: torch.Tensor) -> tuple[int, float]:
    value, token = scores.max(-1)
    return int(token), float(value)


def _hidden(logprobs: LogProbs, since: int) -> LogProbs:
    return [None if position < since else value for position, value in enumerate(logprobs)]
