"""Core types as plain JSON values and back, for rows and for machine output."""

from collections.abc import Mapping
from typing import Any

from probewright.types import Ask, Case, Generate, Message, OptionScore, Reply, Request, Role, Score, Usage


def case_to_json(case: Case) -> dict[str, Any]:
    """All of a case but its labels, which are kept apart, and its key, which follows from the rest."""
    return {"family": case.family, "parameters": case.parameters, "expected": case.expected, "seed": case.seed}


def case_from_json(content: Mapping[str, Any], labels: Mapping[str, str]) -> Case:
    """The case that `case_to_json` gave, with its labels."""
    return Case(labels=labels, **content)


def request_to_json(request: Request) -> dict[str, Any]:
    """A request; which kind it is, its keys tell."""
    if isinstance(request, Generate):
        return {"messages": messages_to_json(request.messages), "params": dict(request.params)}
    prefix = request.prefix if isinstance(request.prefix, str) else messages_to_json(request.prefix)
    return {"prefix": prefix, "options": list(request.options)}


def request_from_json(content: Mapping[str, Any]) -> Request:
    """The request that `request_to_json` gave."""
    if "messages" in content:
        return Generate(messages_from_json(content["messages"]), content["params"])
    prefix = content["prefix"]
    return Score(prefix if isinstance(prefix, str) else messages_from_json(prefix), tuple(content["options"]))


def messages_to_json(messages: tuple[Message, ...]) -> list[dict[str, str]]:
    """Messages as role and content."""
    return [{"role": message.role, "content": message.content} for message in messages]


def messages_from_json(content: list[dict[str, str]]) -> tuple[Message, ...]:
    """The messages that `messages_to_json` gave."""
    return tuple(Message(message["role"], message["content"]) for message in content)


def ask_from(role: str, to: str, request: Mapping[str, Any]) -> Ask:
    """An ask from the values of its row."""
    return Ask(Role(role), request_from_json(request), to)


def reply_from(row: Mapping[str, Any]) -> Reply:
    """A reply from the values of its row, by column name."""
    return Reply(
        text=row["text"],
        reasoning=row["reasoning"],
        finish_reason=row["finish_reason"],
        scores=tuple(OptionScore(*score) for score in row["scores"] or ()),
        usage=Usage(row["prompt_tokens"], row["completion_tokens"], row["is_estimated"]),
        usd=row["usd"],
        model=row["model"],
        latency_s=row["latency_s"],
        attempts=row["attempts"],
        blocked=row["blocked"],
    )
