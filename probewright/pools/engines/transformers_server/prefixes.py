"""Reads prefixes and remembers what the model made of them, so that a text asked about sixty times is read once.

What is remembered are whole blocks of `BLOCK_TOKENS`. Nothing writes into a remembered tensor: every request starts a
cache of its own, which copies.

A score must not depend on what was asked before. In float32, and in bfloat16 with eager attention on a CPU, it makes no
difference in how many pieces a text is read, so whatever is not remembered is read at once. Elsewhere it does (a few
hundredths of a nat a token in bfloat16), so a text is always cut at the same places and read block by block: a block
from memory is then the very tensor that reading it again would give. `pieces_matter` finds out which it is.
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
PIECE_TOKENS = 256  # the most that is read at once: logits of more take too much memory
NOTICEABLE = 1e-3  # nats
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
    """Reads prefixes with one model.

    Args:
        model: it must keep the keys and values of all tokens (see `keeps_all_tokens`).
        piece_tokens: how many tokens are read at once, a multiple of `BLOCK_TOKENS`.
        most_bytes: of the tensors that are remembered.
    """

    def __init__(self, model: Any, piece_tokens: int = BLOCK_TOKENS, most_bytes: int = MOST_BYTES) -> None:
        self._model = model
        self._piece_tokens = piece_tokens
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
        chain = self._remembered(tokens, since)
        cache = self._cache(chain)
        blocks = [block for _, block in chain]
        for start in range(len(chain) * BLOCK_TOKENS, len(tokens), self._piece_tokens):
            blocks += self._compute(cache, tokens[start : start + self._piece_tokens], since - start)
        for start in range(len(chain) * BLOCK_TOKENS, _whole(tokens), BLOCK_TOKENS):
            key = _key(chain, tokens, since)
            chain.append((key, blocks[start // BLOCK_TOKENS]))
        self._blocks.keep(chain)
        layers = [(layer.keys, layer.values) for layer in cache.layers]
        return Prefix(layers, _logprobs(blocks, tokens, since), blocks[-1].following)

    def _remembered(self, tokens: Sequence[int], since: int) -> list[tuple[Key, Block]]:
        """As many blocks from the beginning as are remembered."""
        chain: list[tuple[Key, Block]] = []
        while len(chain) * BLOCK_TOKENS < _whole(tokens):
            key = _key(chain, tokens, since)
            block = self._blocks.find(key)
            if block is None:
                break
            chain.append((key, block))
        return chain

    def _cache(self, chain: Sequence[tuple[Key, Block]]) -> Any:
        joined = zip(*(block.layers for _, block in chain), strict=True)
        layers = [(torch.cat([k for k, _ in parts], -2), torch.cat([v for _, v in parts], -2)) for parts in joined]
        return cache_of(self._model, layers)

    def _compute(self, cache: Any, tokens: Sequence[int], since: int) -> list[Block]:
        """Reads ``tokens`` after what ``cache`` holds and adds them to it; the last block may be a shorter one."""
        ids = torch.tensor([tokens], device=self._model.device)
        ends = [min(end, len(tokens)) - 1 for end in range(BLOCK_TOKENS, len(tokens) + BLOCK_TOKENS, BLOCK_TOKENS)]
        is_scored = len(tokens) > since + 1
        kept = list(range(len(tokens))) if is_scored else ends
        keep = torch.tensor(kept, device=self._model.device)  # logits for no more positions than somebody wants
        logits = self._model(input_ids=ids, past_key_values=cache, use_cache=True, logits_to_keep=keep).logits[0]
        scores = logits.log_softmax(-1, dtype=torch.float32)
        self.tokens_read += len(tokens)
        values: LogProbs = [None] * (len(tokens) - 1)
        if is_scored:
            values = scores[:-1].gather(1, ids[0, 1:, None])[:, 0].tolist()
        begins = range(0, len(tokens), BLOCK_TOKENS)
        parts = [
            _part(cache, begin - len(tokens), end + 1 - len(tokens)) for begin, end in zip(begins, ends, strict=True)
        ]
        return [
            # Cloned: a view would keep the whole of what it looks at in memory.
            Block(next(self._numbers), layers, values[begin:end], scores[kept.index(end)].clone())
            for begin, end, layers in zip(begins, ends, parts, strict=True)
        ]


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


def pieces_matter(model: Any) -> bool:
    """Whether the scores of a text depend noticeably on the pieces in which it is read, tried with random tokens."""
    random = torch.Generator().manual_seed(1)
    tokens = torch.randint(model.config.vocab_size, (150,), generator=random).tolist()
    whole, cut = (Prefixes(model, piece_tokens).read(tokens) for piece_tokens in (PIECE_TOKENS, BLOCK_TOKENS))
    pairs = zip(whole.logprobs[1:], cut.logprobs[1:], strict=True)
    return any(abs((one or 0.0) - (other or 0.0)) > NOTICEABLE for one, other in pairs)


def _whole(tokens: Sequence[int]) -> int:
    """How many tokens lie in whole blocks."""
    return len(tokens) // BLOCK_TOKENS * BLOCK_TOKENS


def _key(chain: Sequence[tuple[Key, Block]], tokens: Sequence[int], since: int) -> Key:
    """The key of the block of ``tokens`` that comes after the blocks of ``chain``."""
    start = len(chain) * BLOCK_TOKENS
    end = start + BLOCK_TOKENS
    return chain[-1][1].number if chain else 0, end > since + 1, tuple(tokens[start:end])


def _part(cache: Any, begin: int, end: int) -> Layers:
    """A copy of what ``cache`` holds of some tokens, counted from the end (below 0; the end is 0)."""
    part = slice(begin, end or None)
    return [(layer.keys[:, :, part].clone(), layer.values[:, :, part].clone()) for layer in cache.layers]


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
