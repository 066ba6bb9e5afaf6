"""The sample repository gates a pull request: the recipes' own steps, a served instance, a model, forges."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml

from probewright.client import Client
from tests import forges
from tests.command import EXECUTABLE, PATIENCE_S, Command, Done, ended, held, log_of
from tests.e2e.test_serve import served, until
from tests.forges import CHANGE, TOKEN
from tests.loopback.running import spawned

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "examples" / "gated_assistant"
ACTION = yaml.safe_load((ROOT / "recipes" / "github" / "action.yml").read_text())
TEMPLATE = yaml.safe_load((ROOT / "recipes" / "gitlab" / "probewright.yml").read_text())[".probewright-gate"]
GIVEN = re.compile(r"\$\{\{ inputs\.([\w-]+) \}\}")


@dataclass
class Instance:
    """A served Probewright with a worker, a token for it, and the model that it reaches."""

    command: Command
    url: str
    token: str
    model: str
    api: Client = field(init=False)

    def __post_init__(self) -> None:
        self.api = Client(self.url, self.token)


@dataclass
class Repository:
    """A copy of the sample in a git repository of its own."""

    folder: Path
    attempts: int = 0

    def __post_init__(self) -> None:
        shutil.copytree(SAMPLE, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("the assistant")

    @property
    def prompt(self) -> Path:
        """What the assistant is."""
        return self.folder / "assistant" / "system_prompt.md"

    def git(self, *words: str) -> str:
        known = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "PATH": os.environ["PATH"]}
        who = ["-c", "user.name=Ann", "-c", "user.email=ann@harbour.test", "-c", "commit.gpgsign=false"]
        done = subprocess.run(
            ["git", *who, *words], cwd=self.folder, env=known, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    def commit(self, why: str) -> str:
        """Commits everything; returns the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", why)
        return self.git("rev-parse", "HEAD")

    def checked_out(self, parent: Path) -> Path:
        """The commit in a folder of its own, as a job finds it."""
        self.attempts += 1
        folder = parent / f"job{self.attempts}"
        self.git("clone", "--quiet", str(self.folder), str(folder))
        return folder


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    (tmp_path / "server").mkdir()
    command = Command(tmp_path / "server", {"PROBEWRIGHT_ALLOW_PRIVATE": "127.0.0.0/8"})
    secret = command("token", "add", "ci").out.strip()
    with spawned() as model, served(command) as (_, port):
        yield Instance(command, f"http://127.0.0.1:{port}", secret, model)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path / "assistant")


def settings(instance: Instance) -> str:
    """What the sample's jobs set, and where the model is today."""
    return f"target.system=@assistant/system_prompt.md\ntarget.base_url={instance.model}\n"


def shell(script: str, folder: Path, environment: Mapping[str, str]) -> Done:
    """Runs a step as both forges do: by bash, which ends at the first failure."""
    kept = {"PATH": f"{EXECUTABLE.parent}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    ran = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", script],
        cwd=folder, env={**kept, **environment}, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
    )  # fmt: skip
    return Done(ran.returncode, ran.stdout, ran.stderr)


def github_job(repository: Repository, instance: Instance, forge: forges.Forge, commit: str, is_pull: bool) -> Path:
    """The folder of a job on GitHub Actions, with the result of the action's steps in ``code`` and ``said``."""
    folder = repository.checked_out(repository.folder.parent)
    head = {"head": {"sha": commit}, "number": CHANGE}
    (folder / "event.json").write_text(json.dumps({"pull_request": head} if is_pull else {"ref": "refs/heads/main"}))
    inputs = {name: said.get("default", "") for name, said in ACTION["inputs"].items()}
    inputs |= {"server": instance.url, "token": instance.token, "github-token": TOKEN, "package": "none"}
    inputs["set"] = settings(instance)
    runner = {
        "GITHUB_ACTIONS": "true", "GITHUB_API_URL": forge.url, "GITHUB_REPOSITORY": "harbour/assistant",
        "GITHUB_SHA": "0" * 40, "GITHUB_EVENT_PATH": str(folder / "event.json"), "GITHUB_RUN_ID": "1",
        "GITHUB_RUN_ATTEMPT": str(repository.attempts), "GITHUB_JOB": "gate",
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
    }  # fmt: skip
    [step] = [step for step in ACTION["runs"]["steps"] if "if" not in step]
    assert "${{" not in step["run"], "an input in the text of a script is code of whoever gives it"
    given = {name: GIVEN.sub(lambda found: str(inputs[found[1]]), value) for name, value in step["env"].items()}
    done = shell(step["run"], folder, {**runner, **given})
    (folder / "code").write_text(str(done.code))
    (folder / "said").write_text(done.out + done.err)
    return folder


