"""Keys to the API: made, shown once, found by their hash, revoked."""

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256

from django.contrib.auth import get_user_model
from django.db.models import Q
from django.utils import timezone

from probewright.errors import ConfigError, unknown
from probewright.webapp.api.models import Token

BEGINNING = "pw_"
SECRET_BYTES = 32  # of randomness: no guessing, so a fast hash is as good as a slow one
SHOWN = len(BEGINNING) + 8  # characters by which people recognise a token
MOST_DAYS = 3650
MOST_NAME = 80
USED_EVERY = timedelta(minutes=1)  # how exactly the last use is known: not every request is a write


class Scope(StrEnum):
    """What a token allows."""

    CAMPAIGNS_READ = "campaigns:read"
    CAMPAIGNS_WRITE = "campaigns:write"
    LABELS_WRITE = "labels:write"
    ADMIN = "admin"  # all of it, and webhooks of every campaign


class Standing(StrEnum):
    """Whether a token opens anything."""

    ACTIVE = "active"
    EXPIRED = "expired"
    REVOKED = "revoked"
    OWNERLESS = "ownerless"  # its user may not log in any more


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: a token that is active."""

    token: int
    name: str
    prefix: str
    scopes: frozenset[str]
    owner: str
    expires_at: datetime | None

    @property
    def person(self) -> str:
        """The name under which it acts: its user's, or, where it has none, its own, which no user can have."""
        return self.owner or f"token {self.name}"

    def may(self, scope: Scope) -> bool:
        """Whether it allows this."""
        return scope in self.scopes or Scope.ADMIN in self.scopes


def add(name: str, scopes: Collection[str], days: int | None, owner: str = "") -> tuple[Token, str]:
    """A new token and its secret, which nobody can read again.

    Args:
        name: What people call it.
        scopes: What it allows: at least one.
        days: How long it is valid, 1 to 3,650; None: until it is revoked.
        owner: The user that it stands for.

    Raises:
        ConfigError: one of them is not allowed, or there is no such user.
    """
    name = name.strip()
    if not name or len(name) > MOST_NAME or not name.isprintable():
        raise ConfigError(f"token name {name[:80]!r}: allowed: 1 to {MOST_NAME} visible characters")
    if not scopes:
        raise ConfigError(f"a token without a scope opens nothing; allowed: {', '.join(Scope)}")
    for scope in scopes:
        if scope not in set(Scope):
            raise ConfigError(unknown("scope", scope, Scope))
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise ConfigError(f"a token valid for {days:,} days; allowed: 1 to {MOST_DAYS:,}")
    if owner and not _may_log_in(owner):
        raise ConfigError(f"user {owner!r} is not there; make it with probewright user add")
    secret = BEGINNING + secrets.token_urlsafe(SECRET_BYTES)
    row = Token.objects.create(
        name=name,
        prefix=secret[:SHOWN],
        digest=digest(secret),
        scopes=sorted(set(scopes)),
        owner=owner,
        expires_at=None if days is None else timezone.now() + timedelta(days=days),
    )
    return row, secret


def digest(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode("utf-8", "replace")).hexdigest()


def find(secret: str) -> Token | None:
    """The token with this secret, in whatever standing; None for a secret that nobody was given."""
    return Token.objects.filter(digest=digest(secret)).first()


def standing(row: Token) -> Standing:
    """Whether a token opens anything now."""
    if row.revoked_at is not None:
        return Standing.REVOKED
    if row.expires_at is not None and row.expires_at <= timezone.now():
        return Standing.EXPIRED
    return Standing.ACTIVE if not row.owner or _may_log_in(row.owner) else Standing.OWNERLESS


def use(row: Token) -> Caller:
    """The caller that an active token stands for; notes that it was used."""
    now = timezone.now()
    if row.last_used_at is None or row.last_used_at < now - USED_EVERY:
        Token.objects.filter(pk=row.pk).update(last_used_at=now)
    return Caller(row.pk, row.name, row.prefix, frozenset(row.scopes), row.owner, row.expires_at)


def listed(owner: str | None = None) -> Sequence[Token]:
    """All tokens, or those of one user, the newest first."""
    rows = Token.objects.order_by("-pk")
    return list(rows if owner is None else rows.filter(owner=owner))


def revoke(reference: str, owner: str | None = None) -> Token:
    """Ends a token, named by its number or by how its secret begins; of one user's, where ``owner`` says whose.

    Raises:
        ConfigError: there is none, several begin so, or it is revoked already.
    """
    rows = Token.objects.all() if owner is None else Token.objects.filter(owner=owner)
    found = list(rows.filter(_named(reference))[:2])
    if len(found) != 1:
        raise ConfigError(f"{'no token is' if not found else 'several tokens are'} {reference[:40]!r}; give its number")
    if not Token.objects.filter(pk=found[0].pk, revoked_at=None).update(revoked_at=timezone.now()):
        raise ConfigError(f"token {found[0].pk} ({found[0].name}) is revoked already")
    return found[0]


def _named(reference: str) -> Q:
    if reference.isascii() and reference.isdecimal():
        return Q(pk=int(reference[:18]))
    return Q(prefix=reference[:SHOWN])


def _may_log_in(name: str) -> bool:
    return get_user_model()._default_manager.filter(username=name, is_active=True).exists()
