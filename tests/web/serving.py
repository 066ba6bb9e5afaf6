"""The real server in a process of its own, over the database of this test process."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from tests import stores

PATIENCE_S = 60.0


@contextmanager
def web(home: Path) -> Iterator[str]:
    """A server with ``home`` as its data folder; gives its address."""
    stores.desk()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    variables = {
        "PROBEWRIGHT_HOME": str(home),
        "PROBEWRIGHT_DATABASE_URL": f"sqlite:///{stores.database()}",
        "PROBEWRIGHT_ALLOW_PRIVATE": "127.0.0.0/8",
    }
    command = [str(Path(sys.executable).with_name("granian")), "--interface", "wsgi", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--no-ws", "--log-level", "warning", "probewright.webapp.wsgi:application"]
    address = f"http://127.0.0.1:{port}"
    with subprocess.Popen(command, env=os.environ | variables, cwd=Path(__file__).parents[2]) as process:
        try:
            _wait(process, address)
            yield address
        finally:
            process.terminate()


def _wait(process: subprocess.Popen[bytes], address: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end and process.poll() is None:
        with suppress(URLError, ConnectionError), urlopen(f"{address}/login/") as response:
            if response.status == 200:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not answer within {PATIENCE_S:g} s")
