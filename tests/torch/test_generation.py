import asyncio
import random
import threading
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from probewright.pools.engines.transformers_server.batches import Batches
from probewright.pools.engines.transformers_server.generation import Ends, Generated, Row, generate
from probewright.pools.engines.transformers_server.sampling import Draw, Sampling, nucleus
from probewright.pools.engines.transformers_server.texts import Texts
from tests.torch import tiny

pytestmark = pytest.mark.torch
GREEDY = Sampling(max_tokens=12, temperature=0)


@pytest.fixture
def texts(loaded: Any) -> Texts:
    return Texts(loaded.tokenizer, "tiny", len(tiny.TOKENS))


def prompt(length: int, seed: int) -> list[int]:
    return random.Random(seed).choices(range(3, len(tiny.TOKENS)), k=length)


def test_an_answer_in_a_batch_is_the_answer_alone(loaded: Any, texts: Texts) -> None:
    lengths = (1, 5, 40, 150, 7)  # 150 is read in more than one piece
    rows = [Row(prompt(length, seed), GREEDY) for seed, length in enumerate(lengths)]
    together = generate(loaded, texts, rows)
    assert together == [generate(loaded, texts, [row])[0] for row in rows]
    assert len({answer.text for answer in together}) > 1


def test_each_row_ends_at_its_own_length_or_stop_text(loaded: Any, texts: Texts) -> None:
    asked = prompt(9, seed=1)
    [whole] = generate(loaded, texts, [Row(asked, GREEDY)])
    stop = whole.text[4:6]
    settings = [Sampling(3, 0), GREEDY, Sampling(12, 0, stop=("never said", stop)), Sampling(1, 0)]
    answers = generate(loaded, texts, [Row(asked, sampling) for sampling in settings])
    assert [answer.finish_reason for answer in answers] == ["length", "length", "stop", "length"]
    assert [answer.tokens for answer in answers][:2] == [3, 12]
    assert answers[2].text == whole.text[: whole.text.index(stop)]
    assert answers[3].tokens == 1
    assert whole.text.startswith(answers[0].text)


def test_an_end_token_ends_its_own_row_and_is_not_part_of_the_answer(texts: Texts) -> None:
    end, [letter] = 2, texts.encode("a", add_special_tokens=False)
    ends = Ends([Row([letter], Sampling(9)), Row([letter], Sampling(2))], frozenset({end}), texts)
    said: list[list[int]] = [[letter, letter], [letter, letter], [end, letter], [letter, end]]
    done = [ends(torch.tensor([[0, row] for row in column]), None).tolist() for column in said]
    assert done == [[False, False], [False, True], [True, True], [True, True]]
    assert ends.answers() == [Generated("aa", "stop", 3), Generated("aa", "length", 2)]


def test_the_same_seed_gives_the_same_answer_in_any_batch_and_another_seed_another(loaded: Any, texts: Texts) -> None:
    asked = prompt(9, seed=1)

    def row(seed: int) -> Row:
        return Row(asked, Sampling(12, temperature=1.0, top_p=0.95, seed=seed))

    [alone] = generate(loaded, texts, [row(3)])
    batch = generate(loaded, texts, [row(4), Row(prompt(30, 2), GREEDY), row(3)])
    assert batch[2] == alone
    assert batch[0] != alone


def test_draws_follow_the_distribution_at_the_temperature() -> None:
    logits = torch.tensor([2.0, 1.0, 0.0, -3.0])
    times = 20_000
    scores = logits.repeat(times, 1)
    drawn = Draw([Sampling(1, temperature=0.7, seed=seed) for seed in range(times)], torch.device("cpu"))
    counted = Counter(drawn(torch.zeros(times, 1), scores).argmax(-1).tolist())
    for token, share in enumerate((logits / 0.7).softmax(-1).tolist()):
        deviation = (share * (1 - share) / times) ** 0.5
        assert counted[token] / times == pytest.approx(share, abs=5 * deviation)


@given(st.lists(st.floats(-20, 20, width=32), min_size=1, max_size=30), st.floats(0.01, 1))
def test_the_nucleus_is_the_fewest_tokens_that_hold_the_mass(logits: list[float], top_p: float) -> None:
    scores = torch.tensor(logits)
    kept = nucleus(scores, top_p).isfinite()
    mass = scores.double().softmax(-1)
    held = mass[kept].sum().item()
    assert held >= top_p - 1e-4
    assert held - mass[kept].min().item() <= top_p + 1e-4 or kept.all()
    if not kept.all():
        assert mass[kept].min() >= mass[~kept].max() - 1e-6


class Recorder:
    """Generates nothing, and notes how many rows came at once and in which thread."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.threads: set[int] = set()

    def __call__(self, rows: Sequence[Row]) -> list[Generated]:
        self.sizes.append(len(rows))
        self.threads.add(threading.get_ident())
        if any(row.tokens == [13] for row in rows):
            raise RuntimeError("out of luck")
        return [Generated(str(row.tokens), "stop", 1) for row in rows]


async def served(batches: Batches, *waiting: Any) -> list[Any]:
    task = asyncio.create_task(batches.serve())
    try:
        return await asyncio.gather(*waiting, return_exceptions=True)
    finally:
        task.cancel()


def test_requests_that_wait_together_are_batched_up_to_the_slots() -> None:
    recorder = Recorder()

    async def run() -> list[Any]:
        batches = Batches(recorder, slots=4)
        return await served(batches, *(batches.generate([Row([n], GREEDY)]) for n in range(10)))

    answers = asyncio.run(run())
    assert [answer[0].text for answer in answers] == [f"[{n}]" for n in range(10)]
    assert recorder.sizes == [4, 4, 2]
    assert len(recorder.threads) == 1
    assert threading.get_ident() not in recorder.threads


def test_a_batch_that_fails_fails_its_requests_and_the_next_one_is_answered() -> None:
    async def run() -> list[Any]:
        batches = Batches(Recorder(), slots=1)
        rows = ([13], [1])
        return await served(batches, *(batches.generate([Row(tokens, GREEDY)]) for tokens in rows))

    failed, answered = asyncio.run(run())
    assert isinstance(failed, RuntimeError)
    assert answered[0].text == "[1]"


def test_a_request_that_nobody_waits_for_any_more_is_not_answered() -> None:
    recorder = Recorder()

    async def run() -> None:
        batches = Batches(recorder, slots=4)
        abandoned = asyncio.create_task(batches.generate([Row([1], GREEDY), Row([2], GREEDY)]))
        await asyncio.sleep(0)
        abandoned.cancel()
        await served(batches, batches.generate([Row([3], GREEDY)]), abandoned)

    asyncio.run(run())
    assert recorder.sizes == [1]