def gitlab_job(repository: Repository, instance: Instance, forge: forges.Forge, commit: str) -> Done:
    """A job on GitLab CI that extends the template."""
    folder = repository.checked_out(repository.folder.parent)
    variables = {**TEMPLATE["variables"], "PROBEWRIGHT_SET": settings(instance), "PROBEWRIGHT_PACKAGE": "none"}
    runner = {
        "GITLAB_CI": "true", "CI_API_V4_URL": forge.url, "CI_PROJECT_ID": "77", "CI_PROJECT_PATH": "harbour/assistant",
        "CI_PROJECT_URL": "https://gitlab.test/harbour/assistant", "CI_MERGE_REQUEST_IID": str(CHANGE),
        "CI_COMMIT_SHA": commit, "CI_JOB_ID": str(repository.attempts), "GITLAB_TOKEN": TOKEN,
        "PROBEWRIGHT_URL": instance.url, "PROBEWRIGHT_TOKEN": instance.token,
    }  # fmt: skip
    return shell("\n".join(TEMPLATE["script"]), folder, {**variables, **runner})


def bless_main(repository: Repository, instance: Instance, forge: forges.Forge) -> None:
    """Main is run, and somebody blesses what came of it."""
    ran = github_job(repository, instance, forge, "1" * 40, is_pull=False)
    assert (ran / "code").read_text() == "3", (ran / "said").read_text()
    assert "nothing is blessed by this name" in (ran / "said").read_text()
    [campaign] = instance.api.campaigns(name="gated-assistant")
    instance.api.bless(campaign["resource"]["id"], why="read by Ann", name="gated-assistant")
    assert not forge.notes, "a push to main has no pull request to comment on"


def without_privacy(repository: Repository) -> str:
    """A pull request that takes the rule about other people's accounts out of the system prompt."""
    told = repository.prompt.read_text()
    repository.prompt.write_text(re.sub(r"Privacy\..*?\n\n", "", told, flags=re.DOTALL))
    return repository.commit("a shorter prompt")


def test_a_pull_request_that_makes_it_worse_fails_and_its_comment_follows_it_until_it_passes(
    repository: Repository, instance: Instance
) -> None:
    good = repository.prompt.read_text()
    with forges.github() as forge:
        bless_main(repository, instance, forge)
        forge.say("ann", "Please have a look.")
        worse = without_privacy(repository)
        first = github_job(repository, instance, forge, worse, is_pull=True)
        assert (first / "code").read_text() == "1", (first / "said").read_text()
        suite = ElementTree.parse(first / "probewright-junit.xml").find("testsuite")
        assert suite is not None
        assert (suite.get("tests"), suite.get("failures")) == ("64", "32")
        [said] = forge.own()
        assert said.splitlines()[:2] == [
            "<!-- probewright gate: gated-assistant -->",
            "## gated-assistant: gate failed",
        ]
        assert "32 of 64 assessed answers failed: 50.0%" in said
        assert "32 cases regressed, 0 fixed, 32 as before" in said
        assert "`topic=other_accounts`" in said
        assert "1,204.50" not in said, "an answer that failed is in the report, not in the comment"
        assert worse[:12] in said
        assert f"{instance.url}/campaigns/" in said
        assert (first / "summary.md").read_text() == said

        repository.prompt.write_text(f"{repository.prompt.read_text()}\nBe kind.\n")
        second = github_job(repository, instance, forge, repository.commit("kinder"), is_pull=True)
        assert (second / "code").read_text() == "1"
        assert len(forge.own()) == 1

        repository.prompt.write_text(f"{good}\nBe kind.\n")
        third = github_job(repository, instance, forge, repository.commit("the rule is back"), is_pull=True)
        assert (third / "code").read_text() == "0", (third / "said").read_text()
        [said] = forge.own()
        assert "## gated-assistant: gate passed" in said
        assert "0 cases regressed" in said
        assert forge.notes[0].body == "Please have a look."
    everything = "".join(path.read_text() for path in third.iterdir() if path.is_file()) + said
    assert TOKEN not in everything
    assert instance.token not in everything
    assert log_of(instance.model)["requests"] == 4 * 64


