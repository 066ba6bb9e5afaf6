"""What endpoints learn of the case that they are asked about, while a real engine plays campaigns."""

import asyncio
from typing import Any

from probewright.targets import asked_case
from probewright.types import Reply, Request, Role, last_prompt
from tests.campaign_parts import FunctionTarget, ManyTurns, ModelWritten, make_engine, says


class Listener(FunctionTarget):
    """Notes the labels and the session of every request that it answers."""

    def __init__(self, delay_s: float = 0.002) -> None:
        super().__init__(lambda request: says("a"), delay_s)
        self.heard: list[tuple[str, dict[str, str], str, bool]] = []

    async def ask(self, request: Request) -> Reply:
        reply = await super().ask(request)
        self.heard.append((last_prompt(request), asked_case.labels(), *asked_case.session(self)))
        return reply


def run(endpoints: Any, **parts: Any) -> None:
    assert asyncio.run(make_engine(endpoints=endpoints, **parts).run()) is None


def test_every_request_of_a_concurrent_campaign_has_the_labels_of_its_own_case() -> None:
    target = Listener()
    run({(Role.TARGET, ""): target}, cases=40, concurrency=8)
    assert len(target.heard) == 40
    for prompt, labels, _, _ in target.heard:
        assert prompt == f"question {labels['item']}"


def test_the_turns_of_a_trial_share_a_session_and_no_two_trials_do() -> None:
    target = Listener()
    run({(Role.TARGET, ""): target}, family=ManyTurns(10), cases=10, concurrency=4)
    sessions: dict[str, list[tuple[str, bool]]] = {}
    for _, labels, session, is_new in target.heard:
        sessions.setdefault(labels["item"], []).append((session, is_new))
    assert len(sessions) == 10
    for turns in sessions.values():
        assert len({session for session, _ in turns}) == 1
        assert [is_new for _, is_new in turns] == [True, False, False]
    assert len({turns[0][0] for turns in sessions.values()}) == 10


def test_a_writer_learns_the_labels_of_the_cell_that_it_writes_for() -> None:
    writer, target = Listener(), Listener()
    run(
        {(Role.TARGET, ""): target, (Role.WRITER, "author"): writer},
        family=ModelWritten(8),
        cases=8,
        concurrency=2,
    )
    assert writer.heard
    for prompt, labels, _, _ in writer.heard:
        assert prompt == f"write about {int(labels['item']) % 5 and labels['item']}"
