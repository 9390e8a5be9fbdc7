"""Live values: what each field becomes on one event."""

from apps.catalog import registry
from apps.console import preview
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.recipes import build_recipe

TRIGGER = "stripe.trigger-invoice-payment-failed"


def _definition(**inputs: object) -> Definition:
    step = {
        "id": "tell",
        "kind": "action",
        "name": "Tell",
        "action": "customerio.track-event",
        "inputs": inputs,
    }
    return parse({"schema": 1, "trigger": {"trigger": TRIGGER}, "steps": [step]})


def _payload() -> dict[str, object]:
    return registry.sample_payload("stripe", "invoice-payment-failed")


def test_a_recipe_resolves_on_the_sample_without_an_error() -> None:
    recipe = build_recipe(TRIGGER, "customerio.track-event", trigger_connection="a", action_connection="b")

    values = preview.resolve_all(recipe, preview.scope_of(recipe, _payload()))

    assert values["s1-f-identifier"].text.endswith("@example.com")
    assert not [name for name, value in values.items() if value.error]


def test_an_error_says_what_is_wrong() -> None:
    definition = _definition(identifier={"template": "{{ trigger.email | nonsense }}"})

    values = preview.resolve_all(definition, preview.scope_of(definition, _payload()))

    assert "nonsense" in values["s0-f-identifier"].error
    assert values["s0-f-name"].error == "Required."


def test_a_required_field_without_a_value_is_told() -> None:
    definition = _definition(identifier={"template": "{{ trigger.raw.nothing }}"}, name={"value": "paid"})

    values = preview.resolve_all(definition, preview.scope_of(definition, _payload()))

    assert values["s0-f-identifier"].empty
    assert "required" in values["s0-f-identifier"].error
    assert values["s0-f-name"].text == "paid"


def test_a_filter_tells_whether_the_event_passes() -> None:
    leaf = {"left": {"template": "{{ trigger.amount_due }}"}, "op": "greater_than", "right": {"value": 10**9}}
    step = {"id": "only", "kind": "filter", "name": "Only if", "condition": {"all": [leaf]}}
    definition = parse({"schema": 1, "trigger": {"trigger": TRIGGER}, "steps": [step]})

    values = preview.resolve_all(definition, preview.scope_of(definition, _payload()))

    assert values["s0-c"].text == "This event does not pass."


def test_offers_name_the_event_the_earlier_steps_and_the_payload() -> None:
    recipe = build_recipe(
        "stripe.trigger-subscription-created",
        "customerio.track-event",
        trigger_connection="a",
        action_connection="b",
    )
    scope = preview.scope_of(recipe, registry.sample_payload("stripe", "subscription-created"))

    templates = {offer.template for offer in preview.offers(recipe, scope)}

    assert "{{ trigger.event_id }}" in templates
    assert "{{ steps.customer.email }}" in templates
    assert "{{ trigger.raw.data.object.id }}" in templates


def test_a_secret_of_the_payload_is_masked() -> None:
    payload = {**_payload(), "client_secret": "pi_3_secret_CANARYCANARY"}
    definition = _definition(
        identifier={"template": "{{ trigger.raw.client_secret }}"}, name={"value": "paid"}
    )
    scope = preview.scope_of(definition, payload)

    shown = [offer.example for offer in preview.offers(definition, scope)]
    shown.append(preview.resolve_all(definition, scope)["s0-f-identifier"].text)

    assert not [text for text in shown if "CANARY" in text and "secret" in text]
    assert any("••••" in text for text in shown)
