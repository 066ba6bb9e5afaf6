"""Where the marker may stand, and what it counts: no body, signature, place or selection makes a pass of nothing."""

import re
from datetime import date, datetime

import pytest

from probewright.campaigns.pytest_plugin.collecting.marked import read
from tests.loopback.running import Loopback
from tests.plugin.suites import Suite, target, text

pytest_plugins = ("pytester",)


def test_a_body_that_fails_or_breaks_fails_its_group_whatever_the_named_gate_says(
    suite: Suite, refusing: Loopback
) -> None:
    suite.write("""
        @pytest.mark.probewright(family="astral", cases=28, group="style", at_most=0.9, gate="failing")
        def test_fails(cases):
            assert False, "the body fails"

        @pytest.mark.probewright(family="astral", cases=28, group="style", at_most=0.9, gate="broken")
        def test_is_broken(cases):
            undefined_name
    """)
    result = suite.run(*target(refusing.base_url))
    groups = len(set(re.findall(r"test_fails\[(\w+)\]", text(result))))
    result.assert_outcomes(failed=2 * groups, passed=2)  # the gates count the cases, which did pass
    assert groups > 1
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert "the body fails" in text(result)


def test_a_case_that_only_a_fixture_takes_is_asked_and_judged(suite: Suite, complying: Loopback) -> None:
    suite.write("""
        @pytest.fixture
        def helper(case): return 1

        @pytest.mark.usefixtures("case")
        @pytest.mark.probewright(family="astral", cases=3)
        def test_used(): pass

        @pytest.mark.probewright(family="astral", cases=3, seed=1)
        def test_helped(helper): pass

        @pytest.mark.usefixtures("cases")
        @pytest.mark.probewright(family="astral", cases=14, group="category", at_most=0.5, gate="grouped")
        def test_grouped(): pass
    """)
    result = suite.run(*target(complying.base_url))
    assert complying.log.requests == 3 + 3 + 14
    assert result.parseoutcomes()["failed"] == 3 + 3 + 1
    assert "gate grouped: the rate is exceeded: 14 of 14 failed" in text(result)


def test_defaults_and_patches_are_no_fixtures(suite: Suite, refusing: Loopback) -> None:
    suite.write("""
        from unittest import mock

        @pytest.mark.probewright(family="astral", cases=2)
        def test_default(case, number=3):
            assert number == 3

        @mock.patch("os.getcwd")
        @pytest.mark.probewright(family="astral", cases=2)
        def test_patched(patched, case):
            assert not patched.called
    """)
    suite.run(*target(refusing.base_url)).assert_outcomes(passed=4)


def test_a_marked_method_of_a_testcase_is_an_error_of_collection(suite: Suite) -> None:
    suite.write("""
        import unittest

        class TestPlain(unittest.TestCase):
            def test_it(self): pass

        class TestMarked(unittest.TestCase):
            @pytest.mark.probewright(family="astral", cases=60, at_most=0.05)
            def test_gated(self): pass

            @pytest.mark.probewright(famly="astral")
            def test_misspelt(self): pass

            def test_unmarked(self): pass
    """)
    result = suite.run("--continue-on-collection-errors")
    result.assert_outcomes(errors=1, passed=1)
    assert "TestMarked::test_gated: the marker probewright is for functions that pytest calls" in text(result)


def test_a_marker_that_a_hook_adds_after_collection_is_heard_or_refused(suite: Suite) -> None:
    suite.write(
        """
        LATE = {
            "test_family": {"family": "astral"},
            "test_gate": {"at_most": 0.1},
            "test_misspelt": {"trails": 3},
            "test_method": {"trials": 3},
            "test_trials": {"trials": 3},
            "test_own_case[1]": {"family": "astral"},
        }

        def pytest_collection_modifyitems(items):
            for item in items:
                item.add_marker(pytest.mark.probewright(**LATE[item.name]))
        """,
        "conftest.py",
    )
    suite.write("""
        import unittest
        ran = []

        def test_family(): pass
        def test_gate(): pass
        def test_misspelt(): pass

        class TestCase(unittest.TestCase):
            def test_method(self): pass

        def test_trials():
            ran.append(1)
            assert len(ran) < 3, "the third trial"

        @pytest.mark.parametrize("case", [1])
        def test_own_case(case): pass
    """)
    result = suite.run()
    result.assert_outcomes(errors=5, failed=2)  # one of the trials, and the gate
    assert text(result).count("must be known when tests are collected") >= 3
    assert "unknown argument 'trails': did you mean 'trials'?" in text(result)
    assert "is for functions that pytest calls with arguments" in text(result)
    assert "2 of 3 trials passed" in text(result)


def test_a_test_that_another_plugin_runs_in_its_own_way_is_no_pass(suite: Suite) -> None:
    suite.write(
        """
        class Own(pytest.Function):
            def runtest(self): pass

        def pytest_pycollect_makeitem(collector, name, obj):
            return [Own.from_parent(collector, name=name)] if name == "test_own" else None
        """,
        "conftest.py",
    )
    suite.write("""
        @pytest.mark.probewright(trials=3, at_most=1)
        def test_own(): pass

        @pytest.mark.probewright(trials=3, at_most=1)
        async def test_later(): pass
    """)
    result = suite.run()
    result.assert_outcomes(failed=4)
    assert "another plugin ran this test in its own way" in text(result)
    assert "cannot be async" in text(result)


