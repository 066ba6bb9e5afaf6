"""Messages of webhooks: whether they are what they say."""

import base64
import hmac
import time
from collections.abc import Mapping

TOLERANCE_S = 300  # how old a message may be


def verify_webhook(
    secret: str, headers: Mapping[str, str], body: bytes, now_s: float | None = None, tolerance_s: int = TOLERANCE_S
) -> bool:
    """Whether a message came from the server that gave this secret, unchanged and not long ago.

    Args:
        secret: ``whsec_...``, from the answer that made the webhook.
        headers: Of the request, by name in lower case.
        body: As it came, before anything parsed it.
        now_s: Seconds since 1970; default: now.
        tolerance_s: How old a message may be.
    """
    key, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isascii() or not timestamp.isdecimal():
        return False
    now = time.time() if now_s is None else now_s
    raw = base64.b64decode(secret.removeprefix("whsec_"))
    signed = base64.b64encode(hmac.digest(raw, f"{key}.{timestamp}.".encode() + body, "sha256")).decode()
    given = headers.get("webhook-signature", "").split()
    is_signed = any(hmac.compare_digest(f"v1,{signed}".encode(), one.encode()) for one in given)
    return is_signed and abs(now - int(timestamp)) <= tolerance_s
