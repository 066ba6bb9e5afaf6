"""Frozen suites on behalf of a caller: streamed, or kept as an upload that a spec's family `suite` names."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from probewright.campaigns.desk import Desk
from probewright.campaigns.specs import uploads
from probewright.errors import ConfigError, DataError
from probewright.webapp.api import waiting
from probewright.webapp.api.places import stream_place
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.schemas import SuiteReference
from probewright.webapp.api.tokens import Caller, Scope


def lines(number: int) -> Iterator[bytes]:
    """The lines of a campaign's suite; nothing is read before the first is asked for.

    Raises:
        Problem: its cases cannot be frozen.
    """
    with _suite_problems(number):
        return Desk().suite(number)


def family(reference: SuiteReference, caller: Caller) -> dict[str, Any]:
    """The family of a spec that asks these cases again. A campaign's are kept as an upload.

    Raises:
        Problem: the caller may not read campaigns, there is no such campaign, it goes on, cannot be frozen, or as many
            others are being frozen as may.
    """
    if reference.campaign is None:
        return {"kind": "suite", "path": reference.upload}
    if not caller.may(Scope.CAMPAIGNS_READ):  # whoever names the target reads the cases there
        said = f"suite.campaign needs the scope {Scope.CAMPAIGNS_READ}; the token {caller.prefix}... has it not"
        raise Problem("scope_missing", said)
    return {"kind": "suite", "path": _kept(reference.campaign)}


def _kept(number: int) -> str:
    # Dated by the campaign, not by now: the same cases are the same file, so a spec that is sent again is the same.
    created = waiting.over(number).created_at
    with stream_place(), _suite_problems(number):
        return uploads.keep("suite.jsonl", _joined(Desk().suite(number, created)))


def _joined(pieces: Iterable[bytes]) -> bytes:
    content = bytearray()
    for piece in pieces:
        content += piece
        if len(content) > uploads.MOST_BYTES:
            raise DataError(
                f"the suite holds more than {uploads.MOST_BYTES:,} bytes; run so many cases from the command line"
            )
    return bytes(content)


@contextmanager
def _suite_problems(number: int) -> Iterator[None]:
    """What is wrong with a suite within the block becomes a problem.

    Raises:
        Problem: the campaign's cases cannot be frozen.
    """
    try:
        yield
    except ConfigError as error:
        said = f"campaign {number}: {' '.join(str(error).split())}"
        raise Problem("suite_unavailable", said) from error
