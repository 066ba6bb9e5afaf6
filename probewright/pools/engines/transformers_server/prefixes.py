"""Reads prefixes and remembers what the model made of them, so that a text asked about sixty times is read once.

A prefix is read in blocks of `BLOCK_TOKENS`, always cut at the same places and always one block at a time, and only
whole blocks are remembered. A block from memory is therefore the very tensor that reading it again would give, and a
score does not depend, not even in its last bit, on what was asked before. Nothing writes into a remembered tensor:
every request starts a cache of its own, which copies.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

BLOCK_TOKENS = 64
MOST_BYTES = 512 * 1024 * 1024

LogProbs = list[float | None]
Layers = Sequence[tuple[torch.Tensor, torch.Tensor]]  # keys and values of each layer: rows x heads x tokens x size


@dataclass(frozen=True, slots=True)
class Block:
    """What the model made of the tokens of one block.

    Attributes:
        number: tells blocks with the same tokens after different beginnings apart.
        layers: keys and values, for this block alone.
        logprobs: of its tokens from the second on; None for those that nobody wanted to know.
        following: log-probabilities of whatever token follows the block (vocabulary).
    """

    number: int
    layers: Layers
    logprobs: LogProbs
    following: torch.Tensor

    @property
    def size(self) -> int:
        """Bytes of its tensors."""
        tensors = (self.following, *(tensor for layer in self.layers for tensor in layer))
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix that was read: keys and values of each layer, its tokens' log-probabilities, and what may follow."""

    layers: Layers
    logprobs: LogProbs
    following: torch.Tensor | None


Key = tuple[int, bool, tuple[int, ...]]  # the number of the block before (0: none), whether scored, the tokens


class Blocks:
    """The blocks that were asked for last, up to a number of bytes."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._bytes = 0
        self._blocks: OrderedDict[Key, Block] = OrderedDict()

    def find(self, key: Key) -> Block | None:
        """The block, where it is remembered."""
        return self._blocks.get(key)

    def keep(self, used: Iterable[tuple[Key, Block]]) -> None:
        """Remembers the blocks of one prefix, in the prefix's order, and forgets those that were used longest ago."""
        for key, block in reversed(list(used)):  # the last block is forgotten first: it is of no use without the others
            if key not in self._blocks:
                self._blocks[key] = block
                self._bytes += block.size
            self._blocks.move_to_end(key)
        while self._bytes > self._most_bytes:
            _, forgotten = self._blocks.popitem(last=False)
            self._bytes -= forgotten.size


class Prefixes:
    """Reads prefixes with one model, which must keep the keys and values of all tokens (see `keeps_all_tokens`)."""

    def __init__(self, model: Any, most_bytes: int = MOST_BYTES) -> None:
        self._model = model
        self._blocks = Blocks(most_bytes)
        self._numbers = count(1)
        self.tokens_read = 0  # tokens that went through the model, for tests and benches

    def read(self, tokens: Sequence[int], since: int = 0) -> Prefix:
        """Reads ``tokens``; log-probabilities of those before position ``since`` are left out (None)."""
        if not tokens:
            return Prefix((), [], None)
        with torch.inference_mode():
            return self._read(tokens, since)

    def _read(self, tokens: Sequence[int], since: int) -> Prefix:
        whole = len(tokens) // BLOCK_TOKENS * BLOCK_TOKENS
        cache = None
        chain: list[tuple[Key, Block]] = []
        for start in range(0, whole, BLOCK_TOKENS):
            piece = tuple(tokens[start : start + BLOCK_TOKENS])
            is_scored = start + BLOCK_TOKENS - 1 >= since
            key = (chain[-1][1].number if chain else 0, is_scored, piece)
            block = self._blocks.find(key) if cache is None else None
            if block is None:
                cache = cache or self._cache(chain)
                block = self._compute(cache, piece, is_scored)
            chain.append((key, block))
        self._blocks.keep(chain)
        read = [block for _, block in chain]
        cache = cache or self._cache(chain)
        if whole < len(tokens):
            read.append(self._compute(cache, tuple(tokens[whole:]), is_scored=len(tokens) - 1 >= since))
        layers = [(layer.keys, layer.values) for layer in cache.layers]
        return Prefix(layers, _logprobs(read, tokens, since), read[-1].following)

    def _cache(self, chain: Sequence[tuple[Key, Block]]) -> Any:
        joined = zip(*(block.layers for _, block in chain), strict=True)
        layers = [(torch.cat([k for k, _ in parts], -2), torch.cat([v for _, v in parts], -2)) for parts in joined]
        return cache_of(self._model, layers)

    def _compute(self, cache: Any, tokens: Sequence[int], is_scored: bool) -> Block:
        """Reads ``tokens`` after what ``cache`` holds, and adds them to it."""
        ids = torch.tensor([tokens], device=self._model.device)
        keep = 0 if is_scored else 1  # of all positions, or of the last one
        logits = self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=keep).logits[0]
        scores = logits.float().log_softmax(-1)
        self.tokens_read += len(tokens)
        logprobs: LogProbs = [None] * (len(tokens) - 1)
        if is_scored:
            logprobs = scores[:-1].gather(1, ids[0, 1:, None])[:, 0].tolist()
        # Cloned: a view would keep the whole of what it looks at in memory.
        new = slice(-len(tokens), None)
        layers = [(layer.keys[:, :, new].clone(), layer.values[:, :, new].clone()) for layer in cache.layers]
        return Block(next(self._numbers), layers, logprobs, scores[-1].clone())


def cache_of(model: Any, layers: Layers) -> Any:
    """A new cache with a copy of ``layers``."""
    cache = DynamicCache(config=model.config)
    for index, (keys, values) in enumerate(layers):
        cache.update(keys, values, index)
    return cache


def keeps_all_tokens(model: Any) -> bool:
    """Whether what the model remembers of a text can be cut at any token: not with sliding windows or a state."""
    layers = DynamicCache(config=model.config).layers
    return bool(layers) and all(type(layer) is DynamicLayer for layer in layers)


def _logprobs(blocks: Sequence[Block], tokens: Sequence[int], since: int) -> LogProbs:
    """The log-probability of each token; the first one has none."""
    logprobs: LogProbs = []
    before: Block | None = None
    for block in blocks:
        position = len(logprobs)
        is_known = before is not None and position >= since
        logprobs.append(float(before.following[tokens[position]]) if before and is_known else None)
        logprobs.extend(block.logprobs)
        before = block
    return [None if position < since else value for position, value in enumerate(logprobs)]
