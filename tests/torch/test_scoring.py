import random
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.pools.engines.transformers_server import prefixes, scoring
from probewright.pools.engines.transformers_server.prefixes import BLOCK_TOKENS, PIECE_TOKENS, Prefixes, pieces_matter
from probewright.pools.engines.transformers_server.scoring import Scored, Scorer, score_alone
from tests.torch import tiny

pytestmark = pytest.mark.torch
PIECES = (BLOCK_TOKENS, PIECE_TOKENS)
EXACT = 1e-4  # nats, of a text's summed log-probability in float32
MODEL = tiny.model()
NATIVE = torch.cpu.get_capabilities().get("avx512_bf16", False)
BFLOAT16 = tiny.model(torch.bfloat16)


class Uneven:
    """A model whose scores depend on how many tokens it is given at once, like kernels that round otherwise."""

    config = MODEL.config
    device = MODEL.device

    def __call__(self, **inputs: Any) -> Any:
        output = MODEL(**inputs)
        output.logits = output.logits * (1 + inputs["input_ids"].shape[1] / 10_000)
        return output


def text(length: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(len(tiny.TOKENS)), k=length)


def scorer(model: Any = MODEL, piece: int = BLOCK_TOKENS, most_bytes: int = prefixes.MOST_BYTES) -> Scorer:
    return Scorer(model, Prefixes(model, piece, most_bytes))


def total(scored: Scored) -> float:
    return sum(value for value in scored.logprobs if value is not None)


@st.composite
def requests(draw: st.DrawFn) -> list[list[int]]:
    """Texts that begin with a piece of a few well-known ones, so that requests share prefixes of every length."""
    beginning = text(draw(st.integers(0, 3 * BLOCK_TOKENS + 5)), seed=draw(st.integers(0, 1)))
    rests = draw(st.lists(st.tuples(st.integers(1, 80), st.integers(0, 5)), min_size=1, max_size=4))
    return [beginning + text(length, seed) for length, seed in rests]


@given(st.lists(requests(), min_size=1, max_size=4), st.booleans(), st.sampled_from(PIECES))
@settings(max_examples=60)
def test_any_history_of_shared_prefixes_scores_like_each_text_alone(
    history: list[list[list[int]]], with_following: bool, piece: int
) -> None:
    warm = scorer(MODEL, piece)
    for texts in history:
        scored = warm.score(texts, with_following=with_following)
        for given_text, one in zip(texts, scored, strict=True):
            alone = score_alone(MODEL, given_text, with_following=with_following)
            assert len(one.logprobs) == len(given_text)
            assert one.logprobs[0] is None
            assert total(one) == pytest.approx(total(alone), abs=EXACT)
            assert one.logprobs[1:] == pytest.approx(alone.logprobs[1:], abs=EXACT)
            assert (one.following or (0,))[0] == (alone.following or (0,))[0]


@pytest.mark.parametrize("model", [MODEL, BFLOAT16, Uneven()], ids=["float32", "bfloat16", "uneven"])
@given(history=st.lists(requests(), max_size=3), texts=requests(), since=st.sampled_from([0, 30, 100]))
@settings(max_examples=25)
def test_a_score_does_not_depend_on_what_was_asked_before_not_even_in_its_last_bit(
    model: Any, history: list[list[list[int]]], texts: list[list[int]], since: int
) -> None:
    warm = scorer(model, most_bytes=400_000)  # of a few blocks, so that some of them are forgotten in between
    for earlier in history:
        warm.score(earlier, since=0)
    assert warm.score(texts, since) == scorer(model).score(texts, since)


@pytest.mark.skipif(not NATIVE, reason="this processor has no bfloat16 of its own")
def test_a_score_in_bfloat16_is_that_of_the_text_alone_to_the_last_bit() -> None:
    beginning = text(150, seed=1)
    options = [beginning + text(length, seed) for length, seed in ((3, 1), (1, 2), (7, 3), (4, 4))]
    alone = [score_alone(BFLOAT16, option) for option in options]
    for piece in PIECES:
        assert scorer(BFLOAT16, piece).score(options) == alone
    assert not pieces_matter(BFLOAT16)