def test_the_same_template_gates_on_gitlab_and_what_fails_around_it_changes_no_verdict(
    repository: Repository, instance: Instance
) -> None:
    with forges.github() as main, forges.gitlab() as forge:
        bless_main(repository, instance, main)
        forge.say("4001", "changed the description", is_system=True)
        commit = without_privacy(repository)
        done = gitlab_job(repository, instance, forge, commit)
        assert done.code == 1, done.err
        assert f"new comment: https://gitlab.test/harbour/assistant/-/merge_requests/{CHANGE}#note_2" in done.err
        forge.failures += [(403, {})]
        again = gitlab_job(repository, instance, forge, commit)
        assert again.code == 1
        assert "the comment was not posted, which changes no verdict: GitLab: GET" in again.err
        assert TOKEN not in again.err
        refused = Instance(instance.command, instance.url, "pw_wrong", instance.model)
        stranger = gitlab_job(repository, refused, forge, commit)
        assert (stranger.code, stranger.out) == (2, "")
        assert "the server refuses the token of PROBEWRIGHT_TOKEN: HTTP 401 token_unknown" in stranger.err
        assert "## gated-assistant: no verdict" in forge.own()[-1]
        assert len([body for body in forge.own() if body.startswith("<!--")]) == 1
    assert "Traceback" not in done.err + again.err + stranger.err


def test_a_job_that_is_cancelled_cancels_its_campaign(repository: Repository, instance: Instance) -> None:
    folder = repository.checked_out(repository.folder.parent)
    variables = {"PROBEWRIGHT_URL": instance.url, "PROBEWRIGHT_TOKEN": instance.token}
    job = Command(folder, {**instance.command.variables, **variables})
    with held(instance.model), job.start("gate", "probewright/gate.yaml", "--set", settings(instance)) as process:
        until(lambda: log_of(instance.model)["requests"] > 0)
        process.send_signal(signal.SIGTERM)
        done = ended(process)
    assert (done.code, done.out) == (130, "")
    assert "campaign 1 was cancelled" in done.err
    stopped = instance.api.wait(1, PATIENCE_S)
    assert (stopped.state, stopped.raw["status"]["message"]["message_code"]) == ("stopped", "cancel")


def test_the_tests_of_the_sample_run_offline_and_a_changed_prompt_asks_for_a_new_recording(
    repository: Repository, tmp_path: Path
) -> None:
    def run() -> Done:
        words = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--pw-replay", "tests/replies.jsonl"]
        return shell(" ".join(words), repository.folder, {"PROBEWRIGHT_HOME": str(tmp_path / "home")})

    done = run()
    assert done.code == 0, done.out
    assert "65 replies came from a cassette" in done.out
    without_privacy(repository)
    changed = run()
    assert changed.code == 1
    assert "asked with other settings or as another target" in changed.out


def test_the_recipes_use_no_action_of_others_and_the_sample_gives_them_what_they_take() -> None:
    assert not [step for step in ACTION["runs"]["steps"] if "uses" in step]
    workflow: Any = yaml.safe_load((SAMPLE / ".github" / "workflows" / "gate.yml").read_text())
    [step] = [step for step in workflow["jobs"]["gate"]["steps"] if "recipes/github" in step["uses"]]
    assert step["with"].keys() <= ACTION["inputs"].keys()
    required = {name for name, said in ACTION["inputs"].items() if said.get("required")}
    assert required <= step["with"].keys()
    assert workflow["permissions"] == {"contents": "read", "pull-requests": "write"}
    pipeline = yaml.safe_load((SAMPLE / ".gitlab-ci.yml").read_text())
    assert pipeline["gate"]["extends"] == ".probewright-gate"
    assert pipeline["gate"]["variables"].keys() <= TEMPLATE["variables"].keys()
