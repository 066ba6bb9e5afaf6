"""The OpenAPI document as a page shows it: sections of operations, with what they take and answer."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

METHODS = ("get", "post", "put", "patch", "delete")


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter, or a key of a body or an answer."""

    name: str
    type: str
    about: str
    is_required: bool


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer."""

    status: str
    about: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    id: str
    method: str
    path: str
    title: str
    about: str
    parameters: tuple[Field, ...] = ()
    body: tuple[Field, ...] = ()
    body_types: tuple[str, ...] = ()
    replies: tuple[Reply, ...] = ()


@dataclass(slots=True)
class Section:
    """Operations on one kind of resource."""

    name: str
    operations: list[Operation] = field(default_factory=list)


def sections(document: Mapping[str, Any]) -> list[Section]:
    """All operations by their tag, in their order."""
    found: dict[str, Section] = {}
    for path, methods in document["paths"].items():
        for method in METHODS:
            if (said := methods.get(method)) is not None:
                tag = said["tags"][0]
                found.setdefault(tag, Section(tag)).operations.append(_operation(document, method, path, said))
    return list(found.values())


def _operation(document: Mapping[str, Any], method: str, path: str, said: Mapping[str, Any]) -> Operation:
    request: Mapping[str, Any] = said.get("requestBody", {})
    bodies: Mapping[str, Any] = request.get("content", {})
    return Operation(
        id=said["operationId"],
        method=method.upper(),
        path=path,
        title=said["summary"],
        about=said.get("description", ""),
        parameters=tuple(_parameter(one) for one in said["parameters"]),
        body=tuple(_fields(document, _schema_of(bodies))),
        body_types=tuple(bodies),
        replies=tuple(_replies(document, said["responses"])),
    )


def _parameter(said: Mapping[str, Any]) -> Field:
    where = "" if said["in"] == "query" else f" ({said['in']})"
    return Field(said["name"] + where, _type(said["schema"]), said.get("description", ""), said["required"])


def _replies(document: Mapping[str, Any], said: Mapping[Any, Any]) -> Iterator[Reply]:
    """The answers by status; the keys of one that has those of the one before are not repeated."""
    shown: tuple[Field, ...] = ()
    for status, one in sorted(said.items()):
        reply = _reply(document, str(status), one)
        yield replace(reply, fields=()) if reply.fields == shown else reply
        shown = reply.fields


def _reply(document: Mapping[str, Any], status: str, said: Mapping[str, Any]) -> Reply:
    content: Mapping[str, Any] = said.get("content", {}) if int(status) < 400 else {}
    types = f" ({', '.join(content)})" if content else ""
    return Reply(status, said["description"] + types, tuple(_fields(document, _schema_of(content))))


def _schema_of(content: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema of the first of some media types; empty where there is none."""
    for media in content.values():
        found: Mapping[str, Any] = media.get("schema", {})
        return found
    return {}


def _fields(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Iterator[Field]:
    schema = _resolved(document, schema)
    required = schema.get("required", ())
    for name, said in schema.get("properties", {}).items():
        about = said.get("description") or _resolved(document, said).get("description", "")
        yield Field(name, _type(said), about, name in required)


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]
    return found


def _type(schema: Mapping[str, Any]) -> str:
    """A type in a few words: "integer", "list of Outcome", "string or null"."""
    if "$ref" in schema:
        return str(schema["$ref"].rsplit("/", 1)[-1])
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if "const" in schema:
        return str(schema["const"])
    for key in ("anyOf", "allOf"):
        if key in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[key]))
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return str(schema.get("type", "any"))
