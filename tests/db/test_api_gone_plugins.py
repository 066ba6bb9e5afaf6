"""A campaign whose family nobody has registered any more, since its package was removed: named in an answer, no 500."""

from typing import Any

import pytest

from tests import api, site, stores

HTTP = ("get", "post")


@pytest.fixture
def orphan() -> int:
    """A finished campaign of a family that is gone."""
    stores.desk()
    models: Any = site.module("models")
    row = models.Campaign.objects.create(
        name="orphan",
        digest="",
        spec={
            "name": "orphan", "seed": 0, "target": {"kind": "gone"}, "family": {"kind": "gone"}, "oracle": None,
            "opinions": None, "limits": {"trials": 1}, "gate": {"max_fail_rate": 0.5, "confidence": 0.95},
        },
        state=models.CampaignState.FINISHED,
        space={"items": []},
        criterion="",
    )  # fmt: skip
    return int(row.pk)


def operations() -> list[tuple[str, str]]:
    from probewright.webapp.api.publish import document  # noqa: PLC0415 (needs Django set up)

    return [(path, method) for path, said in document()["paths"].items() for method in HTTP if method in said]


def test_no_address_of_it_is_a_failure_of_the_server(orphan: int) -> None:
    client = api.caller("admin")
    asked = [one for one in operations() if one[0].startswith("/api/v1/campaigns/{campaign}")]
    assert len(asked) > 10
    for path, method in asked:
        url = path.replace("{campaign}", str(orphan)) + ("?against=1" if "comparison" in path else "")
        body = {} if method == "get" else {"data": {"max_fail_rate": 0.5}, "content_type": api.JSON}
        response = getattr(client, method)(url, **body)
        assert response.status_code < 500, (method, path, response.content)
        if response.streaming:
            assert b"".join(response.streaming_content) is not None
            response.close()
        else:
            assert "Traceback" not in response.content.decode()
    assert api.get(client, f"/campaigns/{orphan}")["resource"]["id"] == orphan
    assert any(line["resource"]["id"] == orphan for line in api.get(client, "/campaigns")["items"])
    stream = client.get(f"{api.ROOT}/campaigns/{orphan}/outcomes/stream")
    assert api.code(stream) == (409, "report_unavailable")
    assert "'gone'" in stream.json()["detail"]
