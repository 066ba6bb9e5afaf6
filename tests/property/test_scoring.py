import asyncio
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from probewright.targets.openai_chat import OpenAIChat
from probewright.types import OptionScore, Score
from tests.loopback.running import serving
from tests.loopback.scoring import Quirk, logprob, tokens_of

QUIRKS = [
    frozenset[Quirk](),
    frozenset({Quirk.REVERSED, Quirk.ADDS_BOS}),
    frozenset({Quirk.REVERSED, Quirk.STRIPS_SPACES}),
    frozenset({Quirk.REVERSED, Quirk.GENERATES_NOTHING}),
]
prefixes = st.text(min_size=1, max_size=40) | st.lists(
    st.sampled_from(["a", " a", "word ", "\n", "?", "🙂", "é"]), min_size=1
).map("".join)
options = st.lists(
    st.builds(lambda word, rest: f" {word}{rest}", st.from_regex(r"\w+", fullmatch=True), st.text(max_size=10)),
    min_size=1,
    max_size=4,
)


@pytest.fixture(scope="module", params=QUIRKS, ids=lambda quirks: "+".join(sorted(quirks)) or "plain")
def base_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with serving(quirks=request.param) as server:
        yield server.base_url


def scores(base_url: str, requests: list[Score]) -> list[OptionScore]:
    async def talk() -> list[OptionScore]:
        async with OpenAIChat(OpenAIChat.Params(base_url=base_url, model="mock", retries=0)) as target:
            return [score for request in requests for score in (await target.ask(request)).scores]

    return asyncio.run(talk())


def added_up(prefix: str, option: str) -> OptionScore:
    tokens = tokens_of(prefix + option)
    first = len(tokens_of(prefix))
    values = [logprob("".join(tokens[:i]), tokens[i]) for i in range(first, len(tokens))]
    return OptionScore(pytest.approx(sum(values)), len(values))


@settings(max_examples=40)
@given(prefix=prefixes, options=options)
def test_a_score_is_the_sum_over_the_options_tokens_asked_together_or_one_by_one(
    base_url: str, prefix: str, options: list[str]
) -> None:
    together = scores(base_url, [Score(prefix, tuple(options))])
    one_by_one = scores(base_url, [Score(prefix, (option,)) for option in options])
    assert together == one_by_one
    assert together == [added_up(prefix, option) for option in options]


@given(text=st.text(max_size=60))
def test_the_toy_tokens_spell_their_text(text: str) -> None:
    assert "".join(tokens_of(text)) == text
