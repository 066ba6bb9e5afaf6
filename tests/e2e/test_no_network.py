"""The product is offline but for the endpoints of its spec: every address that its processes turn to is on loopback."""

from pathlib import Path

import pytest

from tests.command import NAME, Command
from tests.loopback.running import serving

WATCH = """\
import sys


def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto", "socket.getaddrinfo", "socket.gethostbyname"):
        place = arguments[0] if event == "socket.getaddrinfo" else arguments[-1]
        with open({log!r}, "a") as log:
            print(event, place, file=log)
        host = place[0] if isinstance(place, tuple) else place
        if host not in ("127.0.0.1", "localhost", "::1", None) and not str(host).startswith("/"):
            raise OSError(101, "Network is unreachable")


sys.addaudithook(watch)
"""


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """A command whose processes note each address that they turn to, and reach none that is not on loopback."""
    command = Command(tmp_path)
    command.plug_in("search", "learning", "tests.learning_search:Learning")
    (tmp_path / "packages" / "sitecustomize.py").write_text(WATCH.format(log=str(tmp_path / "addresses")))
    return command


def addresses(command: Command) -> list[str]:
    """What the command's processes turned to so far."""
    log = command.folder / "addresses"
    return log.read_text().splitlines() if log.exists() else []


def test_a_campaign_and_all_that_is_made_of_it_need_no_network(command: Command) -> None:
    family = {"kind": "astral", "search": "covering"}
    with serving() as server:
        done = command("run", command.spec(server.base_url, family=family, limits={"cases": 40}), "--json")
    assert done.code == 0, done.err
    turned_to = addresses(command)
    assert turned_to  # the watch works
    assert all("127.0.0.1" in line for line in turned_to), turned_to
    for words in (("report", NAME), ("outcomes", NAME, "--jsonl"), ("schema",), ("models", "list"), ("--version",)):
        assert command(*words).code == 0
    assert addresses(command) == turned_to


def test_an_endpoint_elsewhere_is_an_error_of_that_endpoint_and_no_other_place_is_tried(command: Command) -> None:
    done = command("run", command.spec("http://192.0.2.1:9/v1", limits={"concurrency": 8}), "--json")
    assert (done.code, done.json["state"], done.json["calls"]) == (3, "stopped", 0)
    assert "http://192.0.2.1:9/v1/chat/completions: Network is unreachable" in done.err
    assert {line.split(" ", 1)[1] for line in addresses(command)} <= {"('192.0.2.1', 9)", "192.0.2.1"}
