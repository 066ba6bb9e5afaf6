"""The server that other tests lean on must itself do what it says."""

import subprocess
import sys
from typing import Any
from urllib.request import Request, urlopen

import orjson
import pytest

from tests.loopback.faults import Fault, Plan
from tests.loopback.running import ROOT, serving, spawned


def complete(base_url: str, prompt: str) -> str:
    body = orjson.dumps({"model": "mock", "messages": [{"role": "user", "content": prompt}]})
    with urlopen(Request(f"{base_url}/chat/completions", body), timeout=10) as response:
        return str(orjson.loads(response.read())["choices"][0]["message"]["content"])


def log_of(base_url: str) -> Any:
    with urlopen(base_url.removesuffix("/v1") + "/log", timeout=10) as response:
        return orjson.loads(response.read())


def test_a_prompt_gets_the_same_answer_from_every_server() -> None:
    with serving() as first, serving() as second:
        answers = [complete(server.base_url, "Hello") for server in (first, second, first)]
    assert len(set(answers)) == 1


@pytest.mark.parametrize(("share", "refused"), [(0.0, 0), (1.0, 40)])
def test_the_share_of_refusals_is_as_told(share: float, refused: int) -> None:
    with serving(refuse_share=share) as server:
        answers = [complete(server.base_url, f"prompt {i}") for i in range(40)]
    assert sum(not answer.startswith("Sure") for answer in answers) == refused


def test_a_planned_fault_depends_on_the_prompt_and_its_repeat_not_on_the_order() -> None:
    plan = Plan(rates={Fault.SERVER_FAULT: 0.3, Fault.DROP: 0.2}, seed=4)
    prompts = [f"prompt {i}" for i in range(2000)]
    steps = [plan.step(i, prompt, 0) for i, prompt in enumerate(prompts)]
    assert steps == [plan.step(99_999 - i, prompt, 0) for i, prompt in enumerate(prompts)]
    assert steps != [plan.step(i, prompt, 1) for i, prompt in enumerate(prompts)]
    assert steps.count(Fault.SERVER_FAULT) == pytest.approx(600, abs=100)
    assert steps.count(Fault.DROP) == pytest.approx(400, abs=100)


def test_the_script_comes_first_and_then_what_is_always_so() -> None:
    plan = Plan(script=(Fault.DROP, Fault.NONE), always=Fault.HTML)
    assert [plan.step(i, "x", i) for i in range(4)] == [Fault.DROP, Fault.NONE, Fault.HTML, Fault.HTML]


def test_the_process_serves_keeps_its_log_and_resets_it() -> None:
    with spawned("--latency-ms", "1", "--script", "none,none") as base_url:
        for prompt in ("a", "b", "a"):
            complete(base_url, prompt)
        log = log_of(base_url)
        assert log["requests"] == 3
        assert log["prompts"] == log["answered"] == {"a": 2, "b": 1}
        assert log["steps"] == {"none": 3}
        assert len(log["headers"]) == 3
        with urlopen(Request(base_url.removesuffix("/v1") + "/reset", b""), timeout=10):
            pass
        assert log_of(base_url)["requests"] == 0


def test_the_process_ends_with_its_stdin() -> None:
    command = [sys.executable, "-m", "tests.loopback"]
    done = subprocess.run(command, cwd=ROOT, input="", capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode == 0
    assert done.stdout.startswith("http://127.0.0.1:")
    assert done.stderr == ""
