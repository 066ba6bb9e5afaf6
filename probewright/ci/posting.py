"""Posting a comment where this job runs: what happened in one line, and never in the place of the verdict."""

from collections.abc import Mapping
from dataclasses import dataclass

from probewright.ci.comment import marker
from probewright.ci.forge import Forge, upsert
from probewright.ci.forge_api import ForgeError
from probewright.ci.job import forge_of


@dataclass(frozen=True, slots=True)
class Post:
    """Where a comment goes: a pull request of a forge."""

    forge: Forge
    change: int

    def send(self, name: str, body: str) -> str:
        """Posts the comment of the gate ``name``, or rewrites the last one; says what came of it.

        A forge that does not take it changes no verdict: what is decided is decided, and the line says what failed.
        """
        try:
            done = upsert(self.forge, self.change, marker(name), body)
        except ForgeError as error:
            return f"the comment was not posted, which changes no verdict: {error}"
        others = f"; {done.strangers} of other people with its marker left alone" if done.strangers else ""
        return f"{'new' if done.is_new else 'updated'} comment: {done.url}{others}"


def post_of(environment: Mapping[str, str]) -> Post | None:
    """Where a comment of this job goes; None where the job runs for no pull request.

    Raises:
        ConfigError: this is no job of a known CI, or what posting needs is not set.
    """
    forge = forge_of(environment)
    change = forge.change()
    if change is None:
        return None
    forge.check()
    return Post(forge, change)
