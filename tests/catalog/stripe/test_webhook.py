"""The envelope of an event, and samples made anew."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.connectors.stripe import APP, webhook
from apps.catalog.errors import UnreadableEventError
from apps.catalog.registry import sample_payload
from apps.catalog.spec import Event
from tests.catalog.stripe.provider import NOW, trigger_of

ENVELOPE = {"id": "evt_1", "object": "event", "type": "charge.failed", "created": NOW, "livemode": True}


def test_the_envelope_is_read():
    assert webhook.read_event(ENVELOPE) == Event("evt_1", "charge.failed", NOW, livemode=True)
    assert webhook.read_event({**ENVELOPE, "account": "acct_1"}).account == "acct_1"


@pytest.mark.parametrize("odd", [None, "true", 1, [], {}])
def test_what_is_not_needed_may_be_odd(odd):
    event = webhook.read_event({**ENVELOPE, "livemode": odd, "account": 5})

    assert (event.livemode, event.account) == (None, None)


ODD: dict[str, tuple[Any, ...]] = {
    "id": (None, "", "evt_", "ch_1", 7, "evt_" + "x" * 252, "evt_a b", "evt_\n"),
    "type": (None, "", 7, [], "x" * 256),
    "created": (None, "1", 1.5, True, -1, 10**12, []),
}


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, values in ODD.items() for value in values]
)
def test_an_event_without_its_essentials_is_unreadable(name, value):
    with pytest.raises(UnreadableEventError):
        webhook.read_event({**ENVELOPE, name: value})


def test_the_longest_id_is_read():
    assert len(webhook.read_event({**ENVELOPE, "id": "evt_" + "x" * 251}).id) == 255


def test_a_thin_event_is_refused_with_the_remedy():
    thin = {"id": "evt_1", "object": "v2.core.event", "type": "v1.charge.failed", "created": "2026-11-20"}

    with pytest.raises(UnreadableEventError, match="snapshot payloads"):
        webhook.read_event(thin)


@given(st.dictionaries(st.sampled_from(list(ENVELOPE)), st.integers() | st.text() | st.none() | st.floats()))
def test_an_envelope_is_read_or_called_unreadable(payload):
    try:
        event = webhook.read_event(payload)
    except UnreadableEventError:
        return
    assert event.id.startswith("evt_")


@pytest.mark.parametrize("trigger", APP.triggers, ids=lambda trigger: trigger.key)
def test_a_sample_made_anew_is_another_event_about_another_object(trigger):
    sample = sample_payload("stripe", trigger.key)
    before = json.dumps(sample)
    event_id = webhook.new_event_id()

    fresh = webhook.refresh_sample(sample, event_id, NOW)

    assert json.dumps(sample) == before
    assert (fresh["id"], fresh["created"]) == (event_id, NOW)
    old, new = sample["data"]["object"], fresh["data"]["object"]
    assert new["id"] != old["id"]
    assert new["id"].rpartition("_")[0] == old["id"].rpartition("_")[0]
    assert len(new["id"]) == len(old["id"])
    assert old["id"] not in json.dumps(fresh)
    assert new.get("customer") == old.get("customer")
    assert fresh == webhook.refresh_sample(sample, event_id, NOW)


def test_times_keep_their_distance_and_amounts_stay():
    sample = sample_payload("stripe", "invoice-payment-failed")
    trigger = trigger_of("invoice-payment-failed")

    before = trigger.flatten(sample)
    after = trigger.flatten(webhook.refresh_sample(sample, "evt_fresh", NOW))

    shift = NOW - sample["created"]
    assert after["next_payment_attempt"] - before["next_payment_attempt"] == shift
    assert after["period_end"] - before["period_end"] == shift
    assert after["created"] - before["created"] == shift
    assert after["amount_due"] == before["amount_due"]
    assert after["email"] == before["email"]


def test_ids_and_secrets_are_drawn_anew():
    assert len({webhook.new_event_id() for _ in range(50)}) == 50
    assert len({webhook.new_secret() for _ in range(50)}) == 50
    assert webhook.read_event({**ENVELOPE, "id": webhook.new_event_id()})
    assert webhook.new_secret().startswith("whsec_")
