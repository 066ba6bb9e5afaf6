"""What is wrong with a spec, as pages say it."""

from probewright.campaigns.specs import uploads
from probewright.errors import ProbewrightError, SpecError


def lines(error: ProbewrightError, source: str) -> list[str]:
    """One line a problem, without the source's name and without where this machine keeps uploads."""
    problems = error.problems if isinstance(error, SpecError) else str(error).splitlines()
    folder = f"{uploads.place()}/"
    return [problem.removeprefix(f"{source}: ").replace(folder, "") for problem in problems]
