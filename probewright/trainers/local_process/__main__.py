"""The process of the trainer `local`: reads a job from its first line of input, and ends with its parent."""

import sys
from pathlib import Path
from threading import Thread

from probewright.errors import ConfigError, ProbewrightError
from probewright.pools import child
from probewright.trainers.local_process.job import FAILED, REFUSED, Job
from probewright.trainers.local_process.teach import teach


def main() -> int:
    """Trains; the exit code says whether the last line of output is the whole reason why not."""
    child.end_with_parent()
    line = sys.stdin.buffer.readline()
    if not line.endswith(b"\n"):
        return FAILED  # the parent was gone before it had said what to do
    Thread(target=child.serve_until_parent_ends, daemon=True).start()
    try:
        teach(Job.model_validate_json(line), Path(sys.argv[1]))
    except ProbewrightError as error:
        print(error, file=sys.stderr)
        return REFUSED if isinstance(error, ConfigError) else FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
