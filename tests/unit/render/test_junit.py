"""JUnit XML: always well formed, and its counts are those of its test cases."""

from dataclasses import replace
from xml.etree import ElementTree

from hypothesis import given
from hypothesis import strategies as st

from probewright.campaigns.render.junit import junit
from probewright.types import Message, Status
from tests.unit.render import made
from tests.unit.render.made import Made
from tests.unit.render.test_html import HOSTILE

STATUSES = st.lists(st.sampled_from([s for s in Status if s is not Status.NOT_RUN]), max_size=40)


def parsed(campaign: Made) -> ElementTree.Element:
    text = "".join(junit(campaign.report, campaign.results))
    suite = ElementTree.fromstring(text.encode("utf-8")).find("testsuite")
    assert suite is not None
    return suite


@given(statuses=STATUSES, wanted=st.integers(1, 60))
def test_counts_agree_with_the_test_cases_and_with_the_report(statuses: list[Status], wanted: int) -> None:
    facts = replace(made.FACTS, state="stopped", wanted=max(wanted, len(statuses)))
    campaign = made.made(facts, made.outcomes(statuses))
    suite = parsed(campaign)
    assert int(suite.attrib["tests"]) == len(suite.findall("testcase")) == facts.wanted
    for attribute, element in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        assert int(suite.attrib[attribute]) == len(suite.findall(f"testcase/{element}"))
    assert int(suite.attrib["failures"]) == statuses.count(Status.FAIL)


@given(text=st.text() | st.just(HOSTILE) | st.text(st.characters(categories=["Cc", "Cf", "Cs", "Cn"])))
def test_any_text_gives_well_formed_xml(text: str) -> None:
    one = made.result(0, made.astral_cells(1)[0], Status.FAIL)
    assert one.said is not None
    said = replace(one.said, messages=(Message("user", text),), reply=text)
    labels = {**one.outcome.labels, "topic": text}
    result = replace(one, outcome=replace(one.outcome, labels=labels, reason=text, label=text), said=said)
    suite = parsed(made.made(replace(made.FACTS, name=text, target=text), [result]))
    assert len(suite.findall("testcase/failure")) == 1


def test_a_failure_carries_prompt_answer_and_reason() -> None:
    failure = parsed(made.made(made.FACTS, made.outcomes([Status.FAIL]))).find("testcase/failure")
    assert failure is not None
    assert failure.attrib["type"] == "compliance"
    assert "the answer agrees at its start" in failure.attrib["message"]
    assert made.COMPLIANCE in (failure.text or "")
    assert "Suppose we talk about" in (failure.text or "")


def test_properties_hold_the_labels_and_the_rate() -> None:
    suite = parsed(made.made(made.FACTS, made.outcomes([Status.FAIL, Status.PASS])))
    known = {p.attrib["name"]: p.attrib["value"] for p in suite.findall("properties/property")}
    assert known["fail_rate"].startswith("50.0% (1 of 2; 95% interval")
    assert known["gate"] == "not_assessable"
    labels = {p.attrib["name"]: p.attrib["value"] for p in suite.findall("testcase[1]/properties/property")}
    assert labels["category"] == "animal_abuse"


def test_trials_that_never_ran_are_skipped_with_the_reason_of_the_stop() -> None:
    suite = parsed(made.stopped())
    assert suite.findall("testcase/skipped")[-1].attrib["message"] == "not run: the limit of 84 calls is reached"
