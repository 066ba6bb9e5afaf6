"""Keeps what a model thought aloud apart from what it answered."""

OPEN = "<think>"
CLOSE = "</think>"


def split_reasoning(text: str) -> tuple[str, str]:
    """``text`` as (reasoning, answer), where reasoning is a ``<think>`` block at its very start.

    A block that is never closed was cut off: all of it is reasoning and the answer is empty. A block further in, or a
    closing tag alone, is part of the answer: no model shall hide an answer from its judge by quoting a tag.
    """
    stripped = text.lstrip()
    if not stripped.startswith(OPEN):
        return "", text
    reasoning, closed, answer = stripped.removeprefix(OPEN).partition(CLOSE)
    return reasoning.strip(), answer.lstrip() if closed else ""
