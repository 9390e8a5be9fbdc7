"""Reporting events as triggers: their fields, however Customer.io writes them, and what options leave out."""

import json

import pytest

from apps.catalog import registry
from apps.catalog.connectors.customerio import APP
from apps.catalog.connectors.customerio.events import CONTENT, EVENT_TYPES, EVERY_TIME
from apps.workflows.engine.definition import parse
from apps.workflows.engine.options import event_types_of
from apps.workflows.engine.validation import validate

COMMON = [
    "event",
    "customer_id",
    "email",
    "cio_id",
    "delivery_id",
    "subject",
    "recipient",
    "campaign_id",
    "broadcast_id",
    "newsletter_id",
    "transactional_message_id",
    "action_id",
]
PERSON = {"id": "user-123", "email": "jane@example.com", "cio_id": "03000001"}


def trigger(key):
    found = APP.trigger(key)
    assert found is not None
    return found


def read(key, **data):
    """Return the fields of an event of the trigger with this data alone."""
    kind, _, metric = trigger(key).event_types[0].partition(".")
    return trigger(key).flatten({"object_type": kind, "metric": metric, "data": data})


def test_the_triggers_of_the_product_are_there_by_their_slugs():
    names = {each.key: each.name for each in APP.triggers}

    assert names["customer-subscribed"] == "Customer Subscribed"
    assert names["email-delivered"] == "Email Delivered"
    assert names["email-opened"] == "Email Opened"
    assert names["email-link-clicked"] == "Email Link Clicked"


@pytest.mark.parametrize(
    ("channel", "metrics"),
    [
        ("customer", ["subscribed", "unsubscribed", "subscription_preferences_changed"]),
        ("email", ["sent", "delivered", "opened", "clicked", "bounced", "failed", "unsubscribed", "spammed"]),
        ("sms", ["sent", "delivered", "clicked", "bounced", "failed"]),
        ("push", ["sent", "delivered", "opened", "clicked", "bounced", "failed"]),
    ],
)
def test_each_channel_has_a_trigger_for_what_happens_to_its_messages(channel, metrics):
    for metric in metrics:
        refs = registry.triggers_for_event(APP, f"{channel}.{metric}")
        assert len(refs) == 2, "one of its own, and the one for any event"


def test_any_event_has_every_field_that_an_event_of_a_message_can_have():
    of_messages = {
        field.key
        for each in APP.triggers
        for field in each.fields
        if each.key != "subscription-preferences-changed"
    }

    assert of_messages <= {field.key for field in trigger("reporting-event").fields}


def test_a_reply_tells_whom_it_was_sent_to():
    replied = {
        "object_type": "whatsapp",
        "metric": "replied",
        "data": {"recipient": "+15550100", "to": "+15550199", "inbound_event_id": "01E4C4"},
    }

    found = trigger("reporting-event").flatten(replied)

    assert (found["event"], found["recipient"]) == ("whatsapp.replied", "+15550100")
    assert (found["to"], found["inbound_event_id"]) == ("+15550199", "01E4C4")


def test_changed_preferences_tell_which_message_they_come_from():
    found = read("subscription-preferences-changed", campaign_id="23", action_id=36, trigger_id=4)

    assert (found["campaign_id"], found["action_id"], found["trigger_id"]) == (23, 36, "4")


@pytest.mark.parametrize("each", APP.triggers, ids=lambda each: each.key)
def test_every_trigger_is_for_documented_events(each):
    assert set(each.event_types) <= set(EVENT_TYPES)


@pytest.mark.parametrize(
    "key", ["email-sent", "email-delivered", "email-opened", "email-link-clicked", "email-bounced"]
)
def test_an_event_of_an_e_mail_tells_all_that_is_common(key):
    assert set(COMMON) <= {field.key for field in trigger(key).fields}


def test_each_event_starts_the_trigger_that_is_for_it():
    sample = registry.sample_payload("customerio", "email-opened")

    assert registry.triggers_for_event(APP, "email.opened")[0] == "customerio.trigger-email-opened"
    data = registry.trigger_data(APP, trigger("email-opened"), sample)
    assert (data["event"], data["event_type"], data["email"]) == (
        "email.opened",
        "email.opened",
        "jane@example.com",
    )


@pytest.mark.parametrize(
    ("data", "email", "customer_id"),
    [
        ({"identifiers": PERSON, "recipient": "other@example.com"}, "jane@example.com", "user-123"),
        ({"identifiers": {"id": "42"}, "recipient": "jane@example.com"}, "jane@example.com", "42"),
        (
            {"identifiers": {"id": None, "email": None}, "email_address": "j@example.com"},
            "j@example.com",
            None,
        ),
        ({"identifiers": {}, "customer_id": "42", "recipient": "+15550100"}, None, "42"),
        ({"identifiers": None, "customer_id": "", "recipient": ""}, None, None),
        ({"identifiers": ["x"], "customer_id": 42}, None, "42"),
    ],
)
def test_the_person_is_found_wherever_it_is_told(data, email, customer_id):
    fields = read("email-delivered", **data)

    assert (fields["email"], fields["customer_id"]) == (email, customer_id)


