"""Names of parameters and headers are an operator's, also where an event's data is an object."""

from typing import Any

import pytest

from apps.workflows.engine.definition import parse
from apps.workflows.engine.inputs import StepFailure, resolve_inputs
from apps.workflows.engine.program import CompiledAction, compile_program
from apps.workflows.engine.validation import ConnectionFacts, validate

CONNECTIONS = {
    "hook": ConnectionFacts("stripe", "Stripe", "connected", frozenset({"api_key"})),
    "there": ConnectionFacts("http", "There", "connected", frozenset({"address", "authorization"})),
}


def definition(**inputs: Any) -> Any:
    given = {"method": {"value": "GET"}, "path": {"value": "/orders"}, **inputs}
    step = {
        "id": "ask",
        "kind": "action",
        "name": "Ask",
        "action": "http.request",
        "connection": "there",
        "inputs": given,
    }
    trigger = {
        "id": "trigger",
        "trigger": "stripe.trigger-charge-failed",
        "connection": "hook",
        "options": {},
    }
    return parse({"schema": 1, "trigger": trigger, "steps": [step], "notes": ""})


@pytest.mark.parametrize("field", ["query", "headers", "form", "path_values"])
def test_no_template_gives_the_names(field):
    wrong = definition(**{field: {"template": "{{ trigger.raw }}"}})

    [problem] = validate(wrong, connections=CONNECTIONS)

    assert (problem.code, problem.field) == ("keys_not_fixed", field)


@pytest.mark.parametrize("field", ["query", "headers"])
def test_a_template_may_give_a_value(field):
    right = definition(**{field: {"object": {"X-Id": {"template": "{{ trigger.event_id }}"}}}})

    assert validate(right, connections=CONNECTIONS) == []


def test_what_was_published_otherwise_fails_before_the_call():
    program = compile_program(definition(headers={"template": "{{ trigger.raw }}"}))
    [step] = program.steps
    assert isinstance(step, CompiledAction)
    assert step.action is not None

    with pytest.raises(StepFailure) as caught:
        resolve_inputs(step, step.action, {"trigger": {"raw": {"Authorization": "mine"}}})

    assert (caught.value.error.code, caught.value.error.field) == ("keys_not_fixed", "headers")


@pytest.mark.parametrize("path", ["{{ trigger.raw.path }}", "/orders/{{ trigger.event_id }}"])
def test_the_path_is_written_by_hand(path):
    [problem] = validate(definition(path={"template": path}), connections=CONNECTIONS)

    assert (problem.code, problem.field) == ("not_fixed", "path")
