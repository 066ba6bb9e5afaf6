"""What replies of every protocol are read with: parsed JSON in, plain values out."""

from typing import Any

from probewright.targets.pricing import estimated_tokens
from probewright.types import Usage


def text_of(value: Any) -> str:
    """``value`` where it is text, else the empty string."""
    return value if isinstance(value, str) else ""


def mapping_of(value: Any) -> dict[str, Any]:
    """``value`` where it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def reported_usage(prompt: Any, completion: Any) -> Usage | None:
    """Reported numbers of tokens, or None where they are missing or no counts."""
    if type(prompt) is not int or type(completion) is not int or min(prompt, completion) < 0:
        return None
    return Usage(prompt, completion)


def estimated_usage(prompt_chars: int, answer_chars: int) -> Usage:
    """What so many characters are likely to have taken, marked as an estimate."""
    return Usage(estimated_tokens(prompt_chars), estimated_tokens(answer_chars), is_estimated=True)
