"""Web push to a real receiver that opens what it gets, and answers as push services do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest
import worlds
from cryptography.hazmat.primitives.asymmetric import ec
from push_receiver import CURVE, Device, open_sealed, raw, sender_of
from servers import NOON, Clock, Posted, receiver

from tenure.analytics.errors import SpecError
from tenure.channels import actions, doctor, periodic_tasks, settings
from tenure.channels.drafts import Draft, submit
from tenure.channels.in_app.tokens import Holder
from tenure.channels.models import Message, PushKey, PushSubscription, Reception
from tenure.channels.push import subscriptions, vapid
from tenure.core import operations
from tenure.core import policy as policies
from tenure.core.doctor import Level
from tenure.core.models import AuditEntry

pytestmark = pytest.mark.django_db
ANN = Holder("app_1", "ann", "acme")


@pytest.fixture(autouse=True)
def _loopback(workspace: Any, db: None, monkeypatch: pytest.MonkeyPatch, clock: Clock) -> None:
    """A receiver on this machine may stand for a push service; mails come from somewhere."""
    worlds.fill("push to loopback", _allow_loopback)
    monkeypatch.setattr("tenure.core.worker.utc_now", clock)


def _allow_loopback() -> None:
    text = settings.DEFAULT.read_text().replace("allow_loopback = false", "allow_loopback = true")
    text = text.replace('contact = ""', 'contact = "ops@shop.example"')
    policies.save("channels", text, "test", "", NOON)


@pytest.fixture
def services() -> Iterator[list[Posted]]:
    with ExitStack() as stack:
        yield [stack.enter_context(receiver(Posted(status=201))) for _ in range(2)]


@pytest.fixture
def device(services: list[Posted]) -> Device:
    found = Device(services[0].url)
    assert subscriptions.subscribe(ANN, found.subscription(), NOON)
    return found


def draft(key: str = "p1", **fields: Any) -> Draft:
    content = {"title": "Three reports wait", "text": "Ünïcode: they are new.", "link": "/reports"}
    given: dict[str, Any] = {
        "purpose": "help", "address": "ann", "content": content | fields.pop("content", {}),
        "due_at": NOON, "source": "play:quiet", "person_id": "ann", "account_id": "acme",
    } | fields  # fmt: skip
    return Draft(key, "push", **given)


def push(clock: Clock, **fields: Any) -> Message:
    submit([draft(**fields)], now=clock.now)
    periodic_tasks.work(clock)
    return Message.objects.get()


@pytest.mark.parametrize("contact", ["", "success@localhost", "ops@box.local", "nobody"])
def test_without_an_address_that_leads_anywhere_nothing_is_pushed_and_nothing_lost(
    services: list[Posted], device: Device, clock: Clock, alice: Any, contact: str
) -> None:
    text = policies.text("channels")
    bad = text.replace("ops@shop.example", contact)
    policies.save("channels", bad, alice, "test", NOON)
    kept = push(clock)
    assert (kept.state, services[0].posts) == ("ready", [])
    assert "set [push] contact" in kept.error
    policies.save("channels", text, alice, "test", NOON)
    clock.forward(minutes=1)
    periodic_tasks.work(clock)
    assert (Message.objects.get().state, len(services[0].posts)) == ("sent", 1)


def test_the_doctor_asks_for_an_address_at_which_push_services_reach_us(
    services: list[Posted], alice: Any
) -> None:
    limits = operations.packaged().doctor
    text = policies.text("channels")
    policies.save("channels", text.replace("ops@shop.example", ""), alice, "test", NOON)
    assert list(doctor.push(limits, NOON)) == []  # nothing is pushed here
    assert subscriptions.subscribe(ANN, Device(services[0].url).subscription(), NOON)
    (found,) = doctor.push(limits, NOON)
    assert (found.level, "[push] contact" in found.remedy) == (Level.FAIL, True)
    policies.save("channels", text, alice, "test", NOON)
    (found,) = doctor.push(limits, NOON)
    assert (found.level, "ops@shop.example" in found.text) == (Level.OK, True)


def test_the_receiver_opens_the_example_of_the_standard() -> None:
    """RFC 8291, section 5 and appendix A."""
    private = ec.derive_private_key(
        int.from_bytes(raw("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"), CURVE
    )
    sealed = raw(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    assert open_sealed(private, raw("BTBZMqHH6r4Tts7J_aSIgg"), sealed) == (
        b"When I grow up, I want to be a watermelon"
    )


def test_a_device_gets_what_only_it_can_read_from_whom_it_knows(
    services: list[Posted], device: Device, clock: Clock
) -> None:
    kept = push(clock)
    assert (kept.state, kept.receipt) == ("sent", "1 device")
    ((headers, body),) = services[0].posts
    said = device.reads(body)
    assert (said["title"], said["text"]) == ("Three reports wait", "Ünïcode: they are new.")
    assert said["report"].endswith(f"/in-app/v1/received/{Reception.objects.get().code}/")
    assert b"reports" not in body
    claims, key = sender_of(headers["authorization"])
    assert key == vapid.public_text(PushKey.objects.get())
    assert claims["aud"].startswith("http://127.0.0.1")
    assert claims["sub"] == "mailto:ops@shop.example"
    assert (headers["ttl"], headers["urgency"]) == ("14400", "normal")
    assert (headers["content-encoding"], len(body) <= 4096) == ("aes128gcm", True)


def test_the_key_is_made_once_and_audited_without_its_secret(device: Device) -> None:
    first = vapid.public_text(vapid.key(NOON))
    assert vapid.public_text(vapid.key(NOON)) == first
    entry = AuditEntry.objects.get(action="push_key.made")
    assert entry.target_id == first
    assert PushKey.objects.get().private not in str(vars(entry))


@pytest.mark.parametrize(
    ("status", "state", "devices"),
    [
        (200, "sent", 1), (201, "sent", 1), (202, "sent", 1),
        (404, "dead", 0), (410, "dead", 0),
        (400, "dead", 1), (401, "dead", 1), (403, "dead", 1), (413, "dead", 1),
        (429, "queued", 1), (500, "queued", 1), (503, "queued", 1), (307, "queued", 1),
        (0, "doubt", 1),
    ],
)  # fmt: skip
def test_what_the_push_service_says_decides(
    services: list[Posted], device: Device, clock: Clock, status: int, state: str, devices: int
) -> None:
    services[0].status = status
    assert push(clock).state == state
    assert PushSubscription.objects.count() == devices
    assert len(services[0].posts) == 1


def test_it_comes_again_no_sooner_than_the_push_service_asks(
    services: list[Posted], device: Device, clock: Clock
) -> None:
    services[0].status, services[0].retry_after = 429, "3600"
    push(clock)
    services[0].status = 201
    clock.forward(minutes=59)
    assert periodic_tasks.work(clock) == 0
    clock.forward(minutes=1)
    assert periodic_tasks.work(clock) == 1
    assert len({device.reads(body)["report"] for _, body in services[0].posts}) == 1


def test_one_message_goes_to_every_device_and_a_dead_one_is_forgotten(
    services: list[Posted], device: Device, clock: Clock
) -> None:
    second = Device(services[1].url)
    subscriptions.subscribe(ANN, second.subscription(), NOON)
    services[0].status = 410
    assert push(clock).receipt == "1 device"
    assert PushSubscription.objects.get().endpoint == second.endpoint


def test_what_reached_one_device_is_not_shown_there_twice_for_the_sake_of_another(
    services: list[Posted], device: Device, clock: Clock
) -> None:
    subscriptions.subscribe(ANN, Device(services[1].url).subscription(), NOON)
    services[1].status = 503
    assert push(clock).state == "sent"
    clock.forward(days=1)
    assert periodic_tasks.work(clock) == 0
    assert len(services[0].posts) == 1


def test_a_worker_that_died_while_pushing_leaves_a_doubt_and_no_second_push(
    services: list[Posted], device: Device, clock: Clock
) -> None:
    from tenure.channels import gate, outbox

    submit([draft()], now=NOON)
    gate.pass_due(NOON)
    (row,) = outbox._claim("push", "dead worker", NOON)
    Message.objects.filter(pk=row.pk).update(handed_at=NOON)
    clock.forward(seconds=121)
    periodic_tasks.work(clock)
    assert Message.objects.get().state == "doubt"
    assert services[0].posts == []


def test_consent_and_quiet_hours_hold_for_pushes_too(
    services: list[Posted], device: Device, clock: Clock
) -> None:
    actions.refuse("ann", "push", "help", "a colleague", now=NOON)
    assert push(clock).rule == "consent"
    clock.forward(hours=9)  # 21:00
    submit([draft("late", purpose="milestone", due_at=clock.now)], now=clock.now)
    periodic_tasks.work(clock)
    assert Message.objects.get(key="late").rule == "quiet"
    assert services[0].posts == []


def test_an_endpoint_that_policy_no_longer_lists_is_not_called(
    services: list[Posted], device: Device, clock: Clock, alice: Any
) -> None:
    text = policies.text("channels").replace("allow_loopback = true", "allow_loopback = false")
    policies.save("channels", text, alice, "test", NOON)
    assert push(clock).state == "dead"
    assert services[0].posts == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x", "https://10.0.0.1/x", "https://localhost/x",
        "https://fcm.googleapis.com.evil.example/x", "https://evil.example/fcm.googleapis.com",
        "https://fcm.googleapis.com@169.254.169.254/", "https://fcm.googleapis.com:22/x",
        "http://127.0.0.1@evil.example/", "http://127.0.0.2/x", "http://[::1]/x", "file:///etc/x",
        "https://fcm.googleapis.com\\@evil.example/", "https://[fcm.googleapis.com/x",
        "https://fcm.googleapis.com/" + "x" * 1000, None, 7,
    ],
)  # fmt: skip
def test_a_browser_cannot_make_us_call_any_other_machine(endpoint: Any) -> None:
    given = Device("").subscription() | {"endpoint": endpoint}
    with pytest.raises(SpecError, match="no push service"):
        subscriptions.subscribe(ANN, given, NOON)
    assert not PushSubscription.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        {"auth": "AAAA"},
        {"p256dh": "BAAA"},
        {"p256dh": "B" + "A" * 86},
        {"auth": None},
        {"auth": "é"},
    ],
)
def test_keys_that_are_none_are_refused(change: dict[str, Any]) -> None:
    given = Device("https://fcm.googleapis.com/send/1").subscription()
    given["keys"] |= change
    with pytest.raises(SpecError, match="no keys"):
        subscriptions.subscribe(ANN, given, NOON)


def test_a_browser_belongs_to_who_is_signed_in_last_and_cannot_be_taken(device: Device) -> None:
    bo = Holder("app_1", "bo", "acme")
    assert not subscriptions.subscribe(ANN, device.subscription(), NOON)
    with pytest.raises(SpecError, match="not those of this endpoint"):
        subscriptions.subscribe(bo, Device(device.endpoint).subscription(), NOON)
    assert subscriptions.subscribe(bo, device.subscription(), NOON)
    assert PushSubscription.objects.get().person_id == "bo"
    assert not subscriptions.unsubscribe(ANN, device.endpoint, NOON)
    assert subscriptions.unsubscribe(bo, device.endpoint, NOON)


def test_only_so_many_devices_of_one_person_are_kept() -> None:
    for number in range(12):
        one = Device(f"https://fcm.googleapis.com/send/{number}")
        subscriptions.subscribe(ANN, one.subscription(), NOON)
    kept = set(PushSubscription.objects.values_list("endpoint", flat=True))
    assert len(kept) == 10
    assert "https://fcm.googleapis.com/send/0" not in kept


def test_what_does_not_fit_a_notification_is_refused_at_once() -> None:
    for change, key in (({"text": "x" * 161}, "text"), ({"link": "javascript:1"}, "link")):
        with pytest.raises(SpecError) as refused:
            submit([draft(content=change)], now=NOON)
        assert refused.value.key == key
