"""Which problems a route may answer with, as the published OpenAPI says it."""

from typing import Any

from probewright.webapp.api.problems import CODES, MEDIA_TYPE

ALWAYS = ("unauthenticated", "token_unknown", "token_expired", "token_revoked", "invalid_parameters", "rate_limited")
ONE_CAMPAIGN = ("scope_missing", "not_found", "plugin_missing")  # every route that names a campaign
PROBLEM = {"$ref": "#/components/schemas/ProblemDetails"}


def problems(*codes: str) -> dict[str, Any]:
    """The part of an operation's description that names its problems: those that every route has, and ``codes``."""
    by_status: dict[int, list[str]] = {}
    for code in (*ALWAYS, *codes):
        by_status.setdefault(CODES[code][0], []).append(code)
    return {"responses": {status: _answer(named) for status, named in sorted(by_status.items())}}


def _answer(codes: list[str]) -> dict[str, Any]:
    listed = ", ".join(f"`{code}`" for code in dict.fromkeys(codes))
    return {"description": f"A problem: {listed}", "content": {MEDIA_TYPE: {"schema": PROBLEM}}}


def content(status: int, about: str, *media_types: str) -> dict[str, Any]:
    """An answer that ninja does not know, since it is sent while it is made: in one of these media types."""
    kinds = {
        name: {"schema": {"type": "object" if name.endswith(("/json", "+json")) else "string"}} for name in media_types
    }
    return {"responses": {status: {"description": about, "content": kinds}}}
