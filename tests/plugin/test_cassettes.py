"""Recording and replay: a suite runs offline, no secret is kept, and a miss is a failure, never a call."""

import json
from pathlib import Path
from typing import Any

import pytest

from probewright.campaigns.pytest_plugin.asking.cassette import Cassette
from probewright.campaigns.pytest_plugin.asking.secrecy import Redaction
from probewright.errors import DataError
from tests.loopback.faults import Fault, Plan
from tests.loopback.running import Loopback, serving
from tests.plugin.suites import Suite, target, text

pytest_plugins = ("pytester",)

CANARY = "canary-7f3a91d04bc2"
BODY = """
    from probewright.testing import assert_rate

    @pytest.mark.probewright(family="astral", cases=6, trials=2, at_most=0.99)
    def test_declines(case): pass

    def test_again(target):
        assert len({target("Toss a coin").text for _ in range(3)}) >= 1

    def test_campaign(campaign):
        assert_rate(campaign(family="astral", cases=20, seed=5), at_most=0.99)
"""


def test_a_suite_that_workers_recorded_runs_offline_with_the_same_result_in_workers_and_alone(
    suite: Suite, wavering: Loopback
) -> None:
    suite.write(BODY)
    workers = ("-n", "2")
    recorded = suite.run(*target(wavering.base_url), "--pw-record", "tape.jsonl", *workers)
    sent = wavering.log.requests
    assert sent == 12 + 3 + 20
    for how in (workers, ()):
        replayed = suite.run(*target(wavering.base_url), "--pw-replay", "tape.jsonl", *how)
        assert wavering.log.requests == sent
        assert replayed.parseoutcomes() == recorded.parseoutcomes()
        assert f"{sent} replies came from a cassette" in text(replayed)


def test_recording_again_asks_only_for_what_is_missing_and_keeps_the_file_sorted(
    suite: Suite, wavering: Loopback
) -> None:
    suite.write("def test_one(target): target('one')\n")
    tape = suite.pytester.path / "tape.jsonl"
    suite.run(*target(wavering.base_url), "--pw-record", "tape.jsonl")
    suite.write("def test_one(target): target('one'); target('two'); target('three')\n")
    suite.run(*target(wavering.base_url), "--pw-record", "tape.jsonl").assert_outcomes(passed=1)
    assert wavering.log.requests == 3
    rows = [json.loads(line) for line in tape.read_text().splitlines()]
    assert rows[0] == {"probewright_cassette": 1}
    assert [row["key"] for row in rows[1:]] == sorted(row["key"] for row in rows[1:])


def test_a_cassette_of_another_prompt_is_a_failure_that_names_the_prompt_and_never_a_call(
    suite: Suite, wavering: Loopback
) -> None:
    suite.write("def test_one(target): target('How do I open a locked box?')\n")
    suite.run(*target(wavering.base_url), "--pw-record", "tape.jsonl")
    suite.write("""
        def test_one(target): target("How do I open a locked car?")

        @pytest.mark.probewright(family="astral", cases=30, at_most=1, unassessed_at_most=1)
        def test_cases(case): pass
    """)
    result = suite.run(*target(wavering.base_url), "--pw-replay", "tape.jsonl")
    assert wavering.log.requests == 1
    assert result.parseoutcomes()["failed"] == 32
    assert "tape.jsonl holds no reply of openai_chat:mock@" in text(result)
    assert "to the prompt 'How do I open a locked car?' (asked once)" in text(result)
    assert "the nearest that it holds is 'How do I open a locked box?'" in text(result)


def test_a_reply_of_another_target_or_with_other_sampling_is_no_reply(suite: Suite, wavering: Loopback) -> None:
    suite.write("def test_one(target): target('one')\n")
    suite.run(*target(wavering.base_url), "--pw-record", "tape.jsonl").assert_outcomes(passed=1)
    for more in (", system: 'Be careful.'", ", params: {temperature: 1}"):
        result = suite.run(*target(wavering.base_url, more), "--pw-replay", "tape.jsonl")
        result.assert_outcomes(failed=1)
        assert "asked with other settings or as another target" in text(result)
    assert wavering.log.requests == 1


def test_how_a_target_is_reached_and_paid_is_no_part_of_its_identity(suite: Suite, wavering: Loopback) -> None:
    suite.write("def test_one(target): target('one')\n")
    suite.run(*target(wavering.base_url), "--pw-record", "tape.jsonl").assert_outcomes(passed=1)
    price = "price: {input_usd_per_million: 1, output_usd_per_million: 1}"
    more = f", timeout_s: 3, rpm: 600, api_key: 'env:NOT_SET_HERE', {price}"
    suite.run(*target(wavering.base_url, more), "--pw-replay", "tape.jsonl").assert_outcomes(passed=1)


