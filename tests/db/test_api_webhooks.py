"""Webhooks: signed, sent by a worker, tried again, bound by the rules for addresses, and never in a campaign's way."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest

from probewright.campaigns.specs.addresses import VARIABLE as ALLOW_PRIVATE
from probewright.client import verify_webhook
from probewright.webapp.secret_key import VARIABLE as SECRET_KEY
from tests import api, site, stores
from tests.webhook_receiver import receiving

DEAD = "http://127.0.0.1:9/dead"


@pytest.fixture(autouse=True)
def allowed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(ALLOW_PRIVATE, "127.0.0.0/8")
    monkeypatch.setenv(SECRET_KEY, "a key that signs things, of more than 32 characters")
    stores.desk()
    look()  # what other tests have ended by now
    module("models").Delivery.objects.update(due_at=None)
    yield
    module("models").Webhook.objects.update(removed_at="2026-01-01T00:00Z")
    site.closed()


def module(name: str) -> Any:
    """A module of the API that can be imported only once Django is set up."""
    stores.desk()
    return import_module(f"probewright.webapp.api.{name}")


def look() -> None:
    """What a worker's courier does every two seconds."""
    module("webhooks.courier").look()


def due_now() -> None:
    """Time passes until the next attempt."""
    from django.utils import timezone  # noqa: PLC0415 (needs Django set up)

    deliveries = module("models").Delivery.objects
    deliveries.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))


def submitted(url: str, caller: Any = None, **more: Any) -> tuple[Any, int, str]:
    """A campaign with a webhook: who started it, its number, the webhook's secret."""
    caller = caller or api.caller()
    response = api.post(caller, "/campaigns", {"spec": site.spec(), "webhook": {"url": url, **more}})
    assert response.status_code == 201, response.content
    said = response.json()
    return caller, said["resource"]["id"], said["webhooks"][0]["secret"]


def messages(caller: Any, number: int) -> Any:
    [hook] = api.get(caller, f"/campaigns/{number}")["webhooks"]
    return hook["deliveries"]


def test_an_end_is_told_once_signed_and_without_the_campaigns_words() -> None:
    with receiving() as receiver:
        caller, number, secret = submitted(receiver.url)
        look()
        assert receiver.came == []
        site.made(number, state="finished")
        look()
        look()
        [(headers, body)] = receiver.came
    assert verify_webhook(secret, headers, body)
    assert not verify_webhook(secret, headers, body + b" ")
    assert not verify_webhook(secret, headers, body, now_s=time.time() + 3_600)
    assert not verify_webhook("whsec_AAAA", headers, body)
    said = json.loads(body)
    assert said["type"] == "campaign.finished"
    assert said["data"]["campaign"] == number
    assert said["data"]["gate"] == f"/api/v1/campaigns/{number}/gate"
    [message] = messages(caller, number)
    assert (message["state"], message["attempts"], message["problem"]) == ("delivered", 1, "")


def test_the_signature_is_that_of_the_published_specification() -> None:
    """The example of https://github.com/standard-webhooks/standard-webhooks, by its own numbers."""
    signing = module("webhooks.signing")
    body = b'{"test": 2432232314}'
    headers = signing.headers(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_a_webhook_that_fails_is_tried_again_and_says_why_meanwhile() -> None:
    with receiving(500, 302) as receiver:
        caller, number, _ = submitted(receiver.url)
        site.made(number, state="stopped", stop_kind="limit", stop_reason="the limit of 5 calls is reached")
        look()
        [message] = messages(caller, number)
        assert (message["state"], message["attempts"]) == ("waiting", 1)
        assert "HTTP 500" in message["problem"]
        look()  # it is not due yet
        assert len(receiver.came) == 1
        due_now()
        look()
        assert "HTTP 302" in messages(caller, number)[0]["problem"]  # no redirect is followed
        due_now()
        look()
        assert messages(caller, number)[0]["state"] == "delivered"
        ids = {headers["webhook-id"] for headers, _ in receiver.came}
    assert len(ids) == 1
    assert json.loads(receiver.came[0][1])["data"]["stop_kind"] == "limit"


def test_a_webhook_that_is_down_is_given_up_after_eight_attempts_and_the_campaign_is_as_it_was() -> None:
    caller, number, _ = submitted(DEAD)
    site.made(number, state="finished")
    for _ in range(9):
        look()
        due_now()
    [message] = messages(caller, number)
    assert (message["state"], message["attempts"], message["due_at"]) == ("given_up", 8, None)
    assert "did not answer" in message["problem"]
    assert api.get(caller, f"/campaigns/{number}")["status"]["state"] == "finished"


def test_a_campaign_that_goes_on_is_told_of_again() -> None:
    with receiving() as receiver:
        caller, number, _ = submitted(receiver.url)
        caller.post(f"/api/v1/campaigns/{number}/cancel")
        look()
        api.post(caller, f"/campaigns/{number}/resume", {})
        look()
        site.made(number, state="finished")
        look()
        assert [json.loads(body)["type"] for _, body in receiver.came] == ["campaign.stopped", "campaign.finished"]


def test_only_the_events_that_were_asked_for_are_told() -> None:
    with receiving() as receiver:
        caller, number, _ = submitted(receiver.url, events=["campaign.finished"])
        caller.post(f"/api/v1/campaigns/{number}/cancel")
        look()
        assert receiver.came == []


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/x", "http://169.254.169.254/latest", "https://[::1]/", "http://2852039166/", "ftp://x/", "x", "",
     "http://user:pw@127.0.0.1/", "http://127.0.0.1:0/", "http://127.0.0.1:99999/", "http://127.0.0.1/\nx"],
)  # fmt: skip
def test_an_address_that_may_not_be_reached_is_refused_when_it_is_given(url: str) -> None:
    response = api.post(api.caller(), "/campaigns", {"spec": site.spec(), "webhook": {"url": url}})
    assert api.code(response) == (422, "invalid_spec")
    assert response.json()["errors"][0]["path"] == "webhook.url"


