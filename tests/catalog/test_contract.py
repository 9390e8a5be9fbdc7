"""What holds for every app in the registry, whoever wrote it."""

import json
import re
from typing import Any

import pytest

from apps.catalog import contract, registry
from apps.catalog.errors import Permanent, SignatureError, UnreadableEventError
from apps.catalog.spec import (
    Account,
    Action,
    App,
    CallContext,
    Effect,
    Field,
    FieldType,
)
from apps.catalog.transport import Request, Response

NOW = 1_795_000_000
KEY = contract.DRY_KEY

every_app = pytest.mark.parametrize("app", registry.APPS, ids=lambda app: app.key)
every_trigger = pytest.mark.parametrize(
    ("app", "trigger"),
    [
        pytest.param(app, trigger, id=registry.trigger_ref(app, trigger))
        for app, trigger in registry.iter_triggers()
    ],
)
every_action = pytest.mark.parametrize(
    ("app", "action"),
    [
        pytest.param(app, action, id=registry.action_ref(app, action))
        for app, action in registry.iter_actions()
    ],
)


def account(app: App) -> Account:
    return Account(app.auth.sandbox_values)


def call(app: App, action: Action, inputs: dict[str, Any], send: Any) -> dict[str, Any]:
    return action.call(CallContext(inputs=inputs, account=account(app), send=send, key=KEY, event_time=NOW))


def test_references_are_unique_and_lead_back():
    keys = [app.key for app in registry.APPS]

    assert len(set(keys)) == len(keys)
    for app, trigger in registry.iter_triggers():
        assert registry.get_trigger(registry.trigger_ref(app, trigger)) == (app, trigger)
    for app, action in registry.iter_actions():
        assert registry.get_action(registry.action_ref(app, action)) == (app, action)


@every_app
def test_an_app_is_described(app):
    assert list(contract.of_app(app)) == []
    assert app.docs_url.startswith("https://")
    assert (app.samples.parent / "README.md").is_file()


@every_app
def test_credentials_say_where_they_are_found(app):
    assert list(contract.of_auth(app)) == []
    assert any(field.secret for field in app.auth.fields) == app.needs_account


@every_app
def test_the_sandbox_values_are_valid_and_accepted_by_the_sandbox(app):
    values = app.auth.sandbox_values
    fields = {field.key: field for field in app.auth.fields}
    state: dict[str, Any] = {}

    def sandbox(request: Request, *, deadline: float) -> Response:
        nonlocal state
        response: Response
        response, state = app.sandbox(request, state, NOW)
        return response

    assert set(values) <= set(fields)
    for key, value in values.items():
        assert fields[key].pattern is None or re.fullmatch(fields[key].pattern, value)
    app.auth.check(values)
    assert app.auth.label(values).strip()
    checked = app.auth.test(account(app), sandbox)
    assert checked.message.strip()
    assert not any(fields[key].secret and value in checked.message for key, value in values.items())
    json.dumps(state)


@every_app
def test_no_credentials_at_all_are_refused_with_the_field(app):
    if not app.needs_account:
        app.auth.check({})
        return
    with pytest.raises(Permanent) as caught:
        app.auth.check({})

    assert caught.value.field in {field.key for field in app.auth.fields}


@every_trigger
def test_a_trigger_documents_its_fields_and_its_sample_fires_it(app, trigger):
    assert list(contract.of_trigger(app, trigger)) == []
    if trigger.check is not None:
        trigger.check({option.key: option.example for option in trigger.options})


@every_trigger
def test_the_sample_is_a_signed_event_that_fires_the_trigger(app, trigger):
    scheme = app.webhook
    payload = registry.sample_payload(app.key, trigger.key)
    body = json.dumps(payload).encode()
    event = scheme.read_event(payload)
    assert registry.trigger_ref(app, trigger) in registry.triggers_for_event(app, event.type)
    if scheme.internal:
        with pytest.raises(SignatureError):
            scheme.verify({}, body, ["a secret"], NOW)
        return
    secret = scheme.new_secret()
    headers = {name.lower(): value for name, value in scheme.sign(body, secret, NOW).items()}
    assert scheme.verify(headers, body, [scheme.new_secret(), secret], NOW).secret_index == 1
    for wrong in (
        (headers, body + b" ", [secret]),
        (headers, body, [scheme.new_secret()]),
        ({}, body, [secret]),
    ):
        with pytest.raises(SignatureError):
            scheme.verify(*wrong, NOW)
    for empty in ([], [""]):
        with pytest.raises(SignatureError) as caught:
            scheme.verify(headers, body, empty, NOW)
        assert caught.value.code == "no_secret"


@every_trigger
def test_what_templates_see_is_the_fields_the_envelope_and_the_payload(app, trigger):
    payload = registry.sample_payload(app.key, trigger.key)
    flat = trigger.flatten(payload)

    data = registry.trigger_data(app, trigger, payload)
    assert set(data) == set(flat) | contract.ENVELOPE
    assert data["raw"] == payload


@every_trigger
@pytest.mark.parametrize("odd", [{}, {"data": None}, {"data": []}, {"data": {"object": 5}}, {"data": "x"}])
def test_a_payload_of_another_shape_gives_nulls(app, trigger, odd):
    flat = trigger.flatten(odd)

    assert set(flat) == {field.key for field in trigger.fields}
    with pytest.raises(UnreadableEventError):
        app.webhook.read_event(odd)


