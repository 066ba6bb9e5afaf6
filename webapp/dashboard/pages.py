"""The templates of pages: the report's own environment, with its components and filters, and what pages need more."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

import yaml
from django.contrib.staticfiles import finders
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from jinja2 import Environment

from probewright import __version__
from probewright.campaigns.render import html
from probewright.campaigns.specs.gate import MODIFIERS
from probewright.figures import counted, percent
from probewright.types import Status

LOADER, RELOADS = "loader", "auto_reload"  # what Django decides of the environment


def environment(**options: Any) -> Environment:
    """Jinja's environment for Django's template backend. Every text passes `visible` and is escaped, as in reports."""
    pages = html.environment().overlay(loader=options[LOADER], auto_reload=options[RELOADS])
    pages.filters = {
        **pages.filters,
        "moment": moment,
        "ago": ago,
        "as_yaml": as_yaml,
        "gate": gate,
        "statuses": by_status,
    }
    pages.globals = {**pages.globals, "url": url, "asset": asset, "version": __version__}
    return pages


def url(name: str, *arguments: object) -> str:
    """The address of a view."""
    return reverse(name, args=arguments)


@cache
def asset(path: str) -> str:
    """The address of a static file, with a hash of its content, so that browsers may keep it for good."""
    found = finders.find(path)
    if not isinstance(found, str):
        raise FileNotFoundError(f"static file {path!r} is in no folder of static files")
    digest = blake2b(Path(found).read_bytes(), digest_size=6).hexdigest()
    return f"{static(path)}?{digest}"


def moment(when: datetime) -> str:
    """A point in time to the minute, in UTC: "2026-11-23 07:45 UTC"."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


def ago(when: datetime) -> str:
    """How long ago something was, roughly: "just now", "5 min ago", "3 h ago", "12 days ago"."""
    minutes = int((timezone.now() - when).total_seconds() // 60)
    if minutes < 1:
        return "just now"
    if minutes < 60:
        return f"{minutes} min ago"
    days = minutes // (24 * 60)
    return f"{minutes // 60} h ago" if days < 2 else f"{days:,} days ago"


def as_yaml(values: Any) -> str:
    """Plain values as YAML, in their order."""
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=100)


def gate(asked: Mapping[str, Any] | None) -> str:
    """What a spec's gate asks for, in one line: its own keys, with what each is about and its limit."""
    parts = [
        _criterion(key, value)
        for key, value in (asked or {}).items()
        if key not in MODIFIERS and value not in (None, [])
    ]
    parts += ["decided as soon as it is certain"] if asked and asked.get("sequential") else []
    return ", ".join(parts) or "none"


def _criterion(key: str, value: Any) -> str:
    words = key.replace("_", " ")
    match value:
        case {"baseline": name, "margin": margin}:
            return f"{words} {name} by {percent(margin)}"
        case {"label": label, "max_fail_rate": limit}:
            return f"{words} {label} at most {percent(limit)}"
        case {"max_rate": limit}:
            return f"{words} at most {percent(limit)}"
        case float() | int():
            return f"{words} {percent(value)}"
        case [*selections]:
            return f"{words}: {counted(len(selections), 'selection')}"
        case _:
            return words


def by_status(counts: dict[str, int]) -> dict[Status, int]:
    """Counts by the statuses' names, as components want them."""
    return {Status(name): count for name, count in counts.items()}
