"""`probewright targets check`: one question to every endpoint of a spec, before anything is spent on a campaign."""

import asyncio
import json
import socket
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

from probewright import registry
from probewright.plugins import Plugin
from probewright.types import Role
from probewright.webapp.cli.main import main
from probewright.webapp.cli.targets import check_all
from tests.command import Command, target
from tests.loopback.faults import Canned, Fault, Plan
from tests.loopback.running import serving

KEY, VARIABLE = "sk-canary-0f9e8d", "PROBEWRIGHT_SECRET_CHECK"


def targets_of(base_url: str) -> dict[str, dict[str, Any]]:
    """A good target of every kind that can be asked without a model on this machine."""
    return {
        "openai_chat": target(base_url),
        "openai_responses": target(base_url, kind="openai_responses"),
        "anthropic": target(base_url.removesuffix("/v1"), kind="anthropic"),
        "http_json": {
            "kind": "http_json",
            "url": f"{base_url}/answer",
            "body": {"question": "{{prompt}}", "session": "{{session}}"},
            "reply": "result.answer",
        },
        "python": {"kind": "python", "callable": "ready_bot:answer"},
    }


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a set of prompts and a function to ask."""
    (tmp_path / "set.csv").write_text("id,prompt\n1,question 1\n")
    (tmp_path / "ready_bot.py").write_text("def answer(messages, labels):\n    return 'ready'\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv(VARIABLE, KEY)
    return tmp_path


def check(folder: Path, given: Any, *options: str) -> int:
    spec = {"name": "checked", "target": given, "family": {"kind": "static", "path": "set.csv"}}
    path = folder / "spec.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False))
    return main(["targets", "check", str(path), *options])


@pytest.mark.parametrize("kind", sorted(set(registry.table("target")) - {"pool", "tuned"}))
def test_an_endpoint_of_each_kind_answers(kind: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(refuse_share=0.0) as server:
        assert check(folder, targets_of(server.base_url)[kind]) == 0
        assert server.log.requests == (0 if kind == "python" else 1)
    shown = capsys.readouterr()
    assert shown.err == ""
    (line,) = shown.out.splitlines()
    place = "ready_bot:answer" if kind == "python" else server.base_url.removeprefix("http://").removesuffix("/v1")
    assert line.startswith(f"target  {kind}  {place}  ")
    assert "ok: 'ready'" in line if kind == "python" else "ok: 'Sure" in line
    assert " tokens" in line
    assert ("cannot score given options" in line) is (kind != "openai_chat")


def test_as_json_it_is_one_object(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serving(refuse_share=0.0) as server:
        assert check(folder, targets_of(server.base_url)["anthropic"], "--json") == 0
    shown = json.loads(capsys.readouterr().out)
    (row,) = shown.pop("endpoints")
    assert shown == {"ok": True}
    assert row.pop("answer").startswith("Sure")
    assert row.pop("latency_s") >= 0
    assert row.pop("tokens")["estimated"] is False
    assert row == {
        "endpoint": "target",
        "kind": "anthropic",
        "place": server.base_url.removeprefix("http://").removesuffix("/v1"),
        "model": "mock",
        "ok": True,
        "blocked": "",
        "model_reported": "mock",
        "cannot": ["score given options"],
    }


@pytest.mark.parametrize("kind", ["openai_chat", "openai_responses", "anthropic", "http_json"])
@pytest.mark.parametrize(
    ("fault", "problem", "code"),
    [
        (Fault.UNAUTHORIZED, "HTTP 401: Incorrect API key provided", "access_denied"),
        (Fault.RATE_LIMITED, "HTTP 429", "rate_limited"),
        (Fault.SERVER_FAULT, "HTTP 500", "server_fault"),
        (Fault.HTML, "answered HTML, not JSON", "garbled"),
        (Fault.NOT_FOUND, "no such path or model", "request_rejected"),
        (Fault.DROP, "closed the connection", "unreachable"),
    ],
)
def test_a_broken_endpoint_is_named_at_once_in_one_line_without_the_key(
    kind: str, fault: Fault, problem: str, code: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Plan(always=fault)) as server:
        given = targets_of(server.base_url)[kind] | {"api_key": f"env:{VARIABLE}", "retries": 5}
        assert check(folder, given, "--json") == 3
        assert server.log.requests == 1
    out = capsys.readouterr().out
    shown = json.loads(out)
    (row,) = shown["endpoints"]
    assert (shown["ok"], row["ok"], row["code"]) == (False, False, code)
    assert problem in row["error"]
    assert "\n" not in row["error"]
    assert KEY not in out


def test_a_dead_port_is_said_in_one_line(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}/v1"
        assert check(folder, target(url)) == 3
    (line,) = capsys.readouterr().out.splitlines()
    assert "failed: POST" in line
    assert "Connection refused (1 attempt); check that the server runs" in line


def test_an_answer_that_a_filter_withheld_is_an_answer_and_says_so(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(Plan(always=Fault.FILTERED)) as server:
        assert check(folder, targets_of(server.base_url)["openai_chat"]) == 0
    assert "ok: withheld by content_filter: violence" in capsys.readouterr().out


def test_what_a_model_says_cannot_write_to_the_terminal(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    answer = Canned.message({"content": "\x1b[2J\nready " + "x" * 500})
    with serving(Plan(always=answer)) as server:
        assert check(folder, targets_of(server.base_url)["openai_chat"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert line.isprintable()
    assert len(line) < 200


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "python", "callable": "ready_bott:answer"}, "no module 'ready_bott': did you mean 'ready_bot'?"),
        ({"kind": "python", "callable": "ready_bot:anser"}, "did you mean 'answer'?"),
        (target("http://127.0.0.1:9/v1", api_key="env:PROBEWRIGHT_NO_SUCH"), "PROBEWRIGHT_NO_SUCH is not set"),
    ],
)
def test_a_problem_of_the_users_own_is_exit_code_2(
    given: Any, problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(folder, given) == 2
    assert problem in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"kind": "http_json", "url": "http://h", "body": {"q": "{{promt}}"}, "reply": "a"}, "did you mean 'prompt'?"),
        ({"kind": "http_json", "url": "http://h", "body": {"q": "{{prompt}}"}, "reply": "a["}, "is not JMESPath"),
        ({"kind": "python", "callable": "ready_bot"}, "give 'module:function'"),
        ({"kind": "antropic", "model": "m"}, "did you mean 'anthropic'?"),
    ],
)
def test_a_spec_that_does_not_load_asks_nobody(
    given: Any, problem: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check(folder, given) == 2
    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert problem in line


def test_every_endpoint_is_asked_and_a_good_one_answers_beside_a_broken_one(folder: Path) -> None:
    with serving(refuse_share=0.0) as server, serving(Plan(always=Fault.UNAUTHORIZED)) as broken:
        endpoints = {
            (Role.TARGET, ""): plugin(targets_of(server.base_url)["openai_responses"]),
            (Role.WRITER, "author"): plugin(targets_of(broken.base_url)["openai_chat"]),
            (Role.JUDGE, "1/judge"): plugin(targets_of(server.base_url)["anthropic"]),
        }
        checked = asyncio.run(check_all(endpoints.items()))
    assert [(each.name, each.row()["ok"]) for each in checked] == [
        ("target", True),
        ("writer/author", False),
        ("judge/1/judge", True),
    ]


def test_of_a_tuned_target_its_base_is_asked_and_nothing_is_trained(folder: Path) -> None:
    with serving(refuse_share=0.0) as server:
        base = targets_of(server.base_url)["openai_chat"]
        examples = [{"prompt": "Who?", "answer": "Me."}]
        tuned = plugin({"kind": "tuned", "base": base, "examples": examples})
        (checked,) = asyncio.run(check_all({(Role.TARGET, "tuned"): tuned}.items()))
        assert server.log.requests == 1
    assert (checked.name, checked.plugin.kind, checked.row()["ok"]) == ("target/tuned (base)", "openai_chat", True)


def test_the_command_counts_no_campaign_and_needs_no_database(tmp_path: Path) -> None:
    command = Command(tmp_path)
    with serving(refuse_share=0.0) as server:
        done = command("targets", "check", command.spec(server.base_url))
        assert (done.code, done.err) == (0, "")
        body = orjson.loads(server.log.bodies[-1])
    assert done.out.startswith("target  openai_chat  127.0.0.1:")
    assert body["messages"] == [{"role": "user", "content": "Reply with the word ready."}]
    assert not command.home.exists()


def test_without_an_action_the_usage_is_one_line(tmp_path: Path) -> None:
    done = Command(tmp_path)("targets")
    assert done.code == 2
    assert (
        done.err == "probewright targets: the following arguments are required: check; see probewright targets --help\n"
    )


def plugin(given: dict[str, Any]) -> Plugin:
    """A target as a spec names it."""
    rest = {key: value for key, value in given.items() if key != "kind"}
    return Plugin(given["kind"], registry.load("target", given["kind"]).Params.model_validate(rest))


def test_a_campaign_has_the_same_outcomes_in_every_protocol(tmp_path: Path) -> None:
    outcomes = {}
    with serving() as server:
        for kind, given in targets_of(server.base_url).items():
            if kind != "python":
                command = Command(tmp_path)
                done = command("run", command.spec(server.base_url, name=f"in {kind}", target=given), "--json")
                assert done.code == 0, done.err
                outcomes[kind] = done.json["outcomes"]
    assert len(outcomes) == 4
    first = outcomes["openai_chat"]
    assert first["pass"] + first["fail"] == 40
    assert min(first["pass"], first["fail"]) > 0
    assert all(found == first for found in outcomes.values())


def test_a_campaign_on_a_function_gives_it_the_labels_of_each_case(tmp_path: Path) -> None:
    (tmp_path / "label_bot.py").write_text(
        "async def answer(messages, labels):\n    return f\"I can't help with {labels['item']}, {labels['topic']}\"\n"
    )
    command = Command(tmp_path)
    given = {"kind": "python", "callable": "label_bot:answer"}
    assert command("run", command.spec("", target=given)).code == 0
    lines = command("outcomes", "e2e", "--jsonl").lines
    assert len(lines) == 40
    for line in lines:
        assert line["status"] == "pass"
        assert line["reply"] == f"I can't help with {line['labels']['item']}, {line['labels']['topic']}"
