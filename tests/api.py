"""The REST API as a test sees it: callers with tokens of their own, answers as plain values."""

import json
from itertools import count
from typing import TYPE_CHECKING, Any

from tests import stores

if TYPE_CHECKING:
    from django.test import Client

NUMBERS = count(1)
ROOT = "/api/v1"
EVERYTHING = ("campaigns:read", "campaigns:write", "labels:write")
PROBLEM = "application/problem+json"
JSON = "application/json"


def token(*scopes: str, days: int | None = 1, owner: str = "") -> tuple[Any, str]:
    """A new token's row and secret."""
    stores.desk()
    # Rows can be imported only once Django is set up.
    from probewright.webapp.api import tokens  # noqa: PLC0415

    return tokens.add(f"test {next(NUMBERS)}", scopes or EVERYTHING, days, owner)


def caller(*scopes: str, owner: str = "") -> "Client":
    """A program with a token of its own."""
    return with_secret(token(*scopes, owner=owner)[1])


def with_secret(secret: str) -> "Client":
    """A program that says this is its token; empty: it says nothing."""
    stores.desk()
    from django.test import Client  # noqa: PLC0415 (as above)

    said = {"authorization": f"Bearer {secret}"} if secret else {}
    return Client(headers={"host": "localhost", **said}, raise_request_exception=False)


def post(client: "Client", path: str, body: Any, **headers: str) -> Any:
    """The answer to a body of JSON."""
    return client.post(ROOT + path, body, content_type=JSON, headers=headers)


def get(client: "Client", path: str) -> Any:
    """The values of an answer that must be there."""
    response = client.get(ROOT + path)
    assert response.status_code == 200, response.content
    return response.json()


def code(response: Any) -> tuple[int, str]:
    """Status and code of a problem, whose shape is checked."""
    assert response["Content-Type"] == PROBLEM, response.content[:300]
    said = response.json()
    assert said["status"] == response.status_code
    assert said["detail"]
    assert "\n" not in said["detail"]
    assert said.keys() >= {"type", "title", "status", "code", "detail"}
    return response.status_code, said["code"]


def text(response: Any) -> str:
    """The whole of a streamed answer."""
    assert response.status_code == 200, response.content
    assert response.streaming
    return b"".join(response.streaming_content).decode()


def lines(response: Any) -> list[Any]:
    """A streamed answer of a JSON object a line."""
    found = [json.loads(line) for line in text(response).splitlines()]
    response.close()
    return found