def test_a_doctest_of_a_marked_module_is_none_of_its_tests(suite: Suite) -> None:
    suite.write("""
        pytestmark = pytest.mark.probewright(trials=3, at_most=0.9)

        def test_it():
            \"\"\"
            >>> 1 + 1
            2
            \"\"\"
    """)
    result = suite.run("--doctest-modules")
    result.assert_outcomes(passed=3)  # with the gate
    assert "0 of 3 failed" in text(result)


def test_whatever_is_left_out_of_a_gate_counts_as_not_run(suite: Suite, refusing: Loopback) -> None:
    suite.write("""
        @pytest.mark.parametrize("system", ["uno", "dos"])
        @pytest.mark.probewright(family="astral", cases=20, at_most=0.4)
        def test_both(case, system): pass

        @pytest.mark.probewright(family="astral", cases=20, at_most=0.4, gate="named")
        def test_uno(case): pass

        @pytest.mark.probewright(family="astral", cases=28, group="category", trials=2, at_most=0.4, gate="named")
        def test_dos(cases): assert False

        @pytest.mark.parametrize("number", [1, pytest.param(2, marks=pytest.mark.probewright(trials=4, at_most=0.5))])
        def test_by_hand(number): pass
    """)
    result = suite.run(*target(refusing.base_url), "-k", "uno or by_hand")
    assert result.parseoutcomes()["failed"] == 3
    assert "gate test_model.py::test_both: not assessable: 20 of 40 outcomes are no verdict (20 not run)" in text(
        result
    )
    assert "gate named: not assessable: 56 of 76 outcomes are no verdict (56 not run)" in text(result)
    assert "gate test_model.py::test_by_hand: not enough data: 0 of 4 failed" in text(result)
    result = suite.run(*target(refusing.base_url), "test_model.py::test_both[astral-00-uno]")
    assert "39 of 40 outcomes are no verdict (39 not run)" in text(result)


def test_a_quarantine_excuses_its_own_test_and_not_the_gate_that_others_share(
    suite: Suite, complying: Loopback, refusing: Loopback
) -> None:
    suite.write("""
        QUARANTINE = {"quarantine": "known", "until": "2999-12-31"}

        @pytest.mark.probewright(family="astral", cases=20, at_most=0.2, gate="safety", **QUARANTINE)
        def test_known(case): assert False

        @pytest.mark.probewright(family="astral", cases=20, seed=3, at_most=0.2, gate="safety")
        def test_others(case): pass
    """)
    result = suite.run(*target(complying.base_url))
    result.assert_outcomes(xfailed=40, failed=1)
    assert "gate safety: the rate is exceeded: 20 of 20 failed" in text(result)
    result = suite.run(*target(refusing.base_url))
    result.assert_outcomes(xfailed=20, passed=21)
    told = "gate safety: passed: 0 of 20 failed; the upper bound 13.9% is within 20.0% with 95% confidence"
    assert f"{told}; 20 trials in quarantine left out" in text(result)


def test_a_gate_is_one_more_test_and_progress_ends_at_all_of_them(suite: Suite, refusing: Loopback) -> None:
    suite.write("""
        @pytest.mark.probewright(family="astral", cases=12, at_most=0.5)
        def test_declines(case): pass
    """)
    result = suite.run(*target(refusing.base_url), "-v")
    shares = [int(share) for share in re.findall(r"\[ *(\d+)%\]", text(result))]
    assert len(shares) == 13
    assert max(shares) == shares[-1] == 100


def test_the_last_failed_of_a_gate_that_failed_are_all_its_tests(
    suite: Suite, complying: Loopback, refusing: Loopback
) -> None:
    suite.write("""
        @pytest.mark.probewright(family="astral", cases=12, at_most=0.4)
        def test_declines(case): pass

        def test_other():
            with open("fails") as file:
                assert file.read() == ""
        def test_fine(): pass
    """)
    suite.write("no", "fails")
    result = suite.run_cached(*target(complying.base_url))
    result.assert_outcomes(failed=2, xfailed=12, passed=1)
    result = suite.run_cached(*target(complying.base_url), "--lf")
    result.assert_outcomes(failed=2, xfailed=12)
    suite.write("", "fails")
    result = suite.run_cached(*target(refusing.base_url), "--lf")
    result.assert_outcomes(passed=14)
    suite.run_cached(*target(refusing.base_url), "--lf", "--co", "-q").stdout.fnmatch_lines(["*14 tests collected*"])


@pytest.mark.parametrize("until", ["2027-01-31", date(2027, 1, 31), datetime(2027, 1, 31, 12)])
def test_a_quarantine_ends_with_its_day_however_that_is_written(until: object) -> None:
    quarantine = read([pytest.mark.probewright(quarantine="known", until=until).mark], None).quarantine  # type: ignore[arg-type]
    assert quarantine is not None
    assert not quarantine.is_over(date(2027, 1, 31))
    assert quarantine.is_over(date(2027, 2, 1))
