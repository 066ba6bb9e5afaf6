"""Signed messages, as the Standard Webhooks specification has them, so that receivers find a library for it.

The signature is ``v1,`` and the base64 of HMAC-SHA256 over ``id.timestamp.body``. The secret is kept nowhere: it is
derived from the installation's key and a salt, so the rows alone sign nothing.

Source: https://www.standardwebhooks.com, version 1.
"""

import base64
import hmac
import secrets
from collections.abc import Mapping
from hashlib import sha256

from probewright.webapp.secret_key import secret_key

BEGINNING = "whsec_"
PURPOSE = "probewright webhook "  # keeps this use of the key apart from every other


def new_salt() -> str:
    """What makes one webhook's secret differ from another's."""
    return secrets.token_hex(16)


def secret_of(salt: str) -> str:
    """The secret of the webhook with this salt, as receivers are given it."""
    derived = hmac.digest(secret_key().encode(), f"{PURPOSE}{salt}".encode(), "sha256")
    return BEGINNING + base64.b64encode(derived).decode()


def fingerprint(secret: str) -> str:
    """What is kept of a secret, to notice a process that derives another one."""
    return sha256(secret.encode()).hexdigest()


def headers(secret: str, key: str, timestamp: int, body: bytes) -> Mapping[str, str]:
    """The headers of a message with this id, at this second since 1970."""
    raw = base64.b64decode(secret.removeprefix(BEGINNING))
    signed = hmac.digest(raw, f"{key}.{timestamp}.".encode() + body, "sha256")
    return {
        "webhook-id": key,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": f"v1,{base64.b64encode(signed).decode()}",
    }
