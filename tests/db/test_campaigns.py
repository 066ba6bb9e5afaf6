"""Campaigns as rows: who may run one, how it is resumed, what a refused process leaves alone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.utils import timezone

from probewright.campaigns.engine.process import is_dead, process_name
from probewright.campaigns.engine.progress import Progress
from probewright.campaigns.engine.runner import Plan as RunPlan
from probewright.errors import CampaignBusy, ConfigError
from probewright.plugins import Plugin
from probewright.types import Status
from tests.db.conftest import MakePlan
from tests.loopback.faults import Fault, Plan
from tests.loopback.running import serving

if TYPE_CHECKING:
    from probewright.campaigns.desk import Desk
    from probewright.campaigns.models import Campaign


pytestmark = pytest.mark.usefixtures("either_database")


def row_of(campaign: int) -> "Campaign":
    # Models can be imported only once Django is set up.
    from probewright.campaigns.models import Campaign  # noqa: PLC0415

    return Campaign.objects.get(pk=campaign)


def held_by(campaign: int, runner: str) -> None:
    """Writes what another process would have written when it took the campaign."""

    row = row_of(campaign)
    row.runner, row.lease_until = runner, timezone.now() + timedelta(seconds=60)
    row.save()


def run(desk: "Desk", plan: RunPlan, campaign: int) -> Progress:
    progress = Progress()
    desk.run(plan, campaign, progress, print)
    return progress


def statuses(desk: "Desk", campaign: int) -> list[str]:
    return [result.outcome.status.value for result in desk.results(campaign)]


@contextmanager
def other_process() -> Iterator[str]:
    """The name of a living process that is not this one."""
    code = "from probewright.campaigns.engine.process import process_name as n; print(n(), flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdin
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()
            process.wait(60)


def test_the_same_plan_goes_on_with_its_unfinished_campaign(desk: "Desk", make_plan: MakePlan) -> None:
    first = desk.open(make_plan())
    assert desk.open(make_plan(calls=5, concurrency=3)) == first  # limits are no part of its identity
    assert desk.open(make_plan(seed=1)) != first
    assert desk.open(make_plan(), is_new=True) != first


def test_a_finished_campaign_starts_anew(desk: "Desk", make_plan: MakePlan) -> None:
    with serving() as server:
        plan = make_plan(server.base_url)
        first = desk.open(plan)
        assert run(desk, plan, first).done == 20
        assert row_of(first).state == "finished"
        assert desk.open(plan) != first


def test_a_campaign_that_a_living_process_runs_is_refused_and_left_as_it_is(desk: "Desk", make_plan: MakePlan) -> None:
    campaign = desk.open(make_plan(calls=7))
    with other_process() as runner:
        held_by(campaign, runner)
        before = row_of(campaign).__dict__ | {"_state": None}
        plan = make_plan(calls=99)
        assert desk.open(plan) == campaign
        with pytest.raises(CampaignBusy, match=f"is being run by process {runner.split(':')[1]}"):
            run(desk, plan, campaign)
        with pytest.raises(CampaignBusy):
            desk.reopen_errors(campaign)
        assert row_of(campaign).__dict__ | {"_state": None} == before


def test_the_campaign_of_a_dead_process_is_taken_over_at_once(desk: "Desk", make_plan: MakePlan) -> None:
    with serving() as server:
        plan = make_plan(server.base_url)
        campaign = desk.open(plan)
        with other_process() as runner:
            held_by(campaign, runner)
        assert is_dead(runner)
        assert run(desk, plan, campaign).done == 20


def test_a_killed_process_counts_as_dead_before_anybody_waited_for_it() -> None:
    code = "from probewright.campaigns.engine.process import process_name as n; print(n(), flush=True); input()"
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        name = process.stdout.readline().strip()
        assert not is_dead(name)
        process.kill()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # returns when it is a zombie, and leaves it one
        assert is_dead(name)
    assert not is_dead(process_name())
    assert not is_dead("another-machine:1:1")


def test_errors_are_asked_again_on_demand_and_the_rest_is_not(desk: "Desk", make_plan: MakePlan) -> None:
    with serving(Plan(rates={Fault.NOT_FOUND: 0.4})) as server:
        plan = make_plan(server.base_url)
        campaign = desk.open(plan)
        run(desk, plan, campaign)
        failed = statuses(desk, campaign).count(Status.ERROR)
        assert 0 < failed < 20
        server.app.behaviour = replace(server.app.behaviour, plan=Plan())
        assert desk.reopen_errors(campaign) == failed
        assert len(statuses(desk, campaign)) == 20 - failed
        assert run(desk, make_plan(server.base_url), campaign).done == 20
        assert Status.ERROR not in statuses(desk, campaign)
        assert server.log.requests == 20 + failed


def test_a_set_that_changed_under_a_campaign_is_refused(desk: "Desk", make_plan: MakePlan) -> None:
    campaign = desk.open(make_plan(size=20))
    with pytest.raises(ConfigError, match="has changed since it was planned"):
        run(desk, make_plan(size=21), campaign)


def test_a_stopped_campaign_goes_on_with_more_trials_and_raised_limits(desk: "Desk", make_plan: MakePlan) -> None:
    with serving() as server:
        plan = make_plan(server.base_url, size=300, calls=250)
        campaign = desk.open(plan)
        run(desk, plan, campaign)
        assert (row_of(campaign).state, row_of(campaign).stop_kind) == ("stopped", "limit")
        more = make_plan(server.base_url, size=300, trials=2)
        assert desk.open(more) == campaign
        run(desk, more, campaign)
        assert len(statuses(desk, campaign)) == 600
        assert set(server.log.prompts.values()) == {2}
        assert desk.facts(campaign).spec["limits"]["trials"] == 2
        assert desk.live(campaign).spent.calls == 600


@pytest.mark.parametrize("reference", ["no such name", "0", "9" * 40, "-1", "\u00b2", "", "1.5"])
def test_an_unknown_campaign_is_one_line_whatever_it_is_called(desk: "Desk", reference: str) -> None:
    with pytest.raises(ConfigError, match="no campaign"):
        desk.find(reference)


def test_a_campaign_is_found_by_its_number_and_the_latest_by_its_name(desk: "Desk", make_plan: MakePlan) -> None:
    plan = make_plan()
    first, second = desk.open(plan), desk.open(plan, is_new=True)
    assert desk.find(str(first)) == first
    assert desk.find(plan.spec.name) == second


def test_a_secret_that_is_not_set_writes_no_row(desk: "Desk", make_plan: MakePlan) -> None:
    plan = make_plan()
    target = plan.spec.target.params.model_copy(update={"api_key": "env:PROBEWRIGHT_TEST_NOT_SET"})
    endpoints = {address: Plugin(plugin.kind, target) for address, plugin in plan.endpoints.items()}
    with pytest.raises(ConfigError, match="PROBEWRIGHT_TEST_NOT_SET is not set"):
        desk.open(replace(plan, endpoints=endpoints))
    with pytest.raises(ConfigError, match="no campaign"):
        desk.find(plan.spec.name)


def test_a_process_of_another_container_with_the_same_host_name_is_not_taken_for_dead() -> None:
    host, pid, place = process_name().split(":")
    start, _, namespace = place.partition("@")
    assert is_dead(f"{host}:{pid}:1@{namespace}")
    assert not is_dead(f"{host}:{pid}:1@{namespace}7")
    assert not is_dead(f"{host}:{pid}:{start}@{namespace}")
