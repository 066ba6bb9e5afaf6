"""The rules for specs that come through the web or the API: all of them are here, and the command line knows none.

Whoever sends such a spec may use this installation, but is not its operator. So nothing in it may run code here, read a
file or a variable of the operator's, carry a secret to a host that it was not meant for, or reach a private address.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from yarl import URL

from probewright import registry
from probewright.campaigns.specs import addresses, uploads
from probewright.campaigns.specs.spec import CampaignSpec
from probewright.campaigns.specs.spec_file import MOST_INTEGER, check_spec, parse_spec
from probewright.errors import SpecError
from probewright.plugins import Plugin
from probewright.secrets import PREFIX

MOST_BYTES = 128 * 1024  # PyYAML takes over a second for so much, and other pages wait meanwhile
MOST_VALUES = 50_000  # values and characters / 64, each alias counted as often as it is used
MOST_DEPTH = 24

TARGETS = frozenset({"openai_chat", "openai_responses", "anthropic", "http_json", "pool", "tuned"})
CODE = "python"  # the kind of target that runs the user's own code

SECRET = re.compile(r"PROBEWRIGHT_SECRET_[A-Z0-9_]+")
HOST_SUFFIX = "_HOST"
NO_SECRETS = frozenset({"PROBEWRIGHT_SECRET_KEY"})  # the key that signs this installation's own sessions


def read_untrusted(content: bytes, source: str) -> CampaignSpec:
    """The checked spec in a YAML document from the web.

    Raises:
        DataError: it cannot be read as YAML.
        SpecError: it can, but says something that is not allowed; one line a problem.
    """
    return check_untrusted(parse_spec(content, source, MOST_BYTES), source)


def check_untrusted(data: Any, source: str) -> CampaignSpec:
    """The checked spec in plain values from the web; relative paths in it are names of uploads.

    Hosts are looked up, so this may take some seconds.

    Raises:
        SpecError: with one line a problem, each naming ``source``, the key, the value and what is allowed.
        ConfigError: the operator's own settings for these rules are wrong.
    """
    if problems := list(_dangers(data)):
        raise _error(source, problems)
    try:
        spec = check_spec(data, source, folder=uploads.place(), is_trusted=False)
    except SpecError as error:
        raise SpecError([*error.problems, *_error(source, _strange_secrets(data)).problems]) from None
    if problems := list(_problems(spec)):
        raise _error(source, problems)
    return spec


def _error(source: str, problems: Iterable[str]) -> SpecError:
    return SpecError([f"{source}: {line}" for line in dict.fromkeys(problems)])


def _values(data: Any) -> Iterator[tuple[str, Any, int]]:
    """Every plain value with its path and depth, each alias as often as it is used: possibly without an end."""
    waiting: list[tuple[str, Any, int]] = [("", data, 0)]
    while waiting:
        path, value, depth = waiting.pop()
        yield path, value, depth
        if isinstance(value, dict):
            waiting += [(_below(path, _name(key)), item, depth + 1) for key, item in value.items()]
        elif isinstance(value, list):
            waiting += [(_below(path, str(number)), item, depth + 1) for number, item in enumerate(value)]


def _dangers(data: Any) -> Iterator[str]:
    """What must be refused before anything else looks at the values: code, and sizes that a few aliases can spell."""
    weight = 0
    for path, value, depth in _values(data):
        own = (value, *value) if isinstance(value, dict) else (value,)  # a key may be as long, and an alias, too
        weight += 1 + sum(len(text) // 64 for text in own if isinstance(text, str | bytes))
        if weight > MOST_VALUES or depth > MOST_DEPTH:
            yield f"is too large once its aliases are spelled out; allowed: {MOST_VALUES:,} values, {MOST_DEPTH} deep"
            return
        if any(isinstance(number, int) and abs(number) >= MOST_INTEGER for number in own):
            yield f"{path}: the number is too large; allowed: below 2**63"
        if isinstance(value, dict) and value.get("kind") == CODE:
            yield f"{_below(path, 'kind')}: {CODE!r} runs code and is not allowed in a spec from the web"


def _strange_secrets(data: Any) -> Iterator[str]:
    """References to variables that no spec from the web may name, for a spec that has other problems as well."""
    for path, value, _ in _values(data):
        if isinstance(value, str) and value.startswith(PREFIX) and not _is_nameable(value.removeprefix(PREFIX)):
            yield f"{path}: {_strange(value.removeprefix(PREFIX))}"


@dataclass(frozen=True, slots=True)
class _Part:
    """One value of a checked spec: where it stands, and which hosts the endpoint around it asks."""

    path: str
    value: Any
    hosts: tuple[str, ...]


def _problems(spec: CampaignSpec) -> Iterator[str]:
    allowed = addresses.read_allowed(os.environ.get(addresses.VARIABLE, ""))
    asked: dict[str, str] = {}
    for part in _parts(_Part("", spec, ())):
        yield from _part_problems(part)
        for host in part.hosts:
            asked.setdefault(host, part.path)
    for host, path in asked.items():
        if refusal := addresses.refusal(host, allowed):
            yield f"{path}: {refusal}"


def _parts(part: _Part) -> Iterator[_Part]:
    """Every value below a part, whatever holds it."""
    yield part
    value = part.value
    if isinstance(value, Plugin):
        yield from _parts(_Part(part.path, value.params, part.hosts))
        return
    hosts = part.hosts
    if isinstance(value, BaseModel):
        hosts = tuple(_hosts(value)) or hosts
        inner: Mapping[Any, Any] = {name: getattr(value, name) for name in type(value).model_fields}
    elif isinstance(value, Mapping):
        inner = value
    elif isinstance(value, list | tuple | set | frozenset):
        inner = dict(enumerate(value))
    else:
        return
    for name, item in inner.items():
        yield from _parts(_Part(_below(part.path, str(name)), item, hosts))


def _hosts(model: BaseModel) -> Iterator[str]:
    """The hosts that a plug-in's parameters name in a field such as ``base_url``."""
    for name in type(model).model_fields:
        value = getattr(model, name)
        if name.endswith("url") and isinstance(value, str):
            yield str(URL(value).host or "")


