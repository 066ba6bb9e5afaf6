"""Errors of the product as problems of the API, without where this machine keeps things."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from probewright.errors import CampaignBusy, ConfigError, DataError, PoolError, ProbewrightError
from probewright.webapp.api.problems import Mistake, Problem, of_mistakes
from probewright.webapp.dashboard.problems import lines

SOURCE = "spec"
PATH = re.compile(r"[\w.#-]{1,200}")


@contextmanager
def spec_problems() -> Iterator[None]:
    """What is wrong with a spec within the block becomes a problem that lists all of it.

    Raises:
        Problem: it is not allowed, cannot be run here, or is being run.
    """
    try:
        yield
    except CampaignBusy as error:
        raise Problem("campaign_busy", _one_line(error)) from error
    except (ConfigError, PoolError) as error:
        raise of_spec(error) from error


def of_spec(error: ProbewrightError) -> Problem:
    """The problem that lists all that is wrong with a spec."""
    return of_mistakes("invalid_spec", [_mistake(line, isinstance(error, DataError)) for line in lines(error, SOURCE)])


def _mistake(line: str, is_whole: bool) -> Mistake:
    """A line of `SpecError`, "key.key: what is wrong"; what is wrong with the document as a whole has no path."""
    path, colon, said = line.partition(": ")
    return Mistake(path, said) if colon and not is_whole and PATH.fullmatch(path) else Mistake("", line)


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
