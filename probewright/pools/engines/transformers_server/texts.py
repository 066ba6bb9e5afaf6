"""Texts and messages to tokens and back, safe to use from the server's loop and from the model's thread."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from jinja2 import TemplateError

from probewright.pools.engines.transformers_server.errors import BadRequest


class Texts:
    """A tokenizer behind a lock: the fast ones refuse to work in two threads at once.

    Args:
        tokenizer: of transformers.
        name: of the model, for messages.
        vocabulary: how many tokens the model knows.
    """

    def __init__(self, tokenizer: Any, name: str, vocabulary: int) -> None:
        self._tokenizer = tokenizer
        self._name = name
        self._vocabulary = vocabulary
        self._lock = threading.Lock()
        self._pieces: dict[int, str] = {}

    def chat(self, messages: Sequence[Mapping[str, str]], add_generation_prompt: bool = True) -> list[int]:
        """The tokens of a dialogue, in the model's own chat template.

        Raises:
            BadRequest: the model has none, or it does not take such a dialogue.
        """
        if not self._tokenizer.chat_template:
            raise BadRequest(f"model {self._name!r} has no chat template: send a prompt to /v1/completions instead")
        try:
            with self._lock:
                text = self._tokenizer.apply_chat_template(
                    [dict(message) for message in messages],
                    tokenize=False,
                    add_generation_prompt=add_generation_prompt,
                )
        except TemplateError as error:
            raise BadRequest(f"the chat template of model {self._name!r} refuses these messages: {error}") from error
        return self.encode(text, add_special_tokens=False)

    def encode(self, text: str, add_special_tokens: bool) -> list[int]:
        """The tokens of ``text``; ``add_special_tokens`` puts those around it that the tokenizer puts by default."""
        with self._lock:
            tokens: list[int] = self._tokenizer(text, add_special_tokens=add_special_tokens)["input_ids"]
        return tokens

    def check(self, tokens: Sequence[int]) -> None:
        """Checks that the model knows these tokens.

        Raises:
            BadRequest: it does not know one of them.
        """
        if strange := next((token for token in tokens if not 0 <= token < self._vocabulary), None):
            raise BadRequest(f"token {strange} is not in the vocabulary of 0 to {self._vocabulary - 1}")

    def decode(self, tokens: Sequence[int], skip_special_tokens: bool) -> str:
        """The text of ``tokens``, as it was before it became tokens."""
        with self._lock:
            text: str = self._tokenizer.decode(
                list(tokens), skip_special_tokens=skip_special_tokens, clean_up_tokenization_spaces=False
            )
        return text

    def pieces(self, tokens: Sequence[int]) -> list[str]:
        """Each token's own text. A token that is part of a character has no text but the sign for that (U+FFFD)."""
        for token in set(tokens) - self._pieces.keys():
            self._pieces[token] = self.decode([token], skip_special_tokens=False)
        return [self._pieces[token] for token in tokens]