def test_an_address_that_may_not_be_reached_any_more_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        caller, number, _ = submitted(receiver.url)
        site.made(number, state="finished")
        monkeypatch.delenv(ALLOW_PRIVATE)
        look()
        assert receiver.came == []
    assert "no public address" in messages(caller, number)[0]["problem"]


def test_a_worker_with_another_key_sends_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    with receiving() as receiver:
        caller, number, _ = submitted(receiver.url)
        site.made(number, state="finished")
        monkeypatch.setenv(SECRET_KEY, "another key, which is of more than 32 characters too")
        look()
        assert receiver.came == []
    assert "PROBEWRIGHT_SECRET_KEY" in messages(caller, number)[0]["problem"]


def test_the_secret_is_in_no_row_and_only_its_owner_is_given_it_again() -> None:
    caller, number, secret = submitted(DEAD)
    body = {"spec": api.get(caller, f"/campaigns/{number}")["spec"], "webhook": {"url": DEAD}}
    models = module("models")
    [row] = models.Webhook.objects.filter(campaign=number)
    assert secret not in str(vars(row))
    again = api.post(caller, "/campaigns", body, **{"idempotency-key": "w"}).json()["webhooks"]
    assert [hook["secret"] for hook in again] == [secret]  # the same webhook, not another
    assert secret not in str([vars(kept) for kept in models.Submission.objects.filter(key="w")])
    assert api.post(caller, "/campaigns", body, **{"idempotency-key": "w"}).json()["webhooks"] == again
    others = api.post(api.caller(), "/campaigns", body).json()["webhooks"]
    assert {hook["id"]: hook["secret"] for hook in others}[row.pk] is None
    shown = api.get(caller, f"/campaigns/{number}")["webhooks"]
    assert {hook["secret"] for hook in shown} == {None}
    assert {hook["url"] for hook in shown} == {"http://127.0.0.1"}


def test_a_webhook_of_all_campaigns_is_told_of_those_that_end_from_now_on() -> None:
    admin = api.caller("admin")
    before = site.queued()
    site.made(before, state="finished")
    with receiving() as receiver:
        made = api.post(admin, "/webhooks", {"url": receiver.url})
        assert made.status_code == 201
        after = site.queued()
        site.made(after, state="finished")
        look()
        assert [json.loads(body)["data"]["campaign"] for _, body in receiver.came] == [after]
        [hook] = api.get(admin, "/webhooks")["items"]
        assert hook["deliveries"][0]["state"] == "delivered"
        assert admin.delete(f"/api/v1/webhooks/{hook['id']}").status_code == 204
        assert api.code(admin.delete(f"/api/v1/webhooks/{hook['id']}")) == (404, "not_found")
        site.made(site.queued(), state="finished")
        look()
        assert len(receiver.came) == 1


def test_two_workers_that_look_at_the_same_time_tell_it_once(either_database: str) -> None:
    with receiving() as receiver:
        number = submitted(receiver.url)[1]
        site.made(number, state="finished")

        def work() -> None:
            look()
            site.closed()

        workers = [threading.Thread(target=work) for _ in range(4)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        look()
        assert len(receiver.came) == 1


def test_a_courier_tells_by_itself_and_leaves_with_its_worker() -> None:
    courier = module("webhooks.courier").Courier(look_s=0.01)
    with receiving() as receiver, courier:
        site.made(submitted(receiver.url)[1], state="finished")
        deadline = time.monotonic() + 30
        while not receiver.came and time.monotonic() < deadline:
            time.sleep(0.01)
    assert len(receiver.came) == 1
    assert "probewright-courier" not in {thread.name for thread in threading.enumerate()}
