"""What a worker writes to stderr: one line a matter, with its time."""

import logging
import sys

CHATTER = ("celery.worker.strategy", "celery.app.trace")  # each task twice; shifts are logged by the crew
FORMAT = "%(asctime)s %(message)s"


class OneLine(logging.Formatter):
    """Puts a message of several lines, such as Celery's of a broker that is away, on one. A traceback keeps its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line."""
        return " ".join(super().formatMessage(record).split())


def log_to_stderr() -> None:
    """Writes what this process logs from now on, without Celery's word on each task."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(FORMAT))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in CHATTER:
        logging.getLogger(name).setLevel(logging.WARNING)