def test_numbers_may_be_written_as_text():
    fields = read("email-sent", campaign_id="23", action_id=" 36 ", newsletter_id=True, trigger_id=4)

    assert fields["campaign_id"] == 23
    assert (fields["action_id"], fields["newsletter_id"]) == (None, None)
    assert fields["trigger_id"] == "4"


def test_an_event_of_a_broadcast_without_trigger_and_subject_is_read_all_the_same():
    fields = read("email-sent", identifiers=PERSON, broadcast_id=9, delivery_id="RPIL")

    assert (fields["broadcast_id"], fields["trigger_id"], fields["subject"]) == (9, None, None)


@pytest.mark.parametrize(
    ("content", "topics"),
    [
        (json.dumps({"topics": {"topic_1": True, "topic_2": False}}), {"topic_1": True, "topic_2": False}),
        ({"topics": {"topic_1": True, "topic_2": False}}, {"topic_1": True, "topic_2": False}),
        (None, None),
        ("", None),
        ("<p>no JSON</p>", None),
        ('{"topics": 5}', None),
        ('{"topics": {"a": "\\ud800"}}', None),
        ("[" * 100_000, None),
        ("9" * 10_000, None),
    ],
)
def test_topics_stand_in_a_text_of_json_inside_the_payload(content, topics):
    fields = read("subscription-preferences-changed", content=content)

    assert fields["topics"] == topics
    if topics:
        assert (fields["subscribed_topics"], fields["unsubscribed_topics"]) == (["topic_1"], ["topic_2"])
    else:
        assert fields["subscribed_topics"] is None


@pytest.mark.parametrize(
    ("key", "options", "data", "declined"),
    [
        ("email-opened", {"ignore_machine": True}, {"prefetched": True}, True),
        ("email-opened", {"ignore_machine": True}, {"prefetched": False, "proxied": True}, False),
        ("email-opened", {"ignore_machine": True}, {"prefetched": None}, False),
        ("email-opened", {"ignore_machine": False}, {"prefetched": True}, False),
        ("email-opened", {}, {"prefetched": True}, False),
        ("email-link-clicked", {"ignore_machine": True}, {"machine": True}, True),
        ("email-link-clicked", {"ignore_machine": True}, {"machine": False}, False),
        ("email-link-clicked", {}, {"machine": True}, False),
    ],
)
def test_what_machines_do_is_left_out_where_that_is_chosen_and_told(key, options, data, declined):
    reason = trigger(key).declines(options, data)

    assert bool(reason) is declined
    assert reason is None or "machine" in reason


def test_a_machine_s_click_that_is_written_as_text_is_told_too():
    assert read("email-link-clicked", machine="true")["machine"] is True
    assert read("email-link-clicked", machine="perhaps")["machine"] is None


@pytest.mark.parametrize(
    ("key", "options", "wanted"),
    [
        ("email-opened", {}, {"email.opened"}),
        ("email-opened", {"every_time": True}, {"email.opened", EVERY_TIME}),
        ("sms-clicked", {"every_time": True}, {"sms.clicked", EVERY_TIME}),
        ("email-sent", {"include_content": True}, {"email.sent", CONTENT}),
        ("email-delivered", {}, {"email.delivered"}),
        (
            "subscription-preferences-changed",
            {},
            {"customer.subscription_preferences_changed", CONTENT},
        ),
        ("reporting-event", {"events": ["sms.replied", "email.clicked"]}, {"sms.replied", "email.clicked"}),
        ("reporting-event", {"events": ["sms.replied"], "every_time": True}, {"sms.replied", EVERY_TIME}),
    ],
)
def test_options_decide_what_is_registered(key, options, wanted):
    assert set(event_types_of(trigger(key), options)) == wanted


@pytest.mark.parametrize(
    ("options", "codes"),
    [
        ({}, ["required"]),
        ({"events": []}, ["required"]),
        ({"events": ["email.clicked"]}, []),
        ({"events": ["email.clicked", "email.shimmered"]}, ["not_a_choice"]),
        ({"events": "email.clicked"}, ["wrong_type"]),
    ],
)
def test_any_reporting_event_needs_known_events_to_be_chosen(options, codes):
    definition = parse(
        {"schema": 1, "trigger": {"trigger": "customerio.trigger-reporting-event", "options": options}}
    )

    problems = validate(definition, connections={})

    assert [problem.code for problem in problems if problem.field == "events"] == codes


def test_any_reporting_event_ignores_machines_as_well():
    rule = trigger("reporting-event").declines

    assert rule({"ignore_machine": True}, read("reporting-event", machine=True))
    assert rule({"ignore_machine": True}, read("reporting-event", machine=False)) is None
