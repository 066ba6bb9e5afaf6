"""The API as a whole: its routes, how its errors are answered, and the OpenAPI 3.1 that it publishes."""

from functools import cache
from typing import Any

import orjson
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationErrorContext
from ninja.openapi.schema import REF_TEMPLATE
from ninja.renderers import BaseRenderer
from pydantic.json_schema import models_json_schema

from probewright.errors import UnknownName
from probewright.webapp.api.bodies import StrictJson, mistake_of
from probewright.webapp.api.problems import BY_STATUS, Problem, of_mistakes
from probewright.webapp.api.reference import sections
from probewright.webapp.api.routes import (
    baselines,
    campaigns,
    catalogue,
    comparing,
    gates,
    labels,
    others,
    results,
    suites,
)
from probewright.webapp.api.schemas import ProblemDetails, Submit

ABOUT = (
    "Start campaigns, wait for them, and read what came of them. Call it with the header "
    "`Authorization: Bearer pw_...`; `probewright token add` makes a token. Errors are `application/problem+json` "
    "with a stable `code`."
)
ROOT = "api/v1/"
NOT_IN_A_ROUTE = (ProblemDetails, Submit)  # shapes that descriptions refer to by hand


class _Renderer(BaseRenderer):
    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:  # noqa: ARG002 (ninja's)
        return orjson.dumps(data, option=orjson.OPT_UTC_Z)


class _Api(NinjaAPI):
    """Keeps what was given where it is no secret: a message names the value."""

    def validation_error_from_error_contexts(self, error_contexts: list[ValidationErrorContext[Any]]) -> Any:
        """The problem that lists all that is wrong with parameters and body."""
        found = [(context.model, detail) for context in error_contexts for detail in _details(context)]
        return of_mistakes("invalid_parameters", [mistake_of(detail, _skipped(model)) for model, detail in found])


def _details(context: ValidationErrorContext[Any]) -> list[Any]:
    return list(context.pydantic_validation_error.errors(include_url=False))


def _skipped(model: Any) -> int:
    """How many parts of a path say nothing to the caller: a body's begins with the argument's name."""
    return 1 if model.__ninja_param_source__ == "body" else 0


def _api() -> NinjaAPI:
    api = _Api(
        title="Probewright",
        version="1",
        description=ABOUT,
        openapi_url="",
        docs_url=None,
        urls_namespace="api",
        renderer=_Renderer(),
        parser=StrictJson(),
    )
    api.add_router("/campaigns", campaigns.router)
    api.add_router("/campaigns", results.router)
    api.add_router("/campaigns", gates.router)
    api.add_router("/campaigns", comparing.router)
    api.add_router("/campaigns", suites.router)
    api.add_router("/campaigns", labels.router)
    api.add_router("/baselines", baselines.router)
    api.add_router("", catalogue.router)
    api.add_router("", others.router)
    api.add_exception_handler(Problem, _answer)
    api.add_exception_handler(HttpError, _refuse)
    api.add_exception_handler(UnknownName, _miss)
    return api


def _answer(_: HttpRequest, problem: Any) -> HttpResponse:
    response: HttpResponse = problem.response()
    return response


def _refuse(_: HttpRequest, error: Any) -> HttpResponse:
    """What ninja itself refuses; it hides why a body could not be read behind an error of its own."""
    if isinstance(error.__cause__, Problem):
        return error.__cause__.response()
    return Problem(BY_STATUS.get(error.status_code, "malformed_request"), str(error)).response()


def _miss(_: HttpRequest, error: Any) -> HttpResponse:
    """A name that a stored campaign has from a package which is not there any more."""
    return Problem("plugin_missing", str(error)).response()


API = _api()


@cache
def document() -> dict[str, Any]:
    """The OpenAPI 3.1 document."""
    found: dict[str, Any] = dict(API.get_openapi_schema(path_prefix=f"/{ROOT}"))
    _, schemas = models_json_schema([(model, "validation") for model in NOT_IN_A_ROUTE], ref_template=REF_TEMPLATE)
    found["components"]["schemas"].update(schemas["$defs"])
    return found


@require_safe
def openapi(request: HttpRequest) -> HttpResponse:  # noqa: ARG001 (Django's signature)
    """The document; it says nothing of what is in this installation, so no token is asked for."""
    return HttpResponse(orjson.dumps(document(), option=orjson.OPT_NON_STR_KEYS), content_type="application/json")


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The document as a page, without a script."""
    return render(request, "dashboard/api.html", {"document": document(), "sections": sections(document())})


def urls() -> list[URLPattern]:
    """The addresses of the API. Its routes look after who calls; neither sessions nor their tokens count here."""
    routes = [pattern for pattern in API.urls[0] if isinstance(pattern, URLPattern) and pattern.name != "api-root"]
    for pattern in routes:
        pattern.callback = login_not_required(csrf_exempt(pattern.callback))
    return [
        path("openapi.json", login_not_required(openapi), name="api-openapi"),
        path("docs", login_not_required(docs), name="api-docs"),
        *routes,
    ]
