"""Webhooks of all campaigns, uploads, and who calls."""

from typing import Annotated

from django.http import HttpRequest, HttpResponse
from ninja import Path, Router
from ninja.responses import Status

from probewright import __version__
from probewright.campaigns.specs import uploads
from probewright.errors import ConfigError, DataError
from probewright.webapp.api.answers import problems
from probewright.webapp.api.auth import Bearer, caller_of
from probewright.webapp.api.bodies import require_type
from probewright.webapp.api.problems import Problem
from probewright.webapp.api.rate import buckets
from probewright.webapp.api.schemas import Hook, HookPage, HookRequest, Upload, Whoami
from probewright.webapp.api.tokens import Scope
from probewright.webapp.api.webhooks import notices, sending

router = Router(tags=["others"], by_alias=True)

WRITING = ("malformed_request", "scope_missing", "body_too_large", "unsupported_media_type")
SETS = ("text/csv", "application/x-ndjson")
FILE = {
    "requestBody": {
        "required": True,
        "content": {kind: {"schema": {"type": "string", "minLength": 1}} for kind in SETS},
    }
}


@router.get(
    "/whoami", auth=Bearer(), response=Whoami, operation_id="whoami", summary="Who calls", openapi_extra=problems()
)
def whoami(request: HttpRequest) -> Whoami:
    """The token that calls, and what it allows."""
    caller = caller_of(request)
    return Whoami(
        name=caller.name,
        prefix=caller.prefix,
        person=caller.person,
        scopes=sorted(caller.scopes),
        expires_at=caller.expires_at,
        requests_a_minute=buckets().most,
        version=__version__,
    )


@router.post(
    "/uploads",
    auth=Bearer(Scope.CAMPAIGNS_WRITE),
    response={201: Upload},
    operation_id="upload_set",
    summary="Upload a set of prompts or a suite",
    openapi_extra={**problems(*WRITING, "upload_refused"), **FILE},
)
def upload(request: HttpRequest) -> Status[Upload]:
    """Keeps a CSV or JSONL file, the body itself, under a name that a spec's family can have as its path.

    A frozen suite is JSONL, for the family `suite`; other files are for the family `static`.
    """
    content = _file(request)
    ending = uploads.ENDINGS[SETS.index(require_type(request, *SETS))]
    try:
        return Status(201, Upload(path=uploads.keep(f"set{ending}", content)))
    except DataError as error:
        raise Problem("upload_refused", " ".join(str(error).split())) from error


def _file(request: HttpRequest) -> bytes:
    """The body, which may be longer than Django takes into memory by itself."""
    length = int(request.META.get("CONTENT_LENGTH") or 0)
    if length > uploads.MOST_BYTES:
        said = f"the body holds {length:,} bytes; allowed: {uploads.MOST_BYTES:,}"
        raise Problem("body_too_large", said)
    if not length:
        raise Problem("upload_refused", "the body is empty; send the file as it is")
    return request.read()


@router.get(
    "/webhooks",
    auth=Bearer(Scope.ADMIN),
    response=HookPage,
    operation_id="list_webhooks",
    summary="List webhooks of all campaigns",
    openapi_extra=problems("scope_missing"),
)
def hooks(request: HttpRequest) -> HookPage:  # noqa: ARG001 (ninja's signature)
    """Those that are told of every campaign; those of one campaign stand with it."""
    return HookPage(items=notices.hooks(None))


@router.post(
    "/webhooks",
    auth=Bearer(Scope.ADMIN),
    response={201: Hook},
    operation_id="add_webhook",
    summary="Add a webhook for all campaigns",
    openapi_extra=problems(*WRITING, "webhook_refused"),
)
def add_hook(request: HttpRequest, body: HookRequest) -> Status[Hook]:
    """Told of every campaign that ends from now on. The answer has its secret, which is not shown again."""
    try:
        sending.check(body.url)
        row, secret = notices.register(body, caller_of(request).person)
    except ConfigError as error:
        raise Problem("webhook_refused", " ".join(str(error).split())) from error
    return Status(201, notices.hook(row, secret))


@router.delete(
    "/webhooks/{webhook}",
    auth=Bearer(Scope.ADMIN),
    response={204: None},
    operation_id="remove_webhook",
    summary="Remove a webhook",
    openapi_extra=problems("scope_missing", "not_found"),
)
def remove_hook(
    request: HttpRequest,  # noqa: ARG001 (ninja's signature)
    webhook: Annotated[int, Path(ge=1, lt=2**63)],
) -> HttpResponse:
    """It is told nothing more, of one campaign or of all."""
    if not notices.remove(webhook):
        raise Problem("not_found", f"there is no webhook {webhook}")
    return HttpResponse(status=204)
