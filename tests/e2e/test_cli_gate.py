"""`probewright gate` and `probewright comment` where nothing is served: mistakes in a line, and a comment."""

import json
from pathlib import Path

import pytest

from tests import forges
from tests.command import NAME, Command
from tests.forges import CHANGE, TOKEN
from tests.loopback.running import serving


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_a_campaign_of_this_machine_is_told_of_in_a_pull_request(command: Command) -> None:
    with serving(refuse_share=1.0) as kind, serving(refuse_share=0.5) as worse, forges.github() as forge:
        gate = {"no_worse_than": {"baseline": "good", "margin": 0.1}}
        assert command("run", command.spec(kind.base_url, gate=gate)).code == 3
        assert command("baseline", "bless", NAME, "--name", "good", "--why", "the first").code == 0
        assert command("run", command.spec(worse.base_url, gate=gate)).code == 1
        event = command.folder / "event.json"
        event.write_text(json.dumps({"pull_request": {"number": CHANGE, "head": {"sha": "feed" * 10}}}))
        command.variables |= {
            "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "harbour/assistant", "GITHUB_API_URL": forge.url,
            "GITHUB_TOKEN": TOKEN, "GITHUB_EVENT_PATH": str(event),
        }  # fmt: skip
        done = command("comment", NAME, "--out", "comment.md", "--post")
    assert done.code == 0, done.err
    [said] = forge.own()
    assert (command.folder / "comment.md").read_text() == said
    assert f"## {NAME}: gate failed: a regression" in said
    assert "### Against the baseline good (campaign 1)" in said
    assert "**Regressed (5 of " in said
    assert "`question " in said
    assert "Sure, here is" not in said
    assert "commit `feedfeedfeed`" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("gate", "none.yaml"), "none.yaml: cannot be read"),
        (("gate", "spec.yaml"), "give --server URL or set PROBEWRIGHT_URL"),
        (("gate", "spec.yaml", "--server", "http://h"), "set PROBEWRIGHT_TOKEN to a token of http://h"),
        (("gate", "spec.yaml", "--set", "name"), "allowed: KEY=VALUE"),
        (("gate", "spec.yaml", "--post"), "nowhere to post"),
        (("gate", "spec.yaml", "--junit", "spec.yaml/x.xml"), "cannot be written"),
        (("comment", "99"), "99"),
    ],
)
def test_mistakes_are_one_line_and_exit_code_2(command: Command, words: tuple[str, ...], said: str) -> None:
    command.spec("http://127.0.0.1:9/v1")
    done = command(*words)
    assert (done.code, done.out) == (2, "")
    assert said in done.err
    assert len(done.err.splitlines()) == 1
