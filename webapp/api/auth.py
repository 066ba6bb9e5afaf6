"""Who calls: a token in the header `Authorization`. Sessions of browsers open nothing here, so there is no CSRF."""

import re
from math import ceil
from typing import Any

from django.http import HttpRequest
from ninja.security import HttpBearer

from probewright.webapp.api import tokens
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.rate import buckets
from probewright.webapp.api.tokens import Caller, Scope, Standing

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="probewright"'}
GIVEN = re.compile(r"Bearer +([\x21-\x7e]{1,200})", re.IGNORECASE)
REFUSALS = {
    Standing.EXPIRED: ("token_expired", "expired on {expires_at:%Y-%m-%d %H:%M} UTC; make another"),
    Standing.REVOKED: ("token_revoked", "was revoked; make another"),
    Standing.OWNERLESS: ("token_revoked", "belongs to a user who may not log in any more"),
}


class Bearer(HttpBearer):
    """Lets callers in whose token allows ``scope``; None lets in every active token."""

    def __init__(self, scope: Scope | None = None) -> None:
        super().__init__()
        self.scope = scope

    def __call__(self, request: HttpRequest) -> Any:
        """The caller.

        Raises:
            Problem: there is no token, it opens nothing, does not allow this, or has made too many requests.
        """
        given = GIVEN.fullmatch(request.headers.get("Authorization", "").strip())
        if given is None:
            said = "give a token in the header Authorization: Bearer pw_...; probewright token add makes one"
            raise Problem("unauthenticated", said, headers=CHALLENGE)
        return self.authenticate(request, given[1])

    def authenticate(self, request: HttpRequest, token: str) -> Caller:  # noqa: ARG002 (ninja's signature)
        """The caller with this token; see above."""
        row = tokens.find(token)
        if row is None:
            raise Problem("token_unknown", "nobody was given this token, or it was cut short", headers=CHALLENGE)
        if (found := tokens.standing(row)) is not Standing.ACTIVE:
            code, said = REFUSALS[found]
            told = said.format(expires_at=row.expires_at)
            raise Problem(code, f"the token {row.prefix}... {told}", headers=CHALLENGE)
        caller = tokens.use(row)
        if wait_s := buckets().take(caller.token):
            said = f"the token {caller.prefix}... may make {buckets().most:,} requests a minute; wait {ceil(wait_s)} s"
            raise Problem("rate_limited", said, headers={"Retry-After": str(ceil(wait_s))})
        if self.scope is not None and not caller.may(self.scope):
            held = ", ".join(sorted(caller.scopes))
            raise Problem(
                "scope_missing", f"this needs the scope {self.scope}; the token {caller.prefix}... has {held}"
            )
        return caller


def caller_of(request: HttpRequest) -> Caller:
    """The caller of a request that `Bearer` let in."""
    caller = getattr(request, "auth", None)
    if not isinstance(caller, Caller):
        raise TypeError("the route has no auth=Bearer(...)")
    return caller
