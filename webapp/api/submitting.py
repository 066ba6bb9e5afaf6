"""Starting a campaign for a caller: its spec is from the network, so it is checked by the rules for untrusted ones."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest

from probewright.campaigns.desk import Desk
from probewright.campaigns.engine.runner import Plan, build, require_secrets
from probewright.campaigns.rows import listing
from probewright.campaigns.specs.spec_file import parse_spec
from probewright.campaigns.specs.untrusted import MOST_BYTES, check_untrusted
from probewright.errors import SpecError
from probewright.webapp.api import bodies, freezing, shapes, waiting
from probewright.webapp.api.idempotency import Made
from probewright.webapp.api.mistakes import SOURCE, spec_problems
from probewright.webapp.api.schemas import Submit
from probewright.webapp.api.tokens import Caller
from probewright.webapp.api.webhooks import notices, sending


def read_submit(request: HttpRequest) -> Submit:
    """What was posted: JSON, or a spec alone as YAML.

    Raises:
        Problem: it is neither, or not allowed.
    """
    kind = bodies.require_type(request, bodies.JSON, *bodies.YAML)
    body = bodies.body_of(request)
    if kind != bodies.JSON:
        return Submit(spec=body.decode("utf-8", "replace"))
    return bodies.checked(Submit, bodies.parsed(body))


def fingerprint(submit: Submit) -> str:
    """What tells two submissions apart."""
    return bodies.digest_of(submit.model_dump(mode="json"))


def prepared(submit: Submit, caller: Caller) -> Callable[[], Made]:
    """Checks a submission, which looks hosts up, and returns what queues it.

    Raises:
        Problem: it is not allowed.
    """
    with spec_problems():
        plan = build(check_untrusted(_spec(submit, caller), SOURCE))
        require_secrets(plan)
        if submit.webhook is not None:
            _check_webhook(submit.webhook.url)
    return lambda: _queue(submit, plan, caller)


def _spec(submit: Submit, caller: Caller) -> Any:
    """The spec as plain values, with pass criteria as its gate and a suite as its family; nothing is checked yet."""
    spec: Any = submit.spec
    if isinstance(spec, str):
        spec = parse_spec(spec.encode("utf-8", "replace"), SOURCE, MOST_BYTES)
    if not isinstance(spec, dict):
        return spec
    if submit.pass_criteria is not None:
        if spec.get("gate") not in (None, submit.pass_criteria):
            raise SpecError([f"{SOURCE}: gate: the request has other pass_criteria; allowed: one of the two"])
        spec = {**spec, "gate": submit.pass_criteria}
    if submit.suite is not None:
        if spec.get("family") is not None:
            raise SpecError([f"{SOURCE}: family: the request names a suite; allowed: one of the two"])
        spec = {**spec, "family": freezing.family(submit.suite, caller)}
    return spec


def _check_webhook(url: str) -> None:
    try:
        sending.check(url)
    except sending.NotAllowed as error:
        raise SpecError([f"{SOURCE}: webhook.url: {error}"]) from error


def _queue(submit: Submit, plan: Plan, caller: Caller) -> Made:
    with spec_problems():
        number = None if submit.is_new else listing.running(plan.spec.name, plan.digest)
        is_running = number is not None
        if number is None:
            number = Desk().queue(plan, submit.is_new, caller.person)
        if submit.webhook is not None:
            notices.register(submit.webhook, caller.person, number)
    line = waiting.line_of(number)
    answer = shapes.campaign(line, shapes.is_final(line), None, notices.hooks(number))
    return (200 if is_running else 201), answer.model_dump(mode="json", by_alias=True)


def with_secrets(answer: dict[str, Any], caller: Caller) -> dict[str, Any]:
    """The answer with the secrets of the caller's own webhooks, which are not kept with it."""
    shown = [{**hook, "secret": notices.secret(hook["id"], caller.person)} for hook in answer["webhooks"]]
    return {**answer, "webhooks": shown}
