"""`probewright worker`."""

import logging
import os
import signal
import threading
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

from probewright.pools.child import end_with_parent
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_database
from probewright.webapp.database import WORKER_SETTINGS, open_desk
from probewright.webapp.worker_log import log_to_stderr

if TYPE_CHECKING:
    from probewright.campaigns.workers.crew import Crew

SLOTS = 4

log = logging.getLogger("probewright.worker")


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument(
        "--campaigns",
        type=campaign_count,
        default=SLOTS,
        metavar="N",
        help=f"how many campaigns to work on at once ({SLOTS})",
    )
    parser.add_argument("--with-parent", action="store_true", help="end when stdin does, which the parent holds open")
    add_database(parser)


def execute(args: Namespace) -> int:
    """Works on queued campaigns until a signal ends it: the first gently, the second at once."""
    open_desk(args.db, WORKER_SETTINGS)
    log_to_stderr()
    # Settings and models can be read only once Django is set up.
    from django.conf import settings  # noqa: PLC0415

    from probewright.campaigns.workers.crew import Crew  # noqa: PLC0415
    from probewright.webapp.api.webhooks.courier import Courier  # noqa: PLC0415

    told = threading.Event()
    with Courier(), Crew(args.campaigns, settings.REDIS_URL) as crew:
        _obey_signals(crew, told)
        if args.with_parent:
            end_with_parent()
            threading.Thread(target=_leave_with_stdin, args=(crew, told), daemon=True).start()
        with _doorbell(crew, settings.BROKER_URL, args.campaigns):
            log.info("ready for %d campaigns at once", args.campaigns)
            told.wait()
    return exit_codes.PASS


def _obey_signals(crew: "Crew", told: threading.Event) -> None:
    def obey(number: int, _: object) -> None:
        if told.is_set():
            log.info("%s again: requests in flight are cut", signal.Signals(number).name)
            crew.cut()
        else:
            log.info("%s: no new requests; those in flight have 10 s", signal.Signals(number).name)
            told.set()
            crew.leave()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, obey)


def _leave_with_stdin(crew: "Crew", told: threading.Event) -> None:
    while os.read(0, 1024):
        pass
    told.set()
    crew.leave()


def _doorbell(crew: "Crew", broker_url: str, slots: int) -> AbstractContextManager[None]:
    if not broker_url:
        return nullcontext()
    # Celery is an extra.
    from probewright.webapp.doorbell import listening  # noqa: PLC0415

    return listening(crew, slots)


def campaign_count(text: str) -> int:
    """The value of ``--campaigns``."""
    if not text.isdecimal() or not 1 <= int(text) <= 64:
        raise ArgumentTypeError(f"{text!r} is no number of campaigns; allowed: 1 to 64")
    return int(text)
