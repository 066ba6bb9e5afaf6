"""Schemathesis over the whole published OpenAPI: no answer of 5xx, and none that the document does not name."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests import api, site, stores

EXAMPLES = 15  # of each operation and mode: about 40 s in all
PHASES = (Phase.explicit, Phase.generate)
BASELINE = "a baseline, 100 % good"
# Operations that answer whatever is asked of what is there; by chance alone one of 2**15 runs asks about none of it.
SURE = ("get_suite", "compare_campaigns", "stream_comparison", "bless_campaign", "list_baselines", "get_baseline")


@dataclass(frozen=True)
class Known:
    """What is there to ask about: two finished campaigns on the same cases, one of them blessed."""

    campaign: int
    blessed: int

    def put_into(self, case: Any, compares_by: str) -> None:
        """Has a request speak of what is there wherever it names something."""
        path, query, body = case.path_parameters or {}, case.query or {}, case.body
        if "campaign" in path:
            path["campaign"] = self.campaign
        if "name" in path:
            path["name"] = BASELINE
        if case.path.endswith(("/comparison", "/comparison/cases")):
            case.query = {name: value for name, value in query.items() if name not in {"against", "baseline"}}
            case.query[compares_by] = {"against": self.blessed, "baseline": BASELINE}[compares_by]
        if isinstance(body, dict) and isinstance(body.get("campaign"), int):
            body["campaign"] = self.campaign
        if isinstance(body, dict) and isinstance(body.get("suite"), dict):
            body["suite"] = {"campaign": self.campaign}


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[Known]:
    """Two finished campaigns to ask about; nobody waits, and there is no end of places and requests."""
    stores.desk()
    from probewright.webapp.api import auth, places, rate, waiting  # noqa: PLC0415 (needs Django set up)

    monkeypatch.setattr(waiting.WAITERS, "enter", lambda: False)
    monkeypatch.setattr(places.STREAMS, "enter", lambda: True)  # schemathesis closes no answer, as servers must
    monkeypatch.setattr(places.STREAMS, "leave", lambda: None)
    monkeypatch.setattr(auth, "buckets", lambda: rate.Buckets(1_000_000))
    blessed, campaign = (site.run(limits={"cases": 4}, gate={"max_fail_rate": 0.5}) for _ in range(2))
    stores.desk().bless(blessed, BASELINE, "ann", "fine")
    yield Known(campaign, blessed)
    site.module("models").Baseline.objects.all().delete()
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


def fuzzed(operation: Any, mode: Any, known: Known, secret: str, seen: set[int]) -> Callable[[], None]:
    """A test of one operation, half of the time about what is there."""
    wanted = checks()

    @settings(
        max_examples=EXAMPLES,
        phases=PHASES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(generation_mode=mode),
        is_there=st.booleans(),
        compares_by=st.sampled_from(["against", "baseline"]),
    )
    def check(case: Any, is_there: bool, compares_by: str) -> None:
        if is_there:
            known.put_into(case, compares_by)
        response = case.call(headers={"Authorization": f"Bearer {secret}"})
        seen.add(response.status_code)
        case.validate_response(response, checks=wanted)

    return check


@pytest.mark.parametrize("mode", ["POSITIVE", "NEGATIVE"])
def test_no_answer_is_a_failure_of_the_server_or_undocumented(known: Known, mode: str) -> None:
    import schemathesis  # noqa: PLC0415 (as above)

    secret = api.token("admin")[1]
    seen: dict[str, set[int]] = {}
    for result in schema().get_all_operations():
        operation = result.ok()
        if mode == "NEGATIVE" and not (operation.path_parameters or operation.query or operation.body):
            continue  # there is nothing to get wrong
        name = operation.definition.raw["operationId"]
        fuzzed(operation, schemathesis.GenerationMode[mode], known, secret, seen.setdefault(name, set()))()
    assert len(seen) >= (30 if mode == "POSITIVE" else 24)
    assert {404, 422} <= set().union(*seen.values())
    if mode == "POSITIVE":
        assert [name for name in SURE if not seen[name] & {200, 201}] == []