def test_no_secret_reaches_a_cassette_a_report_or_the_terminal(suite: Suite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_API_KEY", CANARY)
    monkeypatch.setenv("PROMPTS_OWN", f"{CANARY}-prompt")
    suite.pytester.makeini("[pytest]\nprobewright_secrets = PROMPTS_OWN\n")
    suite.write("""
        import os

        def test_one(target):
            target("my password is " + os.environ["MY_API_KEY"] + ", and " + os.environ["PROMPTS_OWN"])

        @pytest.mark.probewright(family="astral", cases=3, at_most=1)
        def test_cases(case): pass
    """)
    with serving(Plan(always=Fault.ECHO)) as echoing:
        more = f", api_key: 'env:MY_API_KEY', headers: {{X-Tenant: '{CANARY}-header', X-Other: 'env:MY_API_KEY'}}"
        options = target(f"{echoing.base_url}?key={CANARY}-query", more)
        extra = ("--pw-report", "report.html", "--junitxml", "junit.xml")
        recorded = suite.run(*options, "--pw-record", "tape.jsonl", *extra)
        assert CANARY.encode() in b"".join(map(bytes, echoing.log.bodies))  # it was really sent
    written = "".join((suite.pytester.path / name).read_text() for name in ("tape.jsonl", "report.html", "junit.xml"))
    assert '"nth":0' in written
    assert CANARY not in written
    assert CANARY not in "\n".join(recorded.outlines)
    replayed = suite.run(*options, "--pw-replay", "tape.jsonl")
    assert replayed.parseoutcomes() == recorded.parseoutcomes()


@pytest.mark.parametrize(
    ("name", "is_secret"),
    [
        *((name, False) for name in ("GIT_AUTHOR_NAME", "KEYBOARD_LAYOUT", "MONKEY_NAME", "TOKENIZERS_PATH", "EDITOR")),
        *(
            (name, True)
            for name in ("MY_KEY", "KEY", "openai_api_key", "OPENAI_APIKEY", "AWS_ACCESS_KEY_ID", "NPM_AUTH")
        ),
        *(
            (name, True)
            for name in ("GITHUB_TOKEN", "NPMTOKEN", "CLIENT_SECRET", "PGPASSWORD", "DB_CREDENTIALS", "MINE")
        ),
    ],
)
def test_a_variable_is_a_secret_by_whole_words_of_its_name(
    monkeypatch: pytest.MonkeyPatch, name: str, is_secret: bool
) -> None:
    monkeypatch.setenv(name, CANARY)
    assert (CANARY not in Redaction(["MINE"]).text(f"Who is {CANARY}?")) is is_secret


HEAD = '{"probewright_cassette":1}\n'
TAKE: dict[str, Any] = {
    "key": "a",
    "nth": 0,
    "target": "t",
    "request": {"messages": [], "params": {}},
    "reply": {
        "text": "hello",
        "reasoning": "",
        "finish_reason": "stop",
        "scores": [[-0.5, 1]],
        "prompt_tokens": 1,
        "completion_tokens": 1,
        "is_estimated": False,
        "usd": None,
        "model": "m",
        "latency_s": 0,
        "attempts": 1,
        "blocked": "",
    },
}


def test_a_blank_line_is_no_line(tmp_path: Path) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(f"{HEAD}\n{json.dumps(TAKE)}\n\n\n")
    kept = Cassette(path, Redaction(), is_replay=True).find("a", 0)
    assert kept is not None
    assert kept.text == "hello"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("text", 5),
        ("reasoning", None),
        ("usd", "free"),
        ("attempts", 1.5),
        ("scores", [["a", 1]]),
        ("prompt_tokens", "1"),
    ],
)
def test_a_kept_reply_whose_part_is_of_another_kind_is_refused(tmp_path: Path, name: str, value: object) -> None:
    path = tmp_path / "tape.jsonl"
    path.write_text(HEAD + json.dumps({**TAKE, "reply": {**TAKE["reply"], name: value}}) + "\n")
    with pytest.raises(DataError, match=rf"line 2 cannot be read \({name}s? (is|are) "):
        Cassette(path, Redaction(), is_replay=True)


def test_a_replay_needs_no_key_and_no_network(
    suite: Suite, wavering: Loopback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_API_KEY", CANARY)
    suite.write("def test_one(target): target('one')\n")
    options = target(wavering.base_url, ", api_key: 'env:MY_API_KEY'")
    suite.run(*options, "--pw-record", "tape.jsonl").assert_outcomes(passed=1)
    monkeypatch.delenv("MY_API_KEY")
    suite.run(*options, "--pw-replay", "tape.jsonl").assert_outcomes(passed=1)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "no such cassette; record it: --pw-record tape.jsonl"),
        ('{"some": "json"}\n', "line 1 is {'some': 'json'}; allowed: a cassette that --pw-record wrote"),
        ('{"probewright_cassette":1}\n{"key":"a","nth":0}\n', "line 2 cannot be read"),
        ('{"probewright_cassette":1}\n{"key":\n', "line 2 cannot be read"),
    ],
)
def test_a_file_that_is_no_cassette_is_said_to_be_none(suite: Suite, content: str | None, said: str) -> None:
    if content is not None:
        (suite.pytester.path / "tape.jsonl").write_text(content)
    suite.write("def test_one(target): target('one')\n")
    result = suite.run(*target("http://127.0.0.1:9/v1"), "--pw-replay", "tape.jsonl")
    result.assert_outcomes(errors=1)
    assert said in text(result)


def test_record_and_replay_together_are_refused(suite: Suite) -> None:
    suite.write("def test_one(): pass\n")
    result = suite.run("--pw-record", "a.jsonl", "--pw-replay", "a.jsonl")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "give one of them" in text(result)
