"""Amounts reach Stripe in whole minor units, or not at all."""

from typing import Any

import pytest

from apps.catalog.errors import Permanent
from apps.workflows.engine.definition import parse
from apps.workflows.engine.inputs import resolve_inputs
from apps.workflows.engine.program import CompiledAction, compile_program
from apps.workflows.engine.validation import validate
from tests.catalog.stripe.provider import action_of


def sent(amount, unit, currency, key="create-payment-intent", **more):
    """Return the amount as it goes over the wire."""
    inputs = {"amount": amount, "currency": currency, **more}
    if unit is not None:
        inputs["amount_unit"] = unit
    request = action_of(key).call.request(inputs)
    return request["amount"]


@pytest.mark.parametrize(
    ("amount", "unit", "currency", "minor"),
    [
        (1250, "minor", "usd", 1250),
        (1250.0, "minor", "usd", 1250),
        (12.5, "major", "usd", 1250),
        (12, "major", "EUR", 1200),
        (0.29, "major", "usd", 29),
        (1999.99, "major", "usd", 199_999),
        (500, "major", "jpy", 500),
        (500, "minor", "JPY", 500),
        (5.12, "major", "kwd", 5120),
        (5120, "minor", "kwd", 5120),
        (5, "major", "ugx", 500),
        (7, "minor", "zzz", 7),
    ],
)
def test_an_amount_is_converted_by_the_currencys_exponent(amount, unit, currency, minor):
    assert sent(amount, unit, currency) == minor
    assert type(sent(amount, unit, currency)) is int


@pytest.mark.parametrize(
    ("amount", "unit", "currency", "field", "code"),
    [
        (1250, None, "usd", "amount_unit", "unit_missing"),
        (12.5, "minor", "usd", "amount", "not_whole"),
        (12.505, "major", "usd", "amount", "too_precise"),
        (1.5, "major", "jpy", "amount", "too_precise"),
        (5.125, "major", "kwd", "amount", "too_precise"),
        (5125, "minor", "kwd", "amount", "too_precise"),
        (5.5, "major", "ugx", "amount", "too_precise"),
        (12, "major", "zzz", "currency", "unknown_currency"),
        (0, "minor", "usd", "amount", "invalid_input"),
        (-5, "minor", "usd", "amount", "invalid_input"),
        (10**12, "minor", "usd", "amount", "invalid_input"),
    ],
)
def test_an_amount_that_is_not_clear_is_refused_with_the_remedy(amount, unit, currency, field, code):
    with pytest.raises(Permanent) as caught:
        sent(amount, unit, currency)

    assert (caught.value.field, caught.value.code) == (field, code)
    assert caught.value.remedy


def test_major_units_without_a_currency_are_refused():
    with pytest.raises(Permanent) as caught:
        action_of("create-refund").call.request({"charge": "ch_1", "amount": 5, "amount_unit": "major"})

    assert caught.value.field == "currency"


def test_a_credit_is_a_negative_item():
    credit = sent(-500, "minor", "usd", key="create-invoice-item", customer="cus_1")

    assert credit == -500


REFUND: dict[str, Any] = {
    "schema": 1,
    "trigger": {"trigger": "stripe.trigger-charge-failed", "connection": "stripe"},
    "steps": [
        {
            "id": "refund",
            "kind": "action",
            "name": "Pay back",
            "action": "stripe.create-refund",
            "connection": "stripe",
            "inputs": {"charge": {"template": "{{ trigger.charge_id }}"}},
            "confirmed": True,
        }
    ],
}


def refund(**amounts):
    """Return the problems of a refund of this amount, and its inputs for a charge of 49 dollars."""
    step = {**REFUND["steps"][0], "inputs": {**REFUND["steps"][0]["inputs"], **amounts}}
    definition = parse({**REFUND, "steps": [step]})
    found = [each.field for each in validate(definition, connections={}) if each.field != "connection"]
    (compiled,) = compile_program(definition).steps
    assert isinstance(compiled, CompiledAction)
    assert compiled.action is not None
    trigger = {"charge_id": "ch_1", "amount": 4900, "currency": "usd"}
    return found, lambda: resolve_inputs(
        compiled, compiled.action, {"trigger": trigger, "steps": {}, "run": {}}
    )


def test_an_amount_from_the_event_is_in_the_unit_of_its_field():
    problems, inputs = refund(amount={"template": "{{ trigger.amount }}"})

    assert problems == []
    assert action_of("create-refund").call.request(inputs())["amount"] == 4900


def test_a_typed_amount_is_not_published_without_its_unit():
    problems, inputs = refund(amount={"value": 12})

    assert problems == ["amount_unit"]
    with pytest.raises(Exception, match="minor or in major units"):
        inputs()
