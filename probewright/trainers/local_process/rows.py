"""Examples as tokens, exactly as the target's engine will see their messages."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from probewright.errors import DataError
from probewright.pools.engines.transformers_server.errors import BadRequest
from probewright.pools.engines.transformers_server.texts import Texts
from probewright.trainers.local_process.job import Job
from probewright.types import Message


@dataclass(frozen=True, slots=True)
class Row:
    """One example: the tokens of its messages up to where the model speaks, and those of its answer."""

    prompt: tuple[int, ...]
    answer: tuple[int, ...]

    @property
    def tokens(self) -> tuple[int, ...]:
        """All of it."""
        return self.prompt + self.answer


class Speech:
    """Messages and answers as tokens, by the same code as in the engine that will ask the trained model.

    Args:
        tokenizer: the model's.
        name: of the model, for messages.
        system: the system prompt that goes before all messages, or None.

    Raises:
        DataError: the model has no chat template.
    """

    def __init__(self, tokenizer: Any, name: str, system: str | None) -> None:
        if not tokenizer.chat_template:
            raise DataError(f"model {name!r} has no chat template, so it cannot learn to answer messages: use another")
        self._texts = Texts(tokenizer, name, len(tokenizer))
        self._system = (Message("system", system),) if system else ()
        self._end = int(tokenizer.eos_token_id)

    def row(self, messages: Sequence[Message], answer: str) -> Row:
        """An example. Its answer ends with the token at which generation stops.

        Raises:
            DataError: the chat template does not take such messages.
        """
        chat = [{"role": message.role, "content": message.content} for message in (*self._system, *messages)]
        try:
            prompt = self._texts.chat(chat)
        except BadRequest as error:
            raise DataError(str(error)) from error
        return Row(tuple(prompt), (*self._texts.encode(answer, add_special_tokens=False), self._end))


def rows_of(job: Job, speech: Speech, longest: int) -> tuple[Row, ...]:
    """The job's examples; ``longest`` is the model's own limit in tokens.

    Raises:
        DataError: an example is longer than the model or the target allows, or the chat template does not take it.
    """
    rows = tuple(speech.row(example.messages, example.answer) for example in job.examples)
    limit = min(longest, job.context_tokens)
    for number, row in enumerate(rows, start=1):
        if len(row.tokens) > limit:
            raise DataError(
                f"example {number} has {len(row.tokens)} tokens with its answer; at most {limit} fit into the context "
                f"(the model's: {longest}, the target's context_tokens: {job.context_tokens})"
            )
    return rows
