"""`probewright serve`."""

import socket
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from contextlib import nullcontext

from probewright.errors import ConfigError
from probewright.webapp.cli import exit_codes
from probewright.webapp.cli.options import add_database
from probewright.webapp.cli.worker import SLOTS, campaign_count
from probewright.webapp.database import WEB_SETTINGS, open_desk
from probewright.webapp.worker_log import log_to_stderr

HOST = "127.0.0.1"
PORT = 8000
THREADS = 12  # answers at once: at most 6 wait for campaigns and 4 are exports, see api/places.py

GOODBYE_S = 5  # for answers under way when a signal comes: a caller may be waiting a minute for a campaign


def configure(parser: ArgumentParser) -> None:
    """Arguments of the command."""
    parser.add_argument("--host", default=HOST, help=f"the address to listen at ({HOST}: this machine alone)")
    parser.add_argument("--port", type=_port, default=PORT, help=f"the port ({PORT})")
    parser.add_argument("--no-worker", action="store_true", help="the pages alone: workers run elsewhere")
    parser.add_argument(
        "--campaigns", type=campaign_count, default=SLOTS, metavar="N", help=f"at once in its worker ({SLOTS})"
    )
    add_database(parser)


def execute(args: Namespace) -> int:
    """Serves the pages, and works on campaigns beside them, until a signal ends it."""
    _require_free(args.host, args.port)
    open_desk(args.db, WEB_SETTINGS)
    # Users can be asked for only once Django is set up, and a web server is loaded by no other command.
    from django.contrib.auth import get_user_model  # noqa: PLC0415
    from granian import Granian  # noqa: PLC0415

    from probewright.webapp.embedded import worker  # noqa: PLC0415

    log_to_stderr()
    _say(f"Probewright is at http://{args.host}:{args.port}/ (Ctrl-C ends it)")
    if not get_user_model()._default_manager.exists():
        _say("nobody can log in yet: make a user with probewright user add NAME")
    with nullcontext() if args.no_worker else worker(args.campaigns, args.db):
        Granian(
            "probewright.webapp.served:application",
            address=args.host,
            port=args.port,
            interface="wsgi",  # type: ignore[arg-type] # its enumeration is no public name
            blocking_threads=THREADS,
            websockets=False,
            log_enabled=False,
            respawn_failed_workers=True,
            workers_kill_timeout=GOODBYE_S,
        ).serve()
    return exit_codes.PASS


def _require_free(host: str, port: int) -> None:
    """The web server would share a port with another one, and each would get some of the requests."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ConfigError(f"{host}:{port} cannot be listened at: {error.strerror}; give another --port") from error


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise ArgumentTypeError(f"{text!r} is no port; allowed: 1 to 65535")
    return int(text)
