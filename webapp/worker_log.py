"""What a worker, and the web server, write to stderr: one line a matter, with its time."""

import logging
import sys

from probewright.campaigns.render.text import visible

CHATTER = ("celery.worker.strategy", "celery.app.trace")  # each task twice; shifts are logged by the crew
FORMAT = "%(asctime)s %(message)s"


class OneLine(logging.Formatter):
    """Puts a message of several lines, such as Celery's of a broker that is away, on one. A traceback keeps its own."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line."""
        return visible(" ".join(super().formatMessage(record).split()))  # it may name what strangers wrote


def without_trace_of_refusals(record: logging.LogRecord) -> bool:
    """A filter that lets all pass, but takes the traceback from what Django answered with 4xx: it is no fault here."""
    if getattr(record, "status_code", 500) < 500:
        record.exc_info = None
    return True


def log_to_stderr() -> None:
    """Writes what this process logs from now on, without Celery's word on each task."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(OneLine(FORMAT))
    handler.addFilter(without_trace_of_refusals)
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for name in CHATTER:
        logging.getLogger(name).setLevel(logging.WARNING)
