"""Schemathesis over the whole published OpenAPI: no answer of 5xx, and none that the document does not name."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import api, site, stores

EXAMPLES = 15  # of each operation and mode: about 40 s in all
PHASES = (Phase.explicit, Phase.generate)


@pytest.fixture
def campaign(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A finished campaign to ask about; nobody waits, and there is no end of places and requests."""
    stores.desk()
    from probewright.webapp.api import auth, places, rate, waiting  # noqa: PLC0415 (needs Django set up)

    monkeypatch.setattr(waiting.WAITERS, "enter", lambda: False)
    monkeypatch.setattr(places.STREAMS, "enter", lambda: True)  # schemathesis closes no answer, as servers must
    monkeypatch.setattr(places.STREAMS, "leave", lambda: None)
    monkeypatch.setattr(auth, "buckets", lambda: rate.Buckets(1_000_000))
    yield site.run(limits={"cases": 4}, gate={"max_fail_rate": 0.5})
    site.closed()


def schema() -> Any:
    """The document as schemathesis reads it from the application itself."""
    # Hooks itself into pytest, and is slow to import.
    import schemathesis  # noqa: PLC0415
    from django.core.wsgi import get_wsgi_application  # noqa: PLC0415 (needs Django set up)

    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", get_wsgi_application())


def checks() -> list[Any]:
    from schemathesis.checks import not_a_server_error  # noqa: PLC0415 (as above)
    from schemathesis.specs.openapi import checks as known  # noqa: PLC0415

    return [
        not_a_server_error,
        known.status_code_conformance,
        known.content_type_conformance,
        known.response_schema_conformance,
    ]


def fuzzed(operation: Any, mode: Any, campaign: int, secret: str, seen: set[int]) -> Callable[[], None]:
    """A test of one operation, half of the time about a campaign that is there."""
    wanted = checks()

    @settings(
        max_examples=EXAMPLES,
        phases=PHASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), is_there=st.booleans())
    def check(case: Any, is_there: bool) -> None:
        if is_there and "campaign" in (case.path_parameters or {}):
            case.path_parameters["campaign"] = campaign
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        seen.add(response.status_code)
        case.validate_response(response, checks=wanted)

    return check


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_no_answer_is_a_failure_of_the_server_or_undocumented(campaign: int, mode: str) -> None:
    import schemathesis  # noqa: PLC0415 (as above)

    secret = api.token("admin")[1]
    seen: set[int] = set()
    count = 0
    for result in schema().get_all_operations():
        operation = result.ok()
        if mode == "NEGATIVE" and not (operation.path_parameters or operation.query or operation.body):
            continue  # there is nothing to get wrong
        fuzzed(operation, schemathesis.GenerationMode[mode], campaign, secret, seen)()
        count += 1
    assert count >= 15
    assert {404, 422} <= seen
    assert mode == "NEGATIVE" or 200 in seen
