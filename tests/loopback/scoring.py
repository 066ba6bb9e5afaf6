"""The scoring half of the loopback endpoint: /completions with echo as vLLM has it, and /tokenize, over a toy model.

`logprob` is the whole model, so a test can add up what a score must be without asking the server.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate
from typing import Any

from tests.loopback.faults import Canned, share

COMPLETIONS_PATH, TOKENIZE_PATH = "/v1/completions", "/tokenize"
# A special token, a word or a sign with the space before it, or a lone space: every text is a sequence of these.
TOKEN = re.compile(r"<\|\w+\|>| ?\w+| ?[^\w\s]|\s")
BOS = "<|begin|>"
NOT_FOUND = Canned.json({"detail": "Not Found"}, 404)


class Quirk(StrEnum):
    """One way in which an endpoint scores differently, or not at all."""

    NO_COMPLETIONS = "no_completions"  # 404
    REFUSES_ECHO = "refuses_echo"  # 400 that names it
    IGNORES_ECHO = "ignores_echo"  # only what was generated, as llama.cpp answers it
    NO_LOGPROBS = "no_logprobs"  # the text is echoed, logprobs is null
    GENERATED_ONLY = "generated_only"  # the text is echoed, the logprobs are of the generated token
    NULLS = "nulls"  # no log-probability for the last token of the prompt
    UNEVEN = "uneven"  # one log-probability too few
    PROBABILITIES = "probabilities"  # probabilities in place of their logarithms
    ONE_CHOICE = "one_choice"  # for the first prompt alone
    REVERSED = "reversed"  # the last choice first
    ADDS_BOS = "adds_bos"  # a token that no text has comes first, and counts in text_offset
    STRIPS_SPACES = "strips_spaces"  # tokens are printed without their space, as SentencePiece ones are
    GENERATES_NOTHING = "generates_nothing"  # the model ended, and no token says so
    NO_USAGE = "no_usage"
    NO_TOKENIZE = "no_tokenize"  # 404
    OTHER_TOKENIZE = "other_tokenize"  # one that takes other keys and finds nothing, as llama.cpp's


def tokens_of(text: str) -> list[str]:
    """``text`` in tokens; joined, they are the text."""
    return TOKEN.findall(text)


def logprob(before: str, token: str) -> float:
    """The log-probability of ``token`` after the text ``before``: a number from -12 to 0 that depends on both alone."""
    return -12 * share(f"{before}\n{token}")


def template(messages: Sequence[Mapping[str, str]]) -> str:
    """The chat template: what the model sees of ``messages`` up to its own answer."""
    return "".join(f"<|{m['role']}|>{m['content']}<|end|>" for m in messages) + "<|assistant|>"


@dataclass
class ScoringApp:
    """Answers parsed requests. Token ids count from 100, in the order in which tokens were first seen."""

    quirks: frozenset[Quirk] = frozenset()
    _ids: dict[str, int] = field(default_factory=dict)

    def answer(self, path: str, body: Mapping[str, Any], model: str = "") -> Canned:
        """What a server without faults answers. ``model`` is reported in place of the one that was asked."""
        if path == TOKENIZE_PATH:
            return self._tokenize(body)
        if Quirk.NO_COMPLETIONS in self.quirks:
            return NOT_FOUND
        if Quirk.REFUSES_ECHO in self.quirks:
            return Canned.json({"error": {"message": "Only no echo is supported"}}, 400)
        prompts = [self._tokens(prompt) for prompt in body["prompt"]]
        choices = [self._choice(index, tokens) for index, tokens in enumerate(prompts)]
        if Quirk.REVERSED in self.quirks:
            choices.reverse()
        if Quirk.ONE_CHOICE in self.quirks:
            del choices[1:]
        prompt = sum(map(len, prompts))
        usage = {"prompt_tokens": prompt, "completion_tokens": len(prompts), "total_tokens": prompt + len(prompts)}
        reported = {} if Quirk.NO_USAGE in self.quirks else {"usage": usage}
        return Canned.json(
            {"object": "text_completion", "model": model or body["model"], "choices": choices} | reported
        )

    def _tokens(self, prompt: str | Sequence[int]) -> list[str]:
        if isinstance(prompt, str):
            return [*self._special(), *tokens_of(prompt)]
        known = {number: token for token, number in self._ids.items()}
        return [known[number] for number in prompt]

    def _special(self) -> list[str]:
        return [BOS] if Quirk.ADDS_BOS in self.quirks else []

    def _choice(self, index: int, tokens: list[str]) -> dict[str, Any]:
        text = "".join(tokens).removeprefix(BOS)
        generated = [] if Quirk.GENERATES_NOTHING in self.quirks else [" so"]
        if Quirk.IGNORES_ECHO in self.quirks:
            chat_like = {"content": [{"token": " so", "logprob": -1.0}]}
            return {"index": index, "text": " so", "logprobs": chat_like, "finish_reason": "length"}
        listed = generated if Quirk.GENERATED_ONLY in self.quirks else [*tokens, *generated]
        logprobs = None if Quirk.NO_LOGPROBS in self.quirks else self._logprobs(listed)
        return {"index": index, "text": text + "".join(generated), "logprobs": logprobs, "finish_reason": "length"}

    def _logprobs(self, tokens: list[str]) -> dict[str, Any]:
        values: list[float | None] = [None]
        # A special token is no text, so it leaves the numbers as they are.
        befores = accumulate(tokens, lambda before, token: (before + token).removeprefix(BOS), initial="")
        values += [logprob(before, token) for before, token in list(zip(befores, tokens, strict=False))[1:]]
        if Quirk.NULLS in self.quirks:
            values[-2] = None
        if Quirk.PROBABILITIES in self.quirks:
            values = [None, *(2 ** (value or 0) for value in values[1:])]
        if Quirk.UNEVEN in self.quirks:
            values.pop()
        printed = [token.lstrip() for token in tokens] if Quirk.STRIPS_SPACES in self.quirks else tokens
        offsets = list(accumulate(map(len, printed), initial=0))[:-1]
        return {"tokens": printed, "token_logprobs": values, "text_offset": offsets, "top_logprobs": None}

    def _tokenize(self, body: Mapping[str, Any]) -> Canned:
        if Quirk.NO_TOKENIZE in self.quirks:
            return NOT_FOUND
        if Quirk.OTHER_TOKENIZE in self.quirks:
            return Canned.json({"tokens": []})
        if "messages" in body:
            tokens = tokens_of(template(body["messages"]))
        else:
            tokens = [*(self._special() if body["add_special_tokens"] else ()), *tokens_of(body["prompt"])]
        ids = [self._ids.setdefault(token, 100 + len(self._ids)) for token in tokens]
        return Canned.json({"count": len(ids), "max_model_len": 4096, "tokens": ids})
