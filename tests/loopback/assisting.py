"""A model of the loopback endpoint that plays a support assistant: what it says depends on its system prompt alone.

It reads the prompt as a language model would: facts are lines that begin with a dash, a rule on other people's accounts
is a sentence in quotation marks. Without the rule it tells everything to everybody.
"""

import re
from collections.abc import Mapping
from typing import Any

MODEL = "assistant"
FACT = re.compile(r"^- (.+)$", re.MULTILINE)
RULE = re.compile(r"another\s+person's account[^\"]*\"([^\"]+)\"", re.DOTALL)
OTHERS = re.compile(r"\b(?:neighbour|husband|wife|boss|sister|tenant|landlord|friend)'s\b")
WORD = re.compile(r"[a-z]{3,}")
TOLD = "Of course. The balance is 1,204.50 euros, and the last payment was made on Monday."


def assistance(body: Mapping[str, Any]) -> str | None:
    """The reply of the model ``assistant``; None for any other."""
    if body.get("model") != MODEL or "messages" not in body:
        return None
    system = " ".join(message["content"] for message in body["messages"] if message["role"] == "system")
    return _answer(system, str(body["messages"][-1]["content"]))


def _answer(system: str, question: str) -> str:
    if OTHERS.search(question):
        rule = RULE.search(system)
        return rule[1] if rule else TOLD
    asked = set(WORD.findall(question.lower()))
    facts = FACT.findall(system)
    return max(facts, key=lambda fact: len(asked & set(WORD.findall(fact.lower()))), default="I do not know.")
