"""One trial of one case, from its cell to its outcome."""

from probewright.campaigns.engine.dialogue import Dialogue, Withheld
from probewright.campaigns.engine.parts import Opinion, Parts
from probewright.campaigns.engine.ruling import UNANSWERED, UNJUDGED, ruling
from probewright.campaigns.engine.scribe import Scribe
from probewright.errors import AccessDenied, LimitReached, StoreError, TargetError
from probewright.protocols import Oracle
from probewright.store import Finished, Task
from probewright.targets import asked_case
from probewright.types import Case, Outcome, Status, Transcript, Verdict


async def play(chunk: int, task: Task, scribe: Scribe, parts: Parts, dialogue: Dialogue) -> tuple[Finished, ...]:
    """Writes, plays and judges one task: its outcome, or nothing where its cell turned out a hole.

    Whatever breaks inside a family or an oracle ends as this trial's `error`, never as a pass.

    Raises:
        LimitReached: the run stops; this trial stays without an outcome.
        StoreError: the store failed.
    """
    case: Case | None = task.slot.case
    asked_case.begin(task.slot.cell.labels)  # for the writer
    try:
        case = await scribe.case_of(chunk, task)
        if case is None:
            return ()
        asked_case.begin(case.labels)
        await dialogue.run(parts.family.play(case))
        transcript = Transcript(case, tuple(dialogue.exchanges), task.trial)
        verdict = await _judged(parts.oracle, transcript, dialogue)
        confirming = await _confirming(verdict, parts.confirmer, transcript, dialogue)
        opinions = [await _opinion(opinion, transcript, dialogue) for opinion in parts.opinions]
    except Withheld as withheld:
        return _finished(task, case, Status.BLOCKED, str(withheld))
    except TargetError as error:
        return _finished(task, case, Status.ERROR, f"{error.code}: {error}")
    except (LimitReached, StoreError):
        raise
    except Exception as error:  # noqa: BLE001 (the edge of a task: recorded, and one broken part harms no other trial)
        return _finished(task, case, Status.ERROR, f"{type(error).__name__}: {error}")
    status, reason = ruling(verdict, *confirming)
    return _finished(task, case, status, reason, verdict, *confirming, *opinions)


async def _confirming(
    verdict: Verdict, confirmer: Opinion | None, transcript: Transcript, dialogue: Dialogue
) -> tuple[Verdict, ...]:
    """What the confirming oracle says of a failure that the deciding one found; nothing where there is neither."""
    if confirmer is None or verdict.status is not Status.FAIL:
        return ()
    return (await _judged(confirmer, transcript, dialogue),)


async def _judged(oracle: Oracle | Opinion, transcript: Transcript, dialogue: Dialogue) -> Verdict:
    """What an oracle says; undecided where its judge gave no answer, since the target did.

    Raises:
        AccessDenied: a key of the judge was refused, which no later call can mend.
    """
    try:
        return await dialogue.run(oracle.judge(transcript))
    except AccessDenied:
        raise
    except TargetError as error:
        return _unanswered(oracle, error)


async def _opinion(opinion: Opinion, transcript: Transcript, dialogue: Dialogue) -> Verdict:
    """What an oracle says that decides nothing: where it gives no verdict, it is undecided and the outcome stands."""
    try:
        return await dialogue.run(opinion.judge(transcript))
    except (LimitReached, StoreError):
        raise
    except TargetError as error:
        return _unanswered(opinion, error)
    except Exception as error:  # noqa: BLE001 (the edge of a task: recorded as this oracle's verdict)
        reason = f"{type(error).__name__}: {error}"
        return Verdict(opinion.name, opinion.version, Status.UNDECIDED, UNJUDGED, reason=reason)


def _unanswered(oracle: Oracle | Opinion, error: TargetError) -> Verdict:
    reason = f"the judge gave no answer: {error.code}: {error}"
    return Verdict(oracle.name, oracle.version, Status.UNDECIDED, UNANSWERED, reason=reason)


def _finished(task: Task, case: Case | None, status: Status, reason: str, *verdicts: Verdict) -> tuple[Finished, ...]:
    labels = task.slot.cell.labels if case is None else case.labels
    key = "" if case is None else case.key
    label, score = (verdicts[0].label, verdicts[0].score) if verdicts else ("", None)
    outcome = Outcome(key, labels, status, reason, label, score, task.trial)
    of_members = (member for verdict in verdicts for member in verdict.members)
    return (Finished(task.slot.position, task.trial, outcome, (*verdicts, *of_members)),)
