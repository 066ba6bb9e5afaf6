"""Notices ends and sends messages, in a thread of a worker: no request and no campaign ever waits for a webhook."""

import logging
import threading
from time import time
from typing import Self

from django.db import DatabaseError, connection

from probewright.errors import ConfigError
from probewright.webapp.api.models import Delivery
from probewright.webapp.api.webhooks import notices, signing
from probewright.webapp.api.webhooks.sending import TOTAL_S, Undelivered, send

LOOK_S = 2.0
GOODBYE_S = 2.0  # a message that is cut is sent again by another worker, under the same id
LEASE_S = notices.CLAIMED * TOTAL_S + 30.0  # one look sends its messages one after the other
OTHER_KEY = "this worker has another PROBEWRIGHT_SECRET_KEY than the server, so it cannot sign"

log = logging.getLogger("probewright.worker")


class Courier:
    """Looks every two seconds while the block lasts. Several at once are no harm: rows are claimed."""

    def __init__(self, look_s: float = LOOK_S) -> None:
        self._look_s = look_s
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="probewright-courier", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join(GOODBYE_S)

    def _run(self) -> None:
        while not self._is_over.wait(self._look_s):
            try:
                look(self._is_over)
            except DatabaseError as error:
                log.warning("webhooks wait for the database: %s", " ".join(str(error).split()))
            except Exception:  # the edge of a thread: recorded, and the next look tries again
                log.exception("webhooks could not be looked after")
            finally:
                connection.close()


def look(is_over: threading.Event | None = None) -> None:
    """Notices ends, and sends what is due."""
    notices.notice_ends()
    for row in notices.claim(LEASE_S):
        if is_over is not None and is_over.is_set():
            notices.put_back(row)
            continue
        deliver(row)


def deliver(row: Delivery) -> None:
    """One attempt, whose end is noted."""
    try:
        secret = signing.secret_of(row.webhook.salt)
        if signing.fingerprint(secret) != row.webhook.fingerprint:
            raise Undelivered(OTHER_KEY)
        body = row.body.encode()
        send(row.webhook.url, body, signing.headers(secret, row.key, int(time()), body))
    except (Undelivered, ConfigError) as error:
        log.warning("webhook %s: %s", row.webhook_id, error)
        notices.failed(row, str(error))
    else:
        notices.delivered(row)
