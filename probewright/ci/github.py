"""GitHub, as GitHub Actions describes it in the environment."""

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from probewright.ci.forge import Posted
from probewright.ci.forge_api import ForgeApi, ForgeError
from probewright.errors import ConfigError

API = "https://api.github.com"
ACTIONS = "github-actions[bot]"  # who the job's own GITHUB_TOKEN writes as
AUTHOR = "PROBEWRIGHT_COMMENT_AUTHOR"  # who the token of another GitHub App writes as
NO_USER = frozenset({403, 404})  # an app's token has no user to ask about


class GitHub:
    """One repository on GitHub. GITHUB_TOKEN needs `pull-requests: write`.

    Who we are is the token's user. The job's own token is an app's and has none: it writes as ``github-actions[bot]``;
    for the token of another app PROBEWRIGHT_COMMENT_AUTHOR says it.
    """

    name = "GitHub"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._repository = environment.get("GITHUB_REPOSITORY", "")

    def check(self) -> None:
        """Makes sure that everything is set that a comment needs.

        Raises:
            ConfigError: something is missing.
        """
        if self._repository.count("/") != 1:
            raise ConfigError(
                f"GITHUB_REPOSITORY is {self._repository!r}; allowed: OWNER/NAME, as GitHub Actions sets it"
            )
        if not self._environment.get("GITHUB_TOKEN"):
            raise ConfigError(
                "GITHUB_TOKEN is empty: give the step env: {GITHUB_TOKEN: ${{ github.token }}} and the job "
                "permissions: {pull-requests: write}"
            )

    @cached_property
    def _api(self) -> ForgeApi:
        self.check()
        token = self._environment["GITHUB_TOKEN"]
        headers = {"Authorization": f"Bearer {token}", "X-GitHub-Api-Version": "2022-11-28"}
        return ForgeApi(self.name, self._environment.get("GITHUB_API_URL") or API, headers)

    def change(self) -> int | None:
        """The pull request of the event that started the job."""
        number = event(self._environment).get("pull_request", {}).get("number")
        return int(number) if isinstance(number, int) else None

    def author(self) -> str:
        """The login that our comments have."""
        if given := self._environment.get(AUTHOR, ""):
            return given
        try:
            return str(self._api.get("/user")["login"])
        except ForgeError as error:
            if error.status in NO_USER:
                return ACTIONS
            raise

    def comments(self, change: int) -> Iterator[Posted]:
        """All comments of a pull request, the oldest first."""
        return map(_posted, self._api.pages(f"/repos/{self._repository}/issues/{change}/comments"))

    def add(self, change: int, body: str) -> Posted:
        """Writes a new comment."""
        return _posted(self._api.post(f"/repos/{self._repository}/issues/{change}/comments", {"body": body}))

    def edit(self, change: int, comment: int, body: str) -> Posted:  # noqa: ARG002 (a comment's id is enough here)
        """Replaces the text of a comment."""
        return _posted(self._api.put("PATCH", f"/repos/{self._repository}/issues/comments/{comment}", {"body": body}))


def event(environment: Mapping[str, str]) -> Mapping[str, Any]:
    """What started the job, as GitHub Actions wrote it down; empty outside of it.

    Raises:
        ConfigError: the file that GITHUB_EVENT_PATH names cannot be read.
    """
    path = environment.get("GITHUB_EVENT_PATH", "")
    if not path:
        return {}
    try:
        said = json.loads(Path(path).read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"GITHUB_EVENT_PATH: {path} cannot be read as JSON: {' '.join(str(error).split())}"
        ) from error
    return said if isinstance(said, dict) else {}


def _posted(value: Any) -> Posted:
    author = (value.get("user") or {}).get("login", "")  # none where the account is gone
    return Posted(value["id"], author, value.get("body") or "", value.get("html_url", ""))
