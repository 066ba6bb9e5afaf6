"""Labels by the API: given under the token's name, by the rules of the page, blind."""

from collections.abc import Iterator

import pytest

from tests import api, site, stores


@pytest.fixture(scope="module")
def campaign() -> int:
    return site.run("I cannot say.", limits={"cases": 6})


@pytest.fixture(autouse=True)
def database() -> Iterator[None]:
    stores.desk()
    yield
    site.closed()


def test_a_label_is_given_under_the_tokens_name_and_replaced_by_its_next(campaign: int) -> None:
    caller = api.caller()
    first = api.post(caller, f"/campaigns/{campaign}/labels", {"position": 0, "verdict": "pass", "note": "declines"})
    assert first.status_code == 201
    said = first.json()
    assert said["person"] == api.get(caller, "/whoami")["person"]
    assert (said["status"], said["note"], said["drawn"]) == ("pass", "declines", "chosen")
    api.post(caller, f"/campaigns/{campaign}/labels", {"position": 0, "verdict": "fail"})
    own = [one for one in api.get(caller, f"/campaigns/{campaign}/labels")["items"] if one["person"] == said["person"]]
    assert [one["status"] for one in own] == ["fail"]


def test_who_labels_sees_what_others_said_only_after_labelling(campaign: int) -> None:
    first, second, reader = api.caller(), api.caller(), api.caller("campaigns:read")
    api.post(first, f"/campaigns/{campaign}/labels", {"position": 3, "verdict": "pass"})

    def seen(caller: object) -> int:
        items = api.get(caller, f"/campaigns/{campaign}/labels?limit=200")["items"]  # type: ignore[arg-type]
        return sum(one["position"] == 3 for one in items)

    assert (seen(second), seen(reader)) == (0, 1)
    api.post(second, f"/campaigns/{campaign}/labels", {"position": 3, "verdict": "fail"})
    assert (seen(second), seen(reader)) == (2, 2)


@pytest.mark.parametrize(
    "body",
    [
        {"position": 99, "verdict": "pass"},
        {"position": 0, "trial": 9, "verdict": "pass"},
        {"position": 0, "verdict": "blocked"},
        {"position": 0, "verdict": "maybe"},
        {"position": 5, "verdict": "pass", "is_adjudication": True},
        {"position": 0, "verdict": "pass", "note": "nul\0"},
    ],
)
def test_a_label_that_the_page_would_refuse_is_refused(campaign: int, body: dict[str, object]) -> None:
    assert api.code(api.post(api.caller(), f"/campaigns/{campaign}/labels", body)) == (422, "label_refused")


def test_labels_are_listed_by_key(campaign: int) -> None:
    caller = api.caller("admin")
    for position in (0, 1, 2, 4):  # 3 and 5 are those of other tests of this campaign
        api.post(caller, f"/campaigns/{campaign}/labels", {"position": position, "verdict": "pass"})
    whole = api.get(caller, f"/campaigns/{campaign}/labels?limit=200")["items"]
    seen, path = [], f"/campaigns/{campaign}/labels?limit=2"
    while path:
        page = api.get(caller, path)
        seen += page["items"]
        path = page["next"] and page["next"]["href"].removeprefix(api.ROOT)
    assert seen == whole
    assert len(seen) >= 4
