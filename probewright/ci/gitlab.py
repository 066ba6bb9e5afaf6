"""GitLab, as GitLab CI describes it in the environment."""

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any
from urllib.parse import quote

from probewright.ci.forge import Posted
from probewright.ci.forge_api import ForgeApi
from probewright.errors import ConfigError

ORDER = {"order_by": "created_at", "sort": "asc"}


class GitLab:
    """One project on GitLab. GITLAB_TOKEN is a project's access token with the scope `api`, as a masked variable.

    The job's own CI_JOB_TOKEN may not write comments. Who we are is the token's user, by number.
    """

    name = "GitLab"

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._number = environment.get("CI_MERGE_REQUEST_IID", "")
        self._page = environment.get("CI_MERGE_REQUEST_PROJECT_URL") or environment.get("CI_PROJECT_URL", "")

    def check(self) -> None:
        """Makes sure that everything is set that a comment needs.

        Raises:
            ConfigError: something is missing.
        """
        for name in ("CI_API_V4_URL", "CI_PROJECT_ID"):
            if not self._environment.get(name):
                raise ConfigError(f"{name} is empty; GitLab CI sets it in every job")
        if not self._environment.get("GITLAB_TOKEN"):
            raise ConfigError(
                "GITLAB_TOKEN is empty: make a project access token with the scope api and keep it as a masked variable"
            )

    @cached_property
    def _api(self) -> ForgeApi:
        self.check()
        headers = {"PRIVATE-TOKEN": self._environment["GITLAB_TOKEN"]}
        return ForgeApi(self.name, self._environment["CI_API_V4_URL"], headers)

    def change(self) -> int | None:
        """The merge request of the pipeline."""
        return int(self._number) if self._number.isascii() and self._number.isdecimal() else None

    def author(self) -> str:
        """The number of the token's user."""
        return str(self._api.get("/user")["id"])

    def comments(self, change: int) -> Iterator[Posted]:
        """All comments of a merge request, the oldest first, without the forge's own notes of what happened."""
        notes = self._api.pages(self._notes(change), **ORDER)
        return (self._posted(change, note) for note in notes if not note.get("system"))

    def add(self, change: int, body: str) -> Posted:
        """Writes a new comment."""
        return self._posted(change, self._api.post(self._notes(change), {"body": body}))

    def edit(self, change: int, comment: int, body: str) -> Posted:
        """Replaces the text of a comment."""
        return self._posted(change, self._api.put("PUT", f"{self._notes(change)}/{comment}", {"body": body}))

    def _notes(self, change: int) -> str:
        project = quote(self._environment["CI_PROJECT_ID"], safe="")
        return f"/projects/{project}/merge_requests/{change}/notes"

    def _posted(self, change: int, note: Any) -> Posted:
        author = str((note.get("author") or {}).get("id", ""))
        url = f"{self._page}/-/merge_requests/{change}#note_{note['id']}" if self._page else ""
        return Posted(note["id"], author, note.get("body") or "", url)
