"""What an engine's process does to be supervised: end with its parent, choose a port, tell it.

Imported by the process itself, so it imports next to nothing.
"""

import ctypes
import os
import signal
import socket
import sys
from collections.abc import Mapping
from types import MappingProxyType

HOST = "127.0.0.1"
# More than one thread a process loses 5 to 15 times the speed as soon as another process wants a core.
ONE_THREAD: Mapping[str, str] = MappingProxyType(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)
ANNOUNCEMENT = "PROBEWRIGHT_ENGINE port="
_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def end_with_parent() -> None:
    """Asks the kernel to kill this process when its parent ends, even by kill -9, while it is still loading.

    Only Linux can; elsewhere, and where the parent was gone before this call, `serve_until_parent_ends` notices.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def free_port(wanted: int) -> int:
    """``wanted`` if it can be bound, else 0, which leaves the choice to the system."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, wanted))
        except OSError:
            return 0
    return wanted


def announce(port: int) -> None:
    """Tells the supervisor which port was bound."""
    sys.stdout.write(f"{ANNOUNCEMENT}{port}\n")
    sys.stdout.flush()


def serve_until_parent_ends() -> None:
    """Blocks while the server's own threads work; ends the process at the end of stdin, which the parent holds open."""
    while os.read(0, 1024):
        pass
    os._exit(0)  # a server with requests in flight would not end by itself, and nobody is left to read the answers
