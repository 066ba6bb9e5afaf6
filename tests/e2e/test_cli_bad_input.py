"""Wrong input of every kind: exit code 2, one clear line a problem, and nothing else happens."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml

from probewright.webapp.cli.main import main
from tests.command import NAME, Command
from tests.loopback.running import serving

URL = "http://127.0.0.1:9/v1"
PRICE = {"input_usd_per_million": 1, "output_usd_per_million": 2}
KEY = "sk-live-0123456789abcdef"
GOOD: dict[str, Any] = {
    "name": NAME,
    "target": {"kind": "openai_chat", "base_url": URL, "model": "mock"},
    "family": {"kind": "static", "path": "set.csv"},
}


def changed(path: str, value: Any) -> dict[str, Any]:
    """The good spec with one value in another place."""
    spec = deepcopy(GOOD)
    *outer, last = path.split(".")
    place = spec
    for name in outer:
        place = place.setdefault(name, {})
    place[last] = value
    return spec


def without(key: str) -> dict[str, Any]:
    return {name: value for name, value in GOOD.items() if name != key}


WRONG_SPECS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "unknown key": (changed("targett", 1), ("targett: unknown key 'targett'", "did you mean 'target'?")),
    "unknown key of target": (changed("target.modell", "m"), ("target.modell: ", "did you mean 'model'?", "base_url")),
    "unknown key of params": (changed("target.params", {"temprature": 0}), ("temprature", "'temperature'", "top_p")),
    "unknown key of price": (
        changed("target.price", PRICE | {"usd": 0}),
        ("target.price.usd", "input_usd_per_million"),
    ),
    "unknown key of family": (changed("family.paht", "x"), ("family.paht", "did you mean 'path'?")),
    "unknown key of search": (changed("family.search", {"kind": "grid", "size": 1}), ("search.size", "round_size")),
    "unknown key of limits": (changed("limits", {"call": 3}), ("limits.call", "did you mean 'calls'?")),
    "unknown key of gate": (changed("gate", {"fail_rate": 0}), ("gate.fail_rate", "did you mean 'max_fail_rate'?")),
    "unknown key of oracle": (changed("oracle", {"kind": "exact", "cas": 1}), ("oracle.cas", "unknown key 'cas'")),
    "unknown target kind": (changed("target.kind", "openai_chatt"), ("'openai_chatt'", "did you mean 'openai_chat'?")),
    "unknown family kind": (changed("family.kind", "statik"), ("'statik'", "did you mean 'static'?", "astral")),
    "unknown oracle kind": (changed("oracle", "refusl"), ("oracle: ", "'refusl'", "did you mean 'refusal'?")),
    "unknown search kind": (changed("family.search", "gird"), ("family.search: ", "did you mean 'grid'?")),
    "no kind": (changed("target", {"base_url": URL}), ("target: ", "'kind'", "openai_chat")),
    "a list as target": (changed("target", [1]), ("target: ", "'kind'")),
    "name missing": (without("name"), ("name: is missing",)),
    "target missing": (without("target"), ("target: is missing",)),
    "family missing": (without("family"), ("family: is missing",)),
    "model missing": (changed("target", {"kind": "openai_chat", "base_url": URL}), ("target.model: is missing",)),
    "a number as name": (changed("name", 7), ("name: ", "valid string", "got 7")),
    "a blank name": (changed("name", "  "), ("name: ", "at least 1 character")),
    "an over-long name": (changed("name", "n" * 121), ("name: ", "at most 120 characters")),
    "a name with a slash": (changed("name", "a/b"), ("name: ", "got 'a/b'")),
    "text as limit": (changed("limits", {"calls": "many"}), ("limits.calls: ", "integer", "got 'many'")),
    "a fraction of a call": (changed("limits", {"calls": 1.5}), ("limits.calls: ", "got 1.5")),
    "no concurrency": (changed("limits", {"concurrency": 0}), ("limits.concurrency: ", "greater than or equal to 1")),
    "endless dollars": (changed("limits", {"usd": float("inf")}), ("limits.usd: ", "finite")),
    "a rate above one": (changed("gate", {"max_fail_rate": 5}), ("gate.max_fail_rate: ", "less than or equal to 1")),
    "a negative seed": (changed("seed", -1), ("seed: ", "greater than or equal to 0", "got -1")),
    "a seed too large": (changed("seed", 2**63), ("seed: ", "less than")),
    "limits as a list": (changed("limits", [1]), ("limits: ", "got [1]")),
    "no URL": (changed("target.base_url", "localhost:9"), ("target.base_url: ", "http or https URL", "'localhost:9'")),
    "a full URL": (changed("target.base_url", f"{URL}/chat/completions"), ("target.base_url: ", "without /chat")),
    "no time": (changed("target.timeout_s", 0), ("target.timeout_s: ", "greater than 0", "got 0")),
    "two problems": (changed("limits", {"calls": 0, "trials": "x"}), ("limits.calls: ", "limits.trials: ")),
    "a literal key": (changed("target.api_key", KEY), ("target.api_key: ", "by reference", "env:NAME")),
    "a literal header": (changed("target.headers", {"X-Api-Key": KEY}), ("target.headers", "by reference")),
    "a key in the URL": (changed("target.base_url", f"http://me:{KEY}@host/v1"), ("target.base_url: ", "no user or")),
    "a key at the top": (GOOD | {"api_key": KEY}, ("api_key: unknown key",)),
    "a key without a kind": (changed("target", {"api_key": KEY, "model": "m"}), ("target: ", "'kind'")),
    "a list": ([1, 2], ("holds a list, not a mapping", "allowed keys: name, target")),
    "text": ("just text", ("holds a str, not a mapping",)),
    "more cases than rows": (changed("limits", {"cases": 4}), ("limits.cases: 4 is more than the set holds", "1 to 3")),
    "a missing set": (changed("family.path", "none.csv"), ("none.csv: cannot be read: No such file",)),
    "a folder as set": (changed("family.path", "folder.csv"), ("folder.csv: cannot be read: Is a directory",)),
    "an unknown ending": (changed("family.path", "set.xlsx"), ("'.xlsx'", ".csv, .jsonl")),
    "an environment variable": (changed("target.api_key", "env:NOT_SET_HERE"), ("NOT_SET_HERE is not set",)),
}
WRONG_FILES: dict[str, tuple[bytes, tuple[str, ...]]] = {
    "empty": (b"", ("is empty", "name, target, family")),
    "blank": (b" \n\n", ("is empty",)),
    "only a comment": (b"# nothing\n", ("holds nothing, not a mapping",)),
    "binary": (b"\x89PNG\r\n\x1a\n\x00\x00", ("line 1: byte 0x89 is not UTF-8",)),
    "latin-1": ("name: e\nseed: ü".encode("latin-1"), ("line 2: byte 0xfc is not UTF-8",)),
    "a control character": (b"name: \x00", ("is not YAML",)),
    "a duplicate key": (b"name: a\ntarget: x\nname: b\n", ("line 3, column 1", "key 'name' occurs twice")),
    "a duplicate key below": (b"limits:\n  calls: 1\n  calls: 2\n", ("line 3", "key 'calls' occurs twice")),
    "an open bracket": (b"name: [1, 2\nseed: 1\n", ("line ", "is not YAML")),
    "a tab": (b"name: a\n\ttarget: b\n", ("line 2", "is not YAML")),
    "a Python object": (b"name: !!python/object/apply:os.system ['true']\n", ("is not YAML", "python/object")),
    "two documents": (b"name: a\n---\nname: b\n", ("is not YAML",)),
    "an unknown alias": (b"name: *nobody\n", ("is not YAML", "nobody")),
    "nested too deeply": (b"name: " + b"[" * 5000, ("nested too deeply",)),
    "aliases that explode": (
        b"a: &a [x,x,x,x,x,x,x,x,x]\n"
        + b"".join(b"%c: &%c [%s]\n" % (98 + n, 98 + n, b",".join([b"*%c" % (97 + n)] * 9)) for n in range(12))
        + b"name: *m\n",
        ("name: ", "valid string"),
    ),
}
WRONG_SETS: dict[str, tuple[str, bytes, tuple[str, ...]]] = {
    "an empty CSV": ("set.csv", b"", ("set.csv: is empty", "prompt (required)")),
    "a header alone": ("set.csv", b"id,prompt\n", ("set.csv: holds no rows",)),
    "no prompt column": ("set.csv", b"id,text\n1,a\n", ("has no column 'prompt'", "id, text", "allowed columns")),
    "a short row": ("set.csv", b"id,prompt,topic\n1,a,b\n2,c\n", ("set.csv: line 3", "3 columns")),
    "a long row": ("set.csv", b"id,prompt\n1,a,b\n", ("set.csv: line 2", "2 columns")),
    "a broken quote": ("set.csv", b'prompt\n"a" b\n', ("set.csv: line ", "is not CSV")),
    "a blank prompt": ("set.csv", b"id,prompt\n1,  \n", ("line 2", "'prompt' is", "not blank")),
    "an id twice": ("set.csv", b"id,prompt\n1,a\n1,b\n", ("line 3", "id '1' occurs twice")),
    "a binary CSV": ("set.csv", b"prompt\n\xff\xfe\n", ("set.csv: line 2: byte 0xff is not UTF-8",)),
    "an empty JSONL": ("set.jsonl", b"\n", ("set.jsonl: is empty",)),
    "a broken JSONL": ("set.jsonl", b'{"prompt": "a"}\n{"prompt": \n', ("set.jsonl: line 2: is not JSON",)),
    "a JSONL of lists": ("set.jsonl", b'["a"]\n', ("line 1: is list, not an object",)),
    "a JSONL without prompts": ("set.jsonl", b'{"text": "a"}\n', ("line 1", "'prompt' is None")),
}


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PROBEWRIGHT_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("NOT_SET_HERE", raising=False)
    (tmp_path / "set.csv").write_text("id,prompt\n1,a\n2,b\n3,c\n")
    (tmp_path / "folder.csv").mkdir()
    return tmp_path


Refused = Callable[..., list[str]]


@pytest.fixture
def refused(place: Path, capsys: pytest.CaptureFixture[str]) -> Refused:
    """Runs a command line in this process and checks how it was refused; gives the lines on stderr."""

    def run(*words: object) -> list[str]:
        before = sorted(place.iterdir())
        try:
            code = main(list(map(str, words)))
        except SystemExit as end:  # argparse ends so
            code = int(str(end.code))
        captured = capsys.readouterr()
        assert (code, captured.out) == (2, "")
        lines = captured.err.splitlines()
        assert lines
        assert all(line.startswith("probewright") and len(line) < 600 for line in lines), lines
        assert KEY not in captured.err
        assert [path for path in sorted(place.iterdir()) if path.name != "home"] == before
        assert not (place / "home" / "reports").exists()
        return lines

    return run


def check(lines: list[str], expected: tuple[str, ...], source: str) -> None:
    assert all(part in "\n".join(lines) for part in expected), lines
    assert all(source in line for line in lines), lines


@pytest.mark.parametrize("what", [what for what in WRONG_SPECS if what != "an environment variable"])
@pytest.mark.parametrize("command", ["run", "validate"])
def test_a_wrong_spec_is_answered_with_a_line_a_problem(place: Path, refused: Refused, command: str, what: str) -> None:
    spec, expected = WRONG_SPECS[what]
    (place / "spec.yaml").write_text(yaml.safe_dump(spec))
    lines = refused(command, "spec.yaml")
    assert len(lines) == (2 if what == "two problems" else 1)
    check(lines, expected, "" if "set" in what or "rows" in what or "ending" in what else "spec.yaml: ")


@pytest.mark.parametrize("what", WRONG_FILES)
def test_a_file_that_is_no_spec_is_answered_with_one_line(place: Path, refused: Refused, what: str) -> None:
    content, expected = WRONG_FILES[what]
    (place / "spec.yaml").write_bytes(content)
    lines = refused("run", "spec.yaml")
    if what != "aliases that explode":  # its other keys are unknown, a line each
        assert len(lines) == 1
    check(lines, expected, "spec.yaml: ")


@pytest.mark.parametrize("what", WRONG_SETS)
def test_a_set_that_cannot_be_read_is_answered_with_one_line(place: Path, refused: Refused, what: str) -> None:
    name, content, expected = WRONG_SETS[what]
    (place / name).write_bytes(content)
    (place / "spec.yaml").write_text(yaml.safe_dump(changed("family.path", name)))
    lines = refused("run", "spec.yaml")
    assert len(lines) == 1
    check(lines, expected, name)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("rnu", "spec.yaml"), ("unknown command 'rnu'", "did you mean 'run'?", "resume")),
        (("run",), ("the following arguments are required: SPEC", "--help")),
        (("run", "a.yaml", "b.yaml"), ("unrecognized arguments: b.yaml",)),
        (("run", "a.yaml", "--nwe"), ("unrecognized arguments: --nwe",)),
        (("run", "none.yaml"), ("none.yaml: cannot be read: No such file",)),
        (("run", "folder.csv"), ("folder.csv: cannot be read: Is a directory",)),
        (("resume", "x", "--calls", "many"), ("argument --calls: invalid int value: 'many'",)),
        (("report", "x", "--format", "pdf"), ("invalid choice: 'pdf'", "html", "markdown")),
        (("outcomes", "x", "--status", "failed"), ("invalid choice: 'failed'", "blocked")),
    ],
)
def test_a_wrong_command_line_is_answered_with_one_line(
    place: Path, refused: Refused, words: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    [line] = refused(*words)
    assert all(part in line for part in expected), line


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ("--db", "mysql://me:secret@host/db"),
            "database 'mysql://...' is not supported; allowed: sqlite:///PATH, postgresql://USER:PASSWORD@HOST:PORT/NAME",
        ),
        (("--db", "sqlite:///none/x.sqlite3"), "the folder none does not exist"),
        (("--db", "sqlite:///folder.csv"), "database 'folder.csv' cannot be opened"),
        (("--db", "sqlite:///set.csv"), "database 'set.csv' cannot be opened: file is not a database"),
        (("--out", "set.csv"), "set.csv: cannot be written: "),
        (("--out", "set.csv/below"), "set.csv/below: cannot be written: Not a directory"),
        (("--out", "/proc/nowhere"), "/proc/nowhere: cannot be written: "),
    ],
)
def test_a_place_that_cannot_be_written_is_found_before_anything_is_asked(
    tmp_path: Path, words: tuple[str, ...], expected: str
) -> None:
    command = Command(tmp_path)
    (tmp_path / "folder.csv").mkdir()
    with serving() as server:
        done = command("run", command.spec(server.base_url), *words)
        assert server.log.requests == 0
    assert (done.code, done.out) == (2, "")
    [line] = done.err.splitlines()
    assert expected in line
    assert "secret" not in line
    if command.database.exists():
        assert command.rows("SELECT count(*) FROM campaigns_campaign") == [(0,)]


def test_a_secret_that_is_not_set_is_found_before_anything_is_asked(tmp_path: Path) -> None:
    command = Command(tmp_path)
    target = GOOD["target"] | {"api_key": "env:NOT_SET_HERE", "headers": {"X-Api-Key": "env:NOR_THIS"}}
    done = command("run", command.spec(URL, target=target), "--json")
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == [
        "probewright: api_key: the environment variable NOT_SET_HERE is not set (the spec says 'env:NOT_SET_HERE')"
    ]
    assert command.rows("SELECT count(*) FROM campaigns_campaign") == [(0,)]
    assert not (command.home / "reports").exists()


def test_campaigns_that_cannot_be_found_or_compared_are_one_line_each(tmp_path: Path) -> None:
    command = Command(tmp_path)
    with serving() as server:
        assert command("run", command.spec(server.base_url, name="one")).code == 0
        command.questions(3)
        (tmp_path / "set.csv").write_text("prompt\nquite another question\n")
        assert command("run", command.spec(server.base_url, name="two")).code == 0
    for words, expected in (
        (("report", "two", "--against", "one"), "campaigns 2 and 1 cannot be compared: no case was assessed in both"),
        (("report", "three"), "no campaign 'three'; the latest are: two (2), one (1)"),
        (("resume", "two", "--calls", "-5"), "campaign 2: limits.calls: input should be greater than or equal to 1"),
    ):
        done = command(*words)
        assert (done.code, done.out) == (2, ""), words
        [line] = done.err.splitlines()
        assert expected in line