def _part_problems(part: _Part) -> Iterator[str]:
    value = part.value
    if isinstance(value, Plugin):
        if _is_target(value) and value.kind not in TARGETS:
            allowed = ", ".join(sorted(TARGETS & registry.table("target").keys()))
            said = f"{value.kind!r} is not allowed in a spec from the web; allowed: {allowed}"
            yield f"{_below(part.path, 'kind')}: {said}"
    elif isinstance(value, Path):
        if not uploads.is_upload(value):
            yield f"{part.path}: no such upload, got {value.name[:80]!r}; allowed: the name that an upload was given"
    elif isinstance(value, str) and value.startswith(PREFIX):
        if problem := _secret_problem(value.removeprefix(PREFIX), part.hosts):
            yield f"{part.path}: {problem}"
    elif isinstance(value, Mapping) and part.path.endswith("headers") and "host" in {str(n).lower() for n in value}:
        yield f"{part.path}: 'Host' is not allowed in a spec from the web; the URL names the host"


def _is_target(plugin: Plugin) -> bool:
    known = registry.table("target")
    return plugin.kind in known and isinstance(plugin.params, registry.load("target", plugin.kind).Params)


def _secret_problem(name: str, hosts: tuple[str, ...]) -> str:
    """Why a secret may not be used there; empty where it may."""
    if not _is_nameable(name):
        return _strange(name)
    bound = {host.strip().lower() for host in os.environ.get(name + HOST_SUFFIX, "").split(",") if host.strip()}
    if not bound:
        return f"{name} is bound to no host; the operator names the hosts that may get it in {name}{HOST_SUFFIX}"
    strangers = [host for host in hosts if host.lower() not in bound]
    if strangers or not hosts:
        there = repr(strangers[0]) if strangers else "no endpoint"
        return f"{name} is bound to {', '.join(sorted(bound))} and is not sent to {there}"
    return ""


def _is_nameable(name: str) -> bool:
    """Whether a spec from the web may name this variable at all."""
    return bool(SECRET.fullmatch(name)) and name not in NO_SECRETS and not name.endswith(HOST_SUFFIX)


def _strange(name: str) -> str:
    return f"{PREFIX}{name[:80]} is not allowed in a spec from the web; allowed: {PREFIX}PROBEWRIGHT_SECRET_NAME"


def _name(key: object) -> str:
    """A key as paths name it; one that is no text by its type, since the digits of a number may have no end."""
    return key[:80] if isinstance(key, str) else type(key).__name__


def _below(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name
