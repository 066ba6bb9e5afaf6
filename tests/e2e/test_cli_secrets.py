"""A planted key, used against a server that repeats it everywhere, is nowhere afterwards."""

import sqlite3
import subprocess
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.command import NAME, Command, Done, ended, target
from tests.loopback.faults import Canned, Fault, Plan
from tests.loopback.running import serving

CANARY = "sk-CANARY-7f3a/9+b2=Zq"
ECHOES = Plan(
    script=(
        Fault.ECHO,
        Canned.message({"content": f"escaped: {CANARY}".replace("/", "\\/"), "reasoning_content": f"hm, {CANARY}"}),
        Canned.message({"content": f"<think>{CANARY}</think> the answer"}, finish_reason=CANARY),
        Canned(200, b'{"choices": [{"message": {"content": "your key is sk-CANARY-7f3a\\/9\\u002bb2=Zq"}}]}'),
        Canned.message({"content": None, "refusal": CANARY}, model=CANARY),
        Canned.json({"error": {"message": CANARY, "code": "content_filter", "innererror": {}}}, 400),
    ),
    rates={
        Fault.ECHO: 0.3,
        Fault.NOT_FOUND: 0.2,
        Fault.SERVER_FAULT: 0.1,
        Fault.MALFORMED: 0.1,
        Fault.NO_CHOICES: 0.1,
        Fault.FILTERED: 0.1,
    },
)
FORMS = tuple(form.encode() for form in (CANARY, CANARY.replace("/", "\\/"), CANARY.split("/", maxsplit=1)[0]))


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path, {"CANARY_KEY": CANARY, "PROBEWRIGHT_DEBUG": "1"})


def key_target(base_url: str) -> dict[str, object]:
    return target(base_url, api_key="env:CANARY_KEY", headers={"X-Other": "env:CANARY_KEY"})


def check_words(done: Done) -> None:
    """Nothing that was printed holds the key."""
    for text in (done.out, done.err):
        assert not any(form in text.encode() for form in FORMS)


def check_files(folder: Path) -> None:
    """No file below the folder holds the key in its raw bytes; the write-ahead log and reports are among them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert any(path.name.startswith("probewright.sqlite3") for path in files)
    for path in files:
        content = path.read_bytes()
        assert not any(form in content for form in FORMS), path


def command_lines(process: subprocess.Popen[str]) -> set[bytes]:
    """The command lines of a process and all below it, watched until it ends."""
    seen: set[bytes] = set()
    while process.poll() is None:
        below = {process.pid}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                parent = int(stat.read_text().rpartition(")")[2].split()[1])
            except OSError:  # it is gone already
                continue
            below |= {int(stat.parent.name)} if parent in below else set()
        for pid in below:
            try:
                seen.add(Path(f"/proc/{pid}/cmdline").read_bytes())
            except OSError:
                continue
        time.sleep(0.01)
    return seen


def test_a_key_that_the_server_repeats_is_in_no_row_report_or_output(command: Command) -> None:
    command.questions(80)
    with serving(ECHOES) as server:
        spec = command.spec(server.base_url, target=key_target(server.base_url))
        with command.start("run", spec, "--json", "--out", command.folder / "out") as process:
            lines = command_lines(process)
            done = ended(process)
        assert any(
            CANARY in value for headers in server.log.headers for value in headers.values()
        )  # it was really used
    assert done.code == 0, done.err
    assert done.json["outcomes"]["error"] > 0
    assert lines
    assert not any(form in line for form in FORMS for line in lines)
    check_words(done)
    for words in (
        ("outcomes", NAME, "--jsonl"),
        ("outcomes", NAME),
        ("report", NAME, "--format", "html"),
        ("report", NAME, "--format", "junit"),
        ("validate", spec, "--json"),
    ):
        shown = command(*words)
        assert shown.code == 0
        assert shown.out
        check_words(shown)
    assert {path.name for path in (command.folder / "out").iterdir()} >= {"report.html", "report.json", "report.xml"}
    check_files(command.folder)


def test_a_refused_key_is_named_by_its_reference_only(command: Command) -> None:
    with serving(Plan(always=Fault.UNAUTHORIZED)) as server:
        done = command("run", command.spec(server.base_url, target=key_target(server.base_url)))
    assert done.code == 3
    assert "HTTP 401" in done.err
    check_words(done)
    check_files(command.folder)


def test_a_traceback_of_a_run_that_broke_holds_no_key(command: Command) -> None:
    with serving(Plan(always=Fault.ECHO)) as server:
        spec = command.spec(server.base_url, target=key_target(server.base_url))
        command("outcomes", "nothing")  # makes the tables
        with closing(sqlite3.connect(command.database)) as connection, connection:
            connection.execute(
                "CREATE TRIGGER full BEFORE INSERT ON campaigns_transcript BEGIN SELECT RAISE(ABORT, 'disk full'); END"
            )
        done = command("run", spec)
        assert done.code != 0
        assert "Traceback" in done.err
        assert "disk full" in done.err
        check_words(done)
        command.variables.pop("PROBEWRIGHT_DEBUG")
        quiet = command("run", spec)
    assert (quiet.code, quiet.out) == (5, "")
    assert "Traceback" not in quiet.err
    assert "disk full" in quiet.err
    check_words(quiet)
    check_files(command.folder)
