"""The worker that `probewright serve` runs beside the web: a process of its own, started again when it dies."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from probewright.webapp.database_url import VARIABLE

COMMAND = (sys.executable, "-c", "from probewright.webapp.cli.main import main; raise SystemExit(main())", "worker")
WITH_PARENT = "--with-parent"
PAUSE_S = 2.0  # before a worker that died is started again
GOODBYE_S = 15.0  # for requests in flight to bring their answers


@contextmanager
def worker(campaigns: int, database_url: str | None) -> Iterator[None]:
    """A worker for ``campaigns`` at once runs until the block ends; it also ends when this process is killed."""
    supervisor = _Supervisor(campaigns, database_url)
    supervisor.start()
    try:
        yield
    finally:
        supervisor.stop()


class _Supervisor:
    """Starts the worker, and starts it again when it dies."""

    def __init__(self, campaigns: int, database_url: str | None) -> None:
        self._command = (*COMMAND, WITH_PARENT, "--campaigns", str(campaigns))
        self._environment = {**os.environ, **({VARIABLE: database_url} if database_url else {})}
        self._is_over = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        self._thread = threading.Thread(target=self._keep_running, name="probewright-worker", daemon=True)

    def start(self) -> None:
        self._spawn()
        self._thread.start()

    def stop(self) -> None:
        """Closes the worker's stdin, which tells it to leave, and waits for it."""
        self._is_over.set()
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            process.wait(GOODBYE_S)
        process.kill()
        self._thread.join()

    def _spawn(self) -> subprocess.Popen[bytes]:
        self._process = subprocess.Popen(self._command, env=self._environment, stdin=subprocess.PIPE)
        return self._process

    def _keep_running(self) -> None:
        process = self._process
        while process is not None:
            code = process.wait()
            if self._is_over.is_set():
                return
            print(f"the worker ended with status {code}; starting another", file=sys.stderr, flush=True)
            self._is_over.wait(PAUSE_S)
            process = None if self._is_over.is_set() else self._spawn()
