"""A multiple-choice campaign by the real command, against a loopback endpoint that scores."""

from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.command import Command, target
from tests.loopback.running import serving
from tests.loopback.scoring import Quirk

RETRIES = 1


@pytest.fixture
def command(tmp_path: Path) -> Command:
    return Command(tmp_path)


def test_every_item_is_scored_under_every_condition_and_controls_enter_no_rate(command: Command) -> None:
    with serving() as server:
        spec = command.spec(server.base_url, family={"kind": "mcq", "items": 20}, gate={"max_fail_rate": 0.99})
        done = command("run", spec, "--json", "--out", "out")
        result = done.json
        assert done.code in {0, 3}, done.err
        assert result["outcomes"] | {"pass": 0, "fail": 0} == dict.fromkeys(result["outcomes"], 0)
        assert result["outcomes"]["pass"] + result["outcomes"]["fail"] == 20 * 3 + 40 * 2
        assert result["fail_rate"]["n"] == 20 + 40
        assert result["calls"] == 2 * 140
        assert sum(result["controls"].values()) == 20 * 2 + 40
        knowledge, letters, oracles = result["findings"]
        assert [row[0] for row in oracles["tables"][0]["rows"]] == ["summed_logprob", "mean_logprob", "letter_logprob"]
        table = knowledge["tables"][0]
        assert [row[0] for row in table["rows"]] == [
            "invented facts: closed book",
            "invented facts: open book",
            "invented facts: options alone",
            "common knowledge: closed book",
            "common knowledge: options alone",
        ]
        assert [row[1]["n"] for row in table["rows"]] == [20, 20, 20, 40, 40]
        assert sum(letters["tables"][0]["rows"][0][1:]) == 140
        suite = ElementTree.fromstring(command("report", result["campaign"], "--format", "junit").out).find("testsuite")
        assert suite is not None
        failures = suite.findall("testcase/failure")
        assert len(failures) == int(suite.attrib["failures"]) == round(result["fail_rate"]["value"] * 60)
        assert len(suite.findall("testcase/skipped")) == result["outcomes"]["fail"] - len(failures)


def test_the_same_spec_gives_the_same_result_and_each_oracles_verdict_is_kept(command: Command) -> None:
    with serving() as server:
        spec = command.spec(server.base_url, family={"kind": "mcq", "items": 4, "about": ["invented"]})
        first, again = command("run", spec, "--json").json, command("run", spec, "--json", "--new").json
    assert first["findings"] == again["findings"]
    verdicts = command.rows("select oracle, count(*) from campaigns_verdict group by oracle order by oracle")
    assert verdicts == [("letter_logprob", 24), ("mean_logprob", 24), ("summed_logprob", 24)]


def test_findings_are_by_the_oracle_that_the_spec_names(command: Command) -> None:
    family = {"kind": "mcq", "items": 4, "about": ["invented"]}
    with serving() as server:
        spec = command.spec(server.base_url, family=family, oracle="letter_logprob", opinions=["summed_logprob"])
        result = command("run", spec, "--json").json
    columns = result["findings"][0]["tables"][0]["columns"]
    assert columns == ["", "log-probability of the option's letter", "summed log-probability of the option's text"]
    assert "by the log-probability of the option's letter" in result["findings"][0]["statements"][-1]


def test_an_oracle_that_is_named_twice_is_refused(command: Command) -> None:
    spec = command.spec("http://127.0.0.1:9/v1", oracle="exact", opinions=["contains", "exact"])
    done = command("validate", spec)
    assert done.code == 2
    assert "opinions: the oracle 'exact' is named twice" in done.err


@pytest.mark.parametrize("quirk", [Quirk.NO_COMPLETIONS, Quirk.IGNORES_ECHO, Quirk.REFUSES_ECHO])
def test_an_endpoint_without_log_probabilities_is_named_in_one_line(command: Command, quirk: Quirk) -> None:
    with serving(quirks=frozenset({quirk})) as server:
        spec = command.spec(
            server.base_url, target=target(server.base_url, retries=RETRIES), family={"kind": "mcq", "items": 8}
        )
        done = command("run", spec, "--json")
    assert done.code == 3
    assert done.json["outcomes"]["error"] > 0
    assert done.json["fail_rate"] == {"value": None, "low": None, "high": None, "n": 0}
    said = next(line for line in done.err.splitlines() if line.startswith("stopped: "))
    assert "cannot score given options: use vLLM, or the pool's engine transformers" in said
