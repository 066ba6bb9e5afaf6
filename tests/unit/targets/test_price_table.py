import pytest

from probewright.targets.openai_chat import OpenAIChat
from probewright.targets.price_table import price_of
from probewright.types import Generate, Message

OPENAI, ANTHROPIC = "api.openai.com", "api.anthropic.com"
ASKED = Generate((Message("user", "Hello"),))


def dollars(host: str, model: str) -> tuple[float, float] | None:
    listed = price_of(host, model)
    return (listed.price.input_usd_per_million, listed.price.output_usd_per_million) if listed else None


@pytest.mark.parametrize(
    ("host", "model", "expected"),
    [
        (OPENAI, "gpt-4o", (2.5, 10)),
        (OPENAI, "gpt-4o-2024-11-20", (2.5, 10)),
        (OPENAI, "gpt-4o-2024-05-13", (5, 15)),  # an exact name goes first
        (OPENAI, "gpt-4o-mini", (0.15, 0.6)),
        (ANTHROPIC, "claude-sonnet-4-5", (3, 15)),
        (ANTHROPIC, "claude-sonnet-4-5-20250929", (3, 15)),
        ("API.OpenAI.com", "gpt-4o", (2.5, 10)),
    ],
)
def test_a_listed_model_has_its_price_with_or_without_a_date(
    host: str, model: str, expected: tuple[float, float]
) -> None:
    assert dollars(host, model) == expected


@pytest.mark.parametrize(
    ("host", "model"),
    [
        (OPENAI, "gpt-4o-audio-preview"),
        (OPENAI, "gpt-4"),
        (OPENAI, "ft:gpt-4o-2024-08-06:me"),
        (OPENAI, "claude-sonnet-4-5"),
        (ANTHROPIC, "gpt-4o"),
        ("openrouter.ai", "gpt-4o"),
        ("api.openai.com.example.org", "gpt-4o"),
        (OPENAI, ""),
    ],
)
def test_any_other_model_or_host_has_no_price(host: str, model: str) -> None:
    assert dollars(host, model) is None


def target(base_url: str, **given: object) -> OpenAIChat:
    return OpenAIChat(OpenAIChat.Params.model_validate({"base_url": base_url, "model": "gpt-4o"} | given))


def test_a_target_at_the_providers_own_host_takes_the_listed_price_and_says_which() -> None:
    listed = target("https://api.openai.com/v1")
    assert listed.worst_case(ASKED).usd == pytest.approx((19 * 2.5 + 4096 * 10) / 1e6, rel=0.01)
    said = str(listed.provenance()["price"])
    assert "2.5 in, 10 out" in said
    assert "2026-" in said
    assert "https://" in said


def test_the_price_of_the_spec_goes_first() -> None:
    price = {"input_usd_per_million": 0, "output_usd_per_million": 1}
    own = target("https://api.openai.com/v1", price=price)
    assert own.worst_case(ASKED).usd == pytest.approx(0.004096)
    assert "price" not in own.provenance()


def test_elsewhere_the_price_stays_unknown() -> None:
    assert target("http://127.0.0.1:9/v1").worst_case(ASKED).usd is None
