"""What the actions declare, send by default and give back."""

import json
import re

import pytest

from apps.catalog.connectors.customerio import APP, ulid
from apps.catalog.spec import Effect, FieldType, Idempotency
from tests.catalog.customerio.provider import EVENT_TIME, KEY, Provider, action_of, answer

OFFERED = [action for action in APP.actions if not action.hidden]


def sent(provider):
    return json.loads(provider.requests[0].body)


def test_the_four_actions_have_the_products_inputs():
    required = {action.key: [field.key for field in action.inputs if field.required] for action in OFFERED}

    assert {key: required[key] for key in list(required)[:4]} == {
        "identify-person": ["identifier"],
        "track-event": ["identifier", "name"],
        "send-transactional-email": ["transactional_message_id", "to", "identifiers_email"],
        "delete-person": ["identifier"],
    }
    for key, optional in {
        "identify-person": "email first_name last_name plan created_at attributes update_only",
        "track-event": "data timestamp",
        "send-transactional-email": "message_data subject",
    }.items():
        assert all(action_of(key).input(name) for name in optional.split())


@pytest.mark.parametrize(
    ("key", "effect", "idempotency", "requires"),
    [
        ("identify-person", Effect.UPSERT, Idempotency.NATURAL, {"site_id", "track_api_key"}),
        ("track-event", Effect.CREATE, Idempotency.EVENT_ID, {"site_id", "track_api_key"}),
        ("send-transactional-email", Effect.CREATE, Idempotency.NONE, {"app_api_key"}),
        ("delete-person", Effect.DELETE, Idempotency.NATURAL, {"site_id", "track_api_key"}),
        ("find-person", Effect.READ, Idempotency.NATURAL, {"app_api_key"}),
        ("track-anonymous-event", Effect.CREATE, Idempotency.EVENT_ID, {"site_id", "track_api_key"}),
        ("add-to-segment", Effect.UPSERT, Idempotency.NATURAL, {"site_id", "track_api_key"}),
        ("remove-from-segment", Effect.UPSERT, Idempotency.NATURAL, {"site_id", "track_api_key"}),
        ("send-broadcast", Effect.CREATE, Idempotency.NONE, {"app_api_key"}),
        ("unsuppress-person", Effect.UPSERT, Idempotency.NATURAL, {"site_id", "track_api_key"}),
        ("suppress-person", Effect.DELETE, Idempotency.NATURAL, {"site_id", "track_api_key"}),
        ("merge-people", Effect.DELETE, Idempotency.NONE, {"site_id", "track_api_key"}),
        ("list-transactional-messages", Effect.READ, Idempotency.NATURAL, {"app_api_key"}),
        ("list-segments", Effect.READ, Idempotency.NATURAL, {"app_api_key"}),
        ("list-broadcasts", Effect.READ, Idempotency.NATURAL, {"app_api_key"}),
    ],
)
def test_what_a_repeated_call_does_is_declared(key, effect, idempotency, requires):
    action = action_of(key)

    assert (action.effect, action.idempotency, set(action.requires)) == (effect, idempotency, requires)


def test_what_is_irreversible_or_reaches_many_asks_for_confirmation():
    dangerous = {action.key for action in OFFERED if action.danger}

    assert dangerous == {"delete-person", "suppress-person", "merge-people", "send-broadcast"}
    assert "can't be undone" in str(action_of("delete-person").danger)
    assert {action.key for action in OFFERED if action.effect is Effect.DELETE} <= dangerous


@pytest.mark.parametrize("action", OFFERED, ids=lambda action: action.key)
def test_every_input_has_an_example_or_is_a_switch_and_every_output_has_one(action):
    assert all(field.example is not None or field.type is FieldType.BOOLEAN for field in action.inputs)
    assert all(field.example is not None for field in action.outputs)


def test_lists_of_choices_name_an_action_of_the_app():
    names = {field.options_from for action in APP.actions for field in action.inputs if field.options_from}

    assert names == {"list-transactional-messages", "list-segments", "list-broadcasts"}
    assert all(action_of(name).effect is Effect.READ for name in names)


@pytest.mark.parametrize("action", OFFERED, ids=lambda action: action.key)
def test_the_examples_make_a_call_that_gives_the_declared_outputs(action, call):
    inputs = {field.key: field.example for field in action.inputs if field.example is not None}
    for key in ("identifiers_cio_id", *(name for group in action.one_of for name in group[1:])):
        inputs.pop(key, None)
    provider = Provider(answer(body=b'{"delivery_id": "dlv", "queued_at": 1, "id": 4}'))

    outputs = call(action.key, inputs, provider)

    assert set(outputs) == {field.key for field in action.outputs}
    assert len(provider.requests) == 1
    assert action.provider_id is None or outputs[action.provider_id]


def test_absent_and_null_inputs_are_not_sent(call):
    provider = Provider(answer())

    call("identify-person", {"identifier": "x", "email": None, "attributes": {"a": None, "b": ""}}, provider)

    assert sent(provider) == {"b": ""}


def test_a_person_may_be_created_unless_told_otherwise(call):
    provider = Provider(answer())

    call("identify-person", {"identifier": "x", "update_only": False}, provider)

    assert sent(provider) == {}


def test_an_event_carries_a_derived_id_and_the_events_time(call):
    provider = Provider(answer())

    outputs = call("track-event", {"identifier": "x", "name": "paid", "data": {"a": None}}, provider)

    assert re.fullmatch(ulid.ULID_PATTERN, outputs["event_id"])
    assert outputs == {"event_id": ulid.derive(EVENT_TIME, KEY), "identifier": "x", "timestamp": EVENT_TIME}
    assert sent(provider) == {
        "name": "paid",
        "data": {"a": None},
        "id": outputs["event_id"],
        "timestamp": EVENT_TIME,
    }


def test_a_given_time_leaves_the_id_as_it_was(call):
    first = call("track-event", {"identifier": "x", "name": "paid"}, Provider(answer()))
    second = call("track-event", {"identifier": "x", "name": "paid", "timestamp": 5}, Provider(answer()))

    assert second == first | {"timestamp": 5}


def test_a_send_gives_back_what_customerio_told(call):
    body = b'{"delivery_id": "dlv", "queued_at": 1764028805, "send_at": 1764115200}'
    inputs = {"transactional_message_id": "3", "to": "p@example.com", "identifiers_email": "p@example.com"}

    outputs = call("send-transactional-email", inputs, Provider(answer(body=body)))

    assert outputs == {"delivery_id": "dlv", "queued_at": 1_764_028_805, "send_at": 1_764_115_200}


@pytest.mark.parametrize(
    ("body", "options"),
    [
        (b'{"messages": null}', []),
        (b"{}", []),
        (b'{"messages": [null, {"name": "no id"}]}', []),
        (
            b'{"messages":[{"id":3,"name":"Receipt"},{"id":4,"name":"","trigger_name":"t"},{"id":5}]}',
            [
                {"value": "3", "label": "Receipt (3)"},
                {"value": "4", "label": "t (4)"},
                {"value": "5", "label": "Message 5"},
            ],
        ),
    ],
)
def test_transactional_messages_become_choices(body, options, call):
    provider = Provider(answer(body=body))

    assert call("list-transactional-messages", {}, provider) == {"options": options}
    assert provider.requests[0].method == "GET"
    assert provider.requests[0].url == "https://api.customer.io/v1/transactional"
