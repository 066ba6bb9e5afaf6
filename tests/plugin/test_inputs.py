"""What a user gives: specs, targets, limits, paths. What is wrong or missing is said in one line, and fails."""

import pytest

from tests.loopback.running import Loopback, serving
from tests.plugin.suites import Suite, target, text

pytest_plugins = ("pytester",)

GATED = """
    @pytest.mark.probewright(family="astral", cases=3, at_most=1)
    def test_gate(case): pass

    @pytest.mark.probewright(family="astral", cases=14, group="category", at_most=1, gate="named")
    def test_groups(cases): pass
"""


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), "no target: give --pw-target"),
        ((*target("http://127.0.0.1:9/v1"), "--pw-replay", "none.jsonl"), "no such cassette; record it"),
        (target("http://127.0.0.1:9/v1", ", api_key: 'env:NOT_SET_HERE'"), "NOT_SET_HERE is not set"),
    ],
    ids=["target", "cassette", "key"],
)
def test_a_gate_tolerates_no_wrong_input(suite: Suite, options: tuple[str, ...], said: str) -> None:
    suite.write(GATED)
    result = suite.run(*options)
    outcomes = result.parseoutcomes()
    assert outcomes.keys() == {"failed"}
    assert outcomes["failed"] > 2 + 3
    assert said in text(result)
    assert text(result).count("gate named: not assessable: 14 of 14 outcomes are no verdict (14 error)") >= 1
    assert "; allowed: 10.0%; most often: " in text(result)
    assert "Traceback" not in text(result)
    assert "direct cause" not in text(result)


def test_a_gate_that_can_say_nothing_says_what_stood_in_the_way(suite: Suite) -> None:
    suite.write("""
        @pytest.mark.probewright(family="astral", cases=3, at_most=1)
        def test_gate(case): pass
    """)
    result = suite.run(*target("http://127.0.0.1:9/v1"))
    result.assert_outcomes(failed=1, xfailed=3)
    assert "3 of 3 outcomes are no verdict (3 error), 100.0%; allowed: 10.0%; most often: unreachable: " in text(result)


SPEC = """
    import pytest

    @pytest.fixture(scope="session")
    def probewright_spec():
        target = {{"kind": "openai_chat", "base_url": "{url}", "model": "mock"}}
        return {{"target": target, "limits": {limits}}}
"""
FOUR = """
    @pytest.mark.probewright(family="astral", cases=4)
    def test_cases(case): pass
"""


def test_a_limit_of_a_spec_holds_for_marked_tests_or_is_refused(suite: Suite, refusing: Loopback) -> None:
    suite.write(FOUR)
    suite.write(SPEC.format(url=refusing.base_url, limits={"calls": 2, "concurrency": 1}), "conftest.py")
    for options in ((), ("--pw-max-calls", "3")):
        result = suite.run(*options)
        result.assert_outcomes(failed=4)
        said = "limits.calls is 2: it holds for campaigns, and marked tests are none; give --pw-max-calls 2 or less, or"
        assert f"probewright_spec: {said}" in text(result)
    assert refusing.log.requests == 0
    suite.run("--pw-max-calls", "2").assert_outcomes(passed=2, failed=2)
    assert refusing.log.requests == 2
    suite.write(SPEC.format(url=refusing.base_url, limits={"minutes": 2}), "conftest.py")
    result = suite.run()
    result.assert_outcomes(failed=4)
    assert "marked tests are none; give these tests a spec without it" in text(result)


def test_the_concurrency_of_a_spec_holds_for_groups(suite: Suite) -> None:
    suite.write("""
        @pytest.mark.probewright(family="astral", cases=12, group="style")
        def test_groups(cases): pass
    """)
    with serving(refuse_share=1.0, latency_s=0.02) as slow:
        suite.write(SPEC.format(url=slow.base_url, limits={"concurrency": 1, "trials": 3}), "conftest.py")
        assert "failed" not in suite.run().parseoutcomes()
        assert slow.log.requests == 12
        assert slow.log.max_in_flight == 1


def test_paths_of_the_command_line_are_relative_to_where_it_was_typed_and_those_of_the_ini_file_to_it(
    suite: Suite, refusing: Loopback
) -> None:
    named = f"target: {{kind: openai_chat, base_url: '{refusing.base_url}', model: mock}}\n"
    suite.write(f"{named}name: mine\nfamily: astral\n", "spec.yaml")
    suite.write(named, "sub/own.yaml")
    suite.write("def test_it(target): assert target('hello').text\n", "sub/test_it.py")
    suite.pytester.makeini("[pytest]\n")
    suite.move("sub")
    suite.run("--pw-spec", "../spec.yaml").assert_outcomes(passed=1)
    suite.run("--pw-target", "own.yaml").assert_outcomes(passed=1)
    result = suite.run("--pw-spec", "spec.yaml")
    result.assert_outcomes(errors=1)
    assert "sub/spec.yaml: cannot be read: No such file" in text(result)
    suite.pytester.makeini("[pytest]\nprobewright_spec = spec.yaml\n")
    suite.run().assert_outcomes(passed=1)
    suite.pytester.makeini("[pytest]\nprobewright_target = sub/own.yaml\n")
    suite.run().assert_outcomes(passed=1)


def test_a_report_that_was_not_written_is_not_named(suite: Suite, refusing: Loopback) -> None:
    suite.write("""
        def test_it(target):
            target("hello")

        def test_stop():
            raise KeyboardInterrupt
    """)
    result = suite.run(*target(refusing.base_url), "--pw-report", "report.html", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    assert not (suite.pytester.path / "report.html").exists()
    assert "test_model.py::test_it" in text(result)  # the summary
    assert "report.html" not in text(result)