def test_pieces_matter_where_the_model_adds_up_otherwise_in_each_of_them() -> None:
    assert not pieces_matter(MODEL)
    assert pieces_matter(Uneven())


def test_values_before_the_wanted_position_are_left_out_and_the_others_stay() -> None:
    texts = [text(140, seed=1) + rest for rest in ([5, 6, 7], [8])]
    full, partial = scorer().score(texts), scorer().score(texts, since=138)
    for before, after in zip(full, partial, strict=True):
        assert after.logprobs[:138] == [None] * 138
        assert after.logprobs[138:] == pytest.approx(before.logprobs[138:], abs=EXACT)


def test_sixty_questions_after_one_text_read_the_text_once() -> None:
    read = Prefixes(MODEL)
    story = text(3 * BLOCK_TOKENS, seed=1)
    asked = Scorer(MODEL, read)
    for number in range(60):
        question = text(10, seed=100 + number)
        asked.score([[*story, *question, option] for option in (5, 6, 7, 8)])
    assert read.tokens_read == len(story) + 60 * 10


def test_memory_of_prefixes_is_bounded_and_keeps_what_was_used_last() -> None:
    read = Prefixes(MODEL, most_bytes=1)
    for seed in range(3):
        read.read(text(2 * BLOCK_TOKENS, seed))
    assert read.tokens_read == 3 * 2 * BLOCK_TOKENS
    read.read(text(2 * BLOCK_TOKENS, 2))
    assert read.tokens_read == 4 * 2 * BLOCK_TOKENS  # nothing fits into one byte

    block_bytes = 4 * (2 * tiny.LAYERS * tiny.KV_HEADS * 16 * BLOCK_TOKENS + len(tiny.TOKENS))
    roomy = Prefixes(MODEL, most_bytes=4 * block_bytes)
    for seed in (1, 2, 1, 3, 1):  # two texts of two blocks fit; the first is used again and again
        roomy.read(text(2 * BLOCK_TOKENS, seed))
    assert roomy.tokens_read == 3 * 2 * BLOCK_TOKENS


def test_reading_on_changes_nothing_that_is_remembered() -> None:
    read = Prefixes(MODEL)
    story = text(2 * BLOCK_TOKENS, seed=1)
    before = [tensor.clone() for layer in read.read(story).layers for tensor in layer]
    for seed in range(3):
        Scorer(MODEL, read).score([story + text(9, seed), story + text(70, seed + 50)])
    after = [tensor for layer in read.read(story).layers for tensor in layer]
    assert all(torch.equal(*pair) for pair in zip(before, after, strict=True))


def test_a_model_with_a_sliding_window_is_scored_without_sharing() -> None:
    model = tiny.windowed_model()
    assert prefixes.keeps_all_tokens(MODEL)
    assert not prefixes.keeps_all_tokens(model)
    texts = [text(100, seed=1) + rest for rest in ([1, 2, 3], [4])]
    assert Scorer(model).score(texts) == [score_alone(model, one) for one in texts]


def test_many_long_texts_are_scored_in_several_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [text(20, seed=1) + text(90, seed) for seed in range(2, 9)]
    whole = scorer().score(texts)
    monkeypatch.setattr(scoring, "CACHED_TOKENS", 250)
    apart = scorer().score(texts)
    assert [total(one) for one in apart] == pytest.approx([total(one) for one in whole], abs=EXACT)


def test_the_common_beginning_leaves_a_token_of_each_text() -> None:
    assert scoring.common_length([[1, 2, 3]]) == 2
    assert scoring.common_length([[1, 2, 3], [1, 2]]) == 1
    assert scoring.common_length([[1, 2, 3], [1, 2, 4], [1, 5, 3]]) == 1
    assert scoring.common_length([[1], [2]]) == 0
