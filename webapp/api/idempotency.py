"""Requests that are made once: the same key and body get the first answer, another body is refused."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from probewright.webapp.api.models import Submission
from probewright.webapp.api.problems import Problem

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEY = re.compile(r"[\x21-\x7e]{1,255}")
KEPT = timedelta(days=7)
ABANDONED = timedelta(minutes=2)  # a process that died before it answered

Made = tuple[int, dict[str, Any]]  # HTTP status and answer


@dataclass(frozen=True, slots=True)
class Once:
    """An answer, and whether it was given before."""

    status: int
    answer: dict[str, Any]
    is_replayed: bool = False


def once(token: int, key: str, digest: str, prepare: Callable[[], Callable[[], Made]]) -> Once:
    """The answer to a request under a key; made at most once.

    Args:
        token: Whose key it is.
        key: The header's value; empty: the request is made each time.
        digest: Of what was posted.
        prepare: Checks the request, which may take seconds, and returns what makes it. That runs in one transaction
            with the note of its answer, so a process that dies leaves both or neither.

    Raises:
        Problem: the key is none, was used for another body, or is being used now; or what ``prepare`` raises, and then
            the key is free again.
    """
    if not key:
        return Once(*prepare()())
    if not KEY.fullmatch(key):
        raise Problem("invalid_parameters", f"{HEADER}: {key[:40]!r}; allowed: 1 to 255 visible ASCII characters")
    row = _reserve(token, key, digest)
    if row.status is not None:
        return Once(row.status, row.answer, is_replayed=True)
    try:
        make = prepare()
        with transaction.atomic():
            status, answer = make()
            Submission.objects.filter(pk=row.pk).update(status=status, answer=answer)
    except BaseException:
        Submission.objects.filter(pk=row.pk, status=None).delete()
        raise
    return Once(status, answer)


def _reserve(token: int, key: str, digest: str) -> Submission:
    """The row of a key: a new one, or one with its answer."""
    now = timezone.now()
    Submission.objects.filter(created_at__lt=now - KEPT).delete()
    with transaction.atomic():
        Submission.objects.filter(token=token, key=key, status=None, created_at__lt=now - ABANDONED).delete()
        row, is_new = Submission.objects.get_or_create(token_id=token, key=key, defaults={"digest": digest})
    if row.digest != digest:
        raise Problem("idempotency_key_reused", f"{HEADER} {key[:40]!r} was used with another body; take a new key")
    if not is_new and row.status is None:
        said = f"a request with {HEADER} {key[:40]!r} is being answered; ask again"
        raise Problem("idempotency_key_in_use", said, headers={"Retry-After": "2"})
    return row
