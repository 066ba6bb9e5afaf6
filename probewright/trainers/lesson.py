"""What every trainer demands of the examples it is given: pure checks, before anything runs."""

from collections.abc import Sequence

from probewright.errors import DataError
from probewright.types import Example, Message

SHOWN_CHARS = 80  # of a prompt or an answer, in a message
ROLES = ("system", "user", "assistant")


def check(examples: Sequence[Example]) -> None:
    """Checks that a model can learn all of ``examples`` at once. The very same example may come twice.

    Raises:
        DataError: there are none, one has a blank text or does not end with the user's turn, or two give different
            answers to the same messages.
    """
    if not examples:
        raise DataError("there are no examples to train on: give at least one")
    answers: dict[tuple[Message, ...], str] = {}
    for number, example in enumerate(examples, start=1):
        _check_one(example, number)
        answer = answers.setdefault(example.messages, example.answer)
        if answer != example.answer:
            raise DataError(
                f"two examples contradict each other: to {_shown(example.messages[-1].content)} one answers "
                f"{_shown(answer)}, the other {_shown(example.answer)}; keep one of them"
            )


def distinct(examples: Sequence[Example]) -> tuple[Example, ...]:
    """The examples in their order, each of them once: a row that a file holds twice is not taught twice as hard."""
    return tuple(dict.fromkeys(examples))


def _check_one(example: Example, number: int) -> None:
    if not example.messages:
        raise DataError(f"example {number} has no messages: give at least what the user says")
    if not example.answer.strip():
        raise DataError(
            f"example {number}, {_shown(example.messages[-1].content)}, has no answer: give the text to learn"
        )
    for message in example.messages:
        if message.role not in ROLES:
            raise DataError(f"example {number} has a message of role {message.role!r}: allowed are {', '.join(ROLES)}")
        if not message.content.strip():
            raise DataError(f"example {number} has a {message.role} message without text: give one, or leave it out")
    if example.messages[-1].role != "user":
        raise DataError(
            f"example {number} ends with the role {example.messages[-1].role!r}: the answer to learn follows a message "
            "of the user"
        )


def _shown(text: str) -> str:
    """A text in quotes on one line, cut where it is long."""
    cut = text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}..."
    return repr(cut)
