"""What tokens cost, and how many there are where the endpoint does not say."""

from collections.abc import Sequence
from math import ceil

from pydantic import Field

from probewright.plugins import PluginParams
from probewright.types import Message, Usage

CHARS_PER_TOKEN = 4  # English prose in the tokenizers in use; for estimates of what was used
WORST_CHARS_PER_TOKEN = 2  # ASCII that no tokenizer has seen before, such as leetspeak or digits
MESSAGE_TOKENS = 16  # role markers and separators of one message in a chat template
DEFAULT_MAX_TOKENS = 4096  # what is set aside for an answer whose length nobody limits


class Price(PluginParams):
    """US dollars per million tokens."""

    input_usd_per_million: float = Field(ge=0)
    output_usd_per_million: float = Field(ge=0)

    def usd(self, usage: Usage) -> float:
        """What ``usage`` costs, in US dollars."""
        prompt = usage.prompt_tokens * self.input_usd_per_million
        return (prompt + usage.completion_tokens * self.output_usd_per_million) / 1_000_000


def estimated_tokens(chars: int) -> int:
    """A likely number of tokens of a text of that many characters, rounded up."""
    return ceil(chars / CHARS_PER_TOKEN)


def worst_case_tokens(messages: Sequence[Message]) -> int:
    """More tokens than ``messages`` can be expected to take: what a limit sets aside before they are sent.

    Half a token a character, one more for every byte beyond the first of a character (a tokenizer falls back to bytes
    for scripts it does not know), and the markers of each message.
    """
    return sum(MESSAGE_TOKENS + _worst_case_of_text(m.content) for m in messages)


def _worst_case_of_text(text: str) -> int:
    extra_bytes = 0 if text.isascii() else len(text.encode(errors="replace")) - len(text)
    return ceil(len(text) / WORST_CHARS_PER_TOKEN) + extra_bytes
