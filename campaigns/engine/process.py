"""Naming processes, so that a lease of a dead one can be told from a lease of a living one."""

import os
import socket
from functools import cache
from pathlib import Path

DEAD = frozenset("ZX")  # states of a process that was killed and that nobody has waited for yet


def process_name() -> str:
    """This process, told apart from an earlier one with the same number: host, pid, start in clock ticks and where.

    Containers may share a host's name and not its process numbers, so the namespace of the numbers is named too.
    """
    return f"{socket.gethostname()}:{os.getpid()}:{_start_of(os.getpid())}@{_namespace()}"


def is_dead(name: str) -> bool:
    """Whether a process named by `process_name` is certainly gone; of other machines' processes nothing is certain."""
    host, pid, place = name.split(":")
    start, _, namespace = place.partition("@")
    is_here = host == socket.gethostname() and namespace == _namespace()
    return is_here and _start_of(int(pid)) != start


@cache
def _namespace() -> str:
    """Which process numbers this process sees: equal for two processes if the same number means the same process."""
    try:
        return str(Path("/proc/self/ns/pid").stat().st_ino)
    except OSError:
        return ""


def _start_of(pid: int) -> str:
    """When a process of this machine started, in clock ticks since boot; empty where there is none, or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return "" if fields[0] in DEAD else fields[19]
    except (OSError, IndexError):
        return ""