@every_trigger
def test_a_sample_made_anew_is_a_new_event(app, trigger):
    scheme = app.webhook
    payload = registry.sample_payload(app.key, trigger.key)
    before = json.dumps(payload)
    event_id = scheme.new_event_id()

    fresh = scheme.refresh_sample(payload, event_id, NOW)

    event = scheme.read_event(json.loads(json.dumps(fresh)))
    assert (event.id, event.occurred_at) == (event_id, NOW)
    assert event.type == scheme.read_event(payload).type
    assert event.id != scheme.read_event(payload).id
    assert scheme.new_event_id() != event_id
    assert json.dumps(payload) == before
    filled = {key for key, value in trigger.flatten(payload).items() if value is not None}
    assert {key for key, value in trigger.flatten(fresh).items() if value is not None} == filled


@every_trigger
def test_look_ups_lead_from_the_trigger_to_an_e_mail(app, trigger):
    sources = {field.key for field in trigger.fields}

    for look_up in trigger.email_from:
        action = app.action(look_up.action)
        outputs = {field.key: field for field in action.outputs}
        assert action.effect is Effect.READ
        assert action.input(look_up.input) is not None
        assert look_up.source in sources
        assert outputs[look_up.output].type is FieldType.EMAIL
        sources |= set(outputs)


@every_trigger
def test_what_its_options_look_up_joins_its_fields(app, trigger):
    options = {option.key: option for option in trigger.options}
    offered = {field.key for field in registry.trigger_fields(trigger)} | {"raw"}

    for spec in trigger.enrich:
        action = app.action(spec.action)
        assert (options[spec.option].type, options[spec.option].default) == (FieldType.BOOLEAN, False)
        assert action.effect is Effect.READ
        assert not action.hidden
        assert [field.key for field in action.inputs if field.required] == [spec.input]
        assert set(spec.sources) <= offered
        assert spec.key not in offered
        offered |= {spec.key, *(f"{spec.key}.{field.key}" for field in action.outputs)}


@every_app
def test_the_webhook_says_how_it_is_registered_by_hand(app):
    scheme = app.webhook
    if not app.triggers:
        pytest.skip(f"{app.name} has no triggers")
    if scheme.internal:
        pytest.skip(f"{app.name}'s events are made here")

    secret_field = next(field for field in app.auth.fields if field.key == scheme.secret_field)
    assert secret_field.secret
    assert scheme.manual_help.strip()
    assert (scheme.ensure is None) == (scheme.remove is None)


@every_action
def test_an_action_documents_its_fields(app, action):
    assert list(contract.of_action(app, action)) == []
    assert action.docs_url.startswith("https://")
    for field in action.inputs:
        if field.options_from is not None:
            assert app.action(field.options_from).effect is Effect.READ


@every_action
def test_what_inputs_say_of_each_other_is_so(app, action):
    inputs = {field.key: field for field in action.inputs}

    for group in (*action.any_of, *action.one_of):
        assert len(group) > 1
        assert not any(inputs[key].required or inputs[key].default is not None for key in group)
        assert all(inputs[key].example is not None for key in group)
    for field in action.inputs:
        if field.unit_from is not None:
            unit = inputs[field.unit_from]
            assert {choice.value for choice in unit.choices} == {"minor", "major"}
            assert unit.default is None
            assert field.unit is None
    if action.decided_by is not None:
        decider = inputs[action.decided_by]
        assert decider.literal
        values = {choice.value for choice in decider.choices}
        assert set(action.modes) == ({"true", "false"} if decider.type is FieldType.BOOLEAN else values)


@every_action
def test_a_dry_run_tells_the_call_and_makes_none(app, action):
    request = contract.captured(app, action, contract.examples(action))

    if request is None:
        return
    assert request.method in {"GET", "POST", "PUT", "PATCH", "DELETE", "SMTP"}
    assert request.url.startswith(("https://", "smtp://"))
    # A question to a language model changes nothing and is too long for an address.
    asks = action.hidden and action.key == "generate" and request.method == "POST"
    assert (request.method == "GET" or asks) == (action.effect is Effect.READ)
    secrets = [app.auth.sandbox_values.get(field.key) for field in app.auth.fields if field.secret]
    assert not any(secret and secret in request.url for secret in secrets)
    assert not any(secret and secret in repr(request) for secret in secrets)


@every_action
def test_the_same_call_is_made_again_byte_for_byte(app, action):
    inputs = contract.examples(action)

    assert contract.captured(app, action, inputs) == contract.captured(app, action, dict(inputs))


def completed(action: Action, inputs: dict[str, Any]) -> dict[str, Any]:
    """Return the inputs with the examples of those that the action asks for besides."""
    while (wanted := asked_for(action, inputs)) is not None:
        assert wanted.key not in inputs, wanted.key
        inputs = {**inputs, wanted.key: wanted.example}
    return inputs


def asked_for(action: Action, inputs: dict[str, Any]) -> Field | None:
    """Return the input that the action's check names, or None where it is content."""
    try:
        if action.check is not None:
            action.check(inputs)
    except Permanent as refusal:
        return action.input(str(refusal.field))
    return None


@every_action
def test_each_optional_input_can_be_given_with_its_example(app, action):
    plain = contract.captured(app, action, contract.examples(action))

    for field in action.inputs:
        if not field.required and field.example is not None:
            inputs = completed(action, contract.examples(action, field))
            assert (contract.captured(app, action, inputs) is None) == (plain is None), field.key


@every_action
def test_the_sandbox_answers_with_the_declared_outputs(app, action):
    state: dict[str, Any] = {}

    def sandbox(request: Request, *, deadline: float) -> Response:
        nonlocal state
        response: Response
        response, state = app.sandbox(request, state, NOW)
        return response

    outputs = call(app, action, contract.examples(action), sandbox)

    assert set(outputs) == {field.key for field in action.outputs}
    for field in action.outputs:
        assert outputs[field.key] is None or contract.is_of_type(field, outputs[field.key]), field.key
    json.dumps(outputs)
