"""The CI job that this process is part of: which forge runs it, of which commit, in which attempt."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from types import MappingProxyType
from uuid import uuid4

from probewright.ci.forge import Forge
from probewright.ci.github import GitHub, event
from probewright.ci.gitlab import GitLab
from probewright.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at one job. ``run`` differs whenever the job is started again; ``forge`` is empty at a terminal."""

    forge: str
    repository: str
    commit: str
    run: str

    def key(self, spec: str) -> str:
        """The idempotency key of this attempt at this spec: a request that is made twice starts one campaign.

        A job that somebody starts again is another attempt and gets a campaign of its own.
        """
        parts = "\0".join((self.forge, self.repository, self.commit, self.run, spec))
        return f"ci-{sha256(parts.encode()).hexdigest()[:40]}"


def job_of(environment: Mapping[str, str]) -> Job:
    """The job that the environment describes; outside of a CI each command is an attempt of its own."""
    if environment.get("GITHUB_ACTIONS"):
        head = event(environment).get("pull_request", {}).get("head", {}).get("sha", "")
        run = ".".join(environment.get(name, "") for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT", "GITHUB_JOB"))
        # GITHUB_SHA of a pull request is a merge that nobody made: people know the head.
        commit = head or environment.get("GITHUB_SHA", "")
        return Job("github", environment.get("GITHUB_REPOSITORY", ""), commit, run)
    if environment.get("GITLAB_CI"):
        names = ("CI_PROJECT_PATH", "CI_COMMIT_SHA", "CI_JOB_ID")
        return Job("gitlab", *(environment.get(name, "") for name in names))
    return Job("", "", "", uuid4().hex)


FORGES: Mapping[str, Callable[[Mapping[str, str]], Forge]] = MappingProxyType({"github": GitHub, "gitlab": GitLab})


def forge_of(environment: Mapping[str, str]) -> Forge:
    """The forge whose CI runs this process.

    Raises:
        ConfigError: none does that is known, or what it should have set is missing.
    """
    job = job_of(environment)
    if not job.forge:
        raise ConfigError("this is no job of GitHub Actions (GITHUB_ACTIONS) or GitLab CI (GITLAB_CI): nowhere to post")
    return FORGES[job.forge](environment)
