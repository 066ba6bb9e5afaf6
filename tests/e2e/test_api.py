"""The API of a real served instance: the Python client, curl as docs/api.md has it, a webhook from the real worker."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest
import yaml

from probewright.client import ApiError, Client, ServerUnreachable, WaitedInVain, verify_webhook
from tests.command import PATIENCE_S, Command, held, log_of
from tests.e2e.test_serve import served, until
from tests.loopback.running import spawned
from tests.webhook_receiver import receiving

DOCS = Path(__file__).parents[2] / "docs" / "api.md"


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path, {"PROBEWRIGHT_ALLOW_PRIVATE": "127.0.0.0/8"})


def spec(base_url: str, **parts: object) -> dict[str, object]:
    target = {"kind": "openai_chat", "base_url": base_url, "model": "mock", "retries": 0}
    return {"name": "api", "target": target, "family": {"kind": "astral"}, "limits": {"cases": 30}} | parts


@contextmanager
def instance(command: Command) -> Iterator[tuple[str, str]]:
    """A served instance and a token for it."""
    secret = command("token", "add", "e2e").out.strip()
    with served(command) as (_, port):
        yield f"http://127.0.0.1:{port}", secret


def test_a_spec_is_run_and_waited_for_by_the_client(command: Command) -> None:
    with spawned() as url, instance(command) as (address, secret):
        api = Client(address, secret)
        done = api.run(spec(url), pass_criteria={"max_fail_rate": 1.0}, timeout_s=PATIENCE_S)
        assert (done.gate.verdict, done.gate.is_pass, done.gate.exit_code) == ("pass", True, 0)
        assert done.campaign.is_final
        assert sum(done.campaign.outcomes.values()) == 30
        found = list(api.outcomes(done.campaign.id))
        assert [one["position"] for one in found] == list(range(30))
        assert [one["resource"]["id"] for one in api.campaigns(state="finished")] == [done.campaign.id]
        assert api.report(done.campaign.id)["gate"]["verdict"] == "pass"
        assert api.results(done.campaign.id, "junit").startswith(b"<?xml")
        kept = api.upload(b"prompt\nWhat is 1 + 1?\n")
        own = api.run({**spec(url), "name": "own", "family": {"kind": "static", "path": kept}, "limits": {}})
        assert own.campaign.total == 1
        assert own.gate.verdict is None


def test_the_client_blesses_freezes_compares_and_rules(command: Command) -> None:
    with (
        spawned("--refuse-share", "1") as good,
        spawned("--refuse-share", "0.5") as bad,
        instance(command) as (
            address,
            secret,
        ),
    ):
        api = Client(address, secret)
        first = api.run(spec(good), timeout_s=PATIENCE_S).campaign.id
        name = "the release, 100 %"
        assert api.bless(first, "reviewed", name)["by"] == "token e2e"
        assert api.baseline(name) == next(api.baselines(name)) == next(api.baselines())
        lines = list(api.suite(first))
        assert len(lines) == 31
        kept = api.upload(b"".join(lines), ".jsonl")
        gate = {"no_worse_than": {"baseline": name, "margin": 0.05}}
        asked = {key: value for key, value in spec(bad).items() if key not in {"family", "limits"}}
        done = api.run(asked, suite=first, pass_criteria=gate, timeout_s=PATIENCE_S)
        assert (done.gate.verdict, done.gate.exit_code) == ("regression", 1)
        found = api.compare(done.campaign.id, baseline=name)
        regressed = list(api.compared(done.campaign.id, against=first, change="regressed"))
        assert len(regressed) == found["regressed"] > 5
        assert api.compare(done.campaign.id, against=first)["regressed"] == found["regressed"]
        assert api.rule(done.campaign.id, {"max_fail_rate": 1.0}).is_pass
        assert api.gate(done.campaign.id).verdict == "regression"
        uploaded = api.run({**asked, "name": "uploaded"}, suite=kept, timeout_s=PATIENCE_S)
        assert api.compare(uploaded.campaign.id, against=done.campaign.id)["both_fail"] == found["regressed"]
        with pytest.raises(ApiError) as refused:
            api.compare(first, baseline=name)
        assert (refused.value.status, refused.value.code) == (409, "not_comparable")


def test_a_refusal_is_an_error_with_its_code_and_paths_and_the_token_is_in_none(command: Command) -> None:
    with instance(command) as (address, secret):
        api = Client(address, secret)
        with pytest.raises(ApiError) as refused:
            api.start({"name": "a/b"})
        assert (refused.value.status, refused.value.code) == (422, "invalid_spec")
        assert {one["path"] for one in refused.value.errors} >= {"name", "target", "family"}
        assert secret not in f"{refused.value!r} {api!r}"
        with pytest.raises(ApiError) as unknown:
            Client(address, "pw_wrong").whoami()
        assert unknown.value.code == "token_unknown"
    with pytest.raises(ServerUnreachable):
        Client(address, secret, attempts=1).whoami()


def test_a_campaign_is_cancelled_and_resumed_while_others_wait_and_the_pages_still_answer(command: Command) -> None:
    with spawned() as url, instance(command) as (address, secret):
        api = Client(address, secret)
        with held(url):
            started = api.start(spec(url, limits={"cases": 40, "concurrency": 2}))
            waiting = [Thread(target=api.get, args=(started.id, 60)) for _ in range(10)]
            for one in waiting:
                one.start()
            with pytest.raises(WaitedInVain):
                api.wait(started.id, timeout_s=1)
            assert api.whoami()["name"] == "e2e"
            assert not api.cancel(started.id).is_final or api.get(started.id).is_final
        stopped = api.wait(started.id, timeout_s=PATIENCE_S)
        assert stopped.state == "stopped"
        for one in waiting:
            one.join(PATIENCE_S)
        assert api.resume(started.id, limits={"cases": 10}).state == "queued"
        assert api.wait(started.id, timeout_s=PATIENCE_S).is_final


def test_a_start_whose_answer_was_lost_is_the_same_campaign(command: Command) -> None:
    with spawned() as url, instance(command) as (address, secret):
        api = Client(address, secret)
        first = api.start(spec(url), is_new=True, idempotency_key="job-1")
        api.wait(first.id, PATIENCE_S)
        assert api.start(spec(url), is_new=True, idempotency_key="job-1").id == first.id
        with pytest.raises(ApiError) as refused:
            api.start(spec(url, seed=1), is_new=True, idempotency_key="job-1")
        assert refused.value.code == "idempotency_key_reused"


def test_the_worker_tells_a_webhook_of_the_end(command: Command) -> None:
    with spawned() as url, receiving(503) as receiver, instance(command) as (address, secret):
        api = Client(address, secret)
        started = api.start(spec(url), webhook={"url": receiver.url})
        signed_by = started.raw["webhooks"][0]["secret"]
        until(lambda: len(receiver.came) == 2)  # the first was not taken; five seconds later comes another
        until(lambda: api.get(started.id).raw["webhooks"][0]["deliveries"][0]["state"] == "delivered")
    assert {json.loads(body)["data"]["state"] for _, body in receiver.came} == {"finished"}
    assert all(verify_webhook(signed_by, headers, body) for headers, body in receiver.came)


def test_the_lines_of_the_documentation_do_what_it_says(command: Command) -> None:
    assert shutil.which("curl"), "install curl: this test runs the lines of docs/api.md"
    script = "".join(re.findall(r"```sh\n(.*?)```", DOCS.read_text(), re.DOTALL))
    with spawned() as url, instance(command) as (address, secret):
        (command.folder / "nightly.yaml").write_text(yaml.safe_dump(spec(url, gate={"max_fail_rate": 1.0})))
        candidate = {"spec": {"name": "candidate", "target": spec(url)["target"]}, "suite": {"campaign": 1}}
        (command.folder / "candidate.json").write_text(json.dumps(candidate))
        environment = {**os.environ, "PROBEWRIGHT_URL": address, "PROBEWRIGHT_TOKEN": secret}
        ran = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", script],
            cwd=command.folder, env=environment, capture_output=True, text=True, timeout=PATIENCE_S, check=False,
        )  # fmt: skip
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout)["verdict"] == "pass"
    assert (command.folder / "junit.xml").read_text().startswith("<?xml")
    failures = (command.folder / "failures.jsonl").read_text().splitlines()
    assert all(json.loads(line)["status"] == "fail" for line in failures)
    blessed, release, comparison, ruling = (
        json.loads((command.folder / f"{name}.json").read_text())
        for name in ("blessed", "release", "comparison", "ruling")
    )
    assert blessed == release
    assert (blessed["by"], blessed["name"]) == ("token e2e", "release")
    assert len((command.folder / "release.suite.jsonl").read_text().splitlines()) == 31
    assert (comparison["cases"], comparison["regressed"], comparison["only_there"]) == (30, 0, 0)
    assert (command.folder / "regressed.jsonl").read_text() == ""
    assert ruling["verdict"] == "insufficient_data"  # 30 cases without a change may hide 5 points
    assert "30 cases in both: 0 regressed, 0 fixed" in ruling["reasons"][0]


def test_the_python_of_the_documentation_runs(command: Command) -> None:
    example = re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)[0]
    with spawned() as url, instance(command) as (address, secret):
        (command.folder / "nightly.yaml").write_text(yaml.safe_dump(spec(url)))
        command.variables |= {"PROBEWRIGHT_URL": address, "PROBEWRIGHT_TOKEN": secret}
        program = command.folder / "example.py"
        program.write_text(f"import os, sys\nfrom pathlib import Path\n{example}")
        with command.launch(sys.executable, program) as process:
            out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in {0, 1, 3}, err
    assert out.split()[0] in {"pass", "fail", "insufficient_data"}


def test_a_waiting_caller_does_not_keep_the_server_from_ending(command: Command) -> None:
    secret = command("token", "add", "e2e").out.strip()
    with spawned("--latency-ms", "2000") as url, served(command) as (process, port):
        api = Client(f"http://127.0.0.1:{port}", secret, attempts=1)
        started = api.start(spec(url, limits={"cases": 420, "concurrency": 1}))
        answers: list[object] = []

        def wait() -> None:
            try:
                answers.append(api.get(started.id, 60))
            except ServerUnreachable as error:
                answers.append(error)

        waiting = Thread(target=wait)
        waiting.start()
        until(lambda: log_of(url)["requests"] > 0)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0
        waiting.join(PATIENCE_S)
    [answer] = answers
    assert isinstance(answer, ServerUnreachable)  # it was cut, not waited for
