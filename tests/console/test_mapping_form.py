"""The mapping form shows every definition and reads it back unchanged."""

from typing import Any

import pytest
from django.http import QueryDict

from apps.catalog import registry
from apps.console import condition_rows
from apps.console.mapping_form import StepForm, read_definition, step_forms
from apps.workflows.engine.definition import parse
from apps.workflows.engine.recipes import build_recipe

TRIGGERS = [
    registry.trigger_ref(app, trigger) for app, trigger in registry.iter_triggers() if app.key == "stripe"
]
ACTIONS = ["identify-person", "track-event", "send-transactional-email", "delete-person"]


def posted(definition: dict[str, Any]) -> QueryDict:
    """Return what a browser posts when the form of a definition is sent unchanged."""
    data = QueryDict(mutable=True)
    data["trigger"] = definition["trigger"]["trigger"]
    data["trigger-connection"] = definition["trigger"]["connection"]
    data["notes"] = definition["notes"]
    forms = step_forms(definition)
    data["steps"] = str(len(forms))
    for form in forms:
        _post_step(data, form)
    return data


def _post_step(data: QueryDict, form: StepForm) -> None:
    for name in ("id", "name", "kind", "connection"):
        data[f"{form.prefix}{name}"] = getattr(form, name)
    data[f"{form.prefix}action"] = form.ref
    if form.confirmed:
        data[f"{form.prefix}confirmed"] = "yes"
    for row in form.fields:
        if row.as_json:
            data[f"{row.name}-json"] = row.text
        elif row.rows:
            for member in row.rows:
                data.update({f"{member.name}key": member.key, f"{member.name}text": member.text})
                data[f"{member.name}type"] = member.type
        else:
            data[row.name] = row.text
    if form.condition is not None:
        _post_condition(data, form.condition)


def _post_condition(data: QueryDict, form: condition_rows.ConditionForm) -> None:
    if form.raw is not None:
        data[f"{form.prefix}raw"] = form.raw
        return
    data[f"{form.prefix}match"] = form.match
    for row in form.rows:
        data.update({f"{row.name}left": row.left, f"{row.name}op": row.op, f"{row.name}right": row.right})
        if row.negated:
            data[f"{row.name}not"] = "1"


@pytest.mark.parametrize("action", ACTIONS)
@pytest.mark.parametrize("trigger", TRIGGERS)
def test_every_recipe_comes_back_unchanged(trigger: str, action: str) -> None:
    recipe = build_recipe(
        trigger, f"customerio.{action}", trigger_connection="a", action_connection="b"
    ).to_json()

    read = read_definition(posted(recipe), recipe)

    assert parse(read).to_json() == recipe


@pytest.mark.parametrize(
    "condition",
    [
        {
            "all": [
                {"left": {"template": "{{ trigger.amount_due }}"}, "op": "at_least", "right": {"value": 5000}}
            ]
        },
        {"any": [{"not": {"left": {"template": "{{ trigger.email }}"}, "op": "is_empty"}}]},
        {
            "all": [
                {
                    "left": {"template": "{{ trigger.currency }}"},
                    "op": "in_list",
                    "right": {"value": ["eur", "usd"]},
                }
            ]
        },
        {"any": [{"all": [{"left": {"value": 1}, "op": "equals", "right": {"value": 1}}]}]},
        {"not": {"any": [{"left": {"value": True}, "op": "is_true"}]}},
    ],
)
def test_a_condition_comes_back_unchanged(condition: dict[str, Any]) -> None:
    definition = {
        "schema": 1,
        "trigger": {
            "id": "trigger",
            "trigger": "stripe.trigger-invoice-paid",
            "connection": "a",
            "options": {},
        },
        "steps": [{"id": "only", "kind": "filter", "name": "Only if", "condition": condition}],
        "notes": "",
    }

    read = read_definition(posted(definition), definition)

    assert read["steps"][0]["condition"] == condition


@pytest.mark.parametrize(
    ("text", "mapping"),
    [
        ("{{ trigger.customer }}", {"template": "{{ trigger.customer }}"}),
        ("cus_1", {"value": "cus_1"}),
        ("12", {"value": "12"}),
        ("  ", None),
    ],
)
def test_a_text_field_is_read_as_template_or_text(text: str, mapping: dict[str, Any] | None) -> None:
    read = _read_one("stripe.get-customer", "customer_id", text)

    assert read.get("customer_id") == mapping


def test_a_number_that_is_none_stays_as_typed_so_that_validation_names_it() -> None:
    read = _read_one("customerio.identify-person", "created_at", "yesterday")

    assert read["created_at"] == {"value": "yesterday"}


def _read_one(action: str, field: str, text: str) -> dict[str, Any]:
    data = QueryDict(mutable=True)
    data.update({"steps": "1", "s0-id": "one", "s0-kind": "action", "s0-name": "One", "s0-action": action})
    data[f"s0-f-{field}"] = text
    inputs: dict[str, Any] = read_definition(data, {})["steps"][0]["inputs"]
    return inputs


@pytest.mark.django_db
@pytest.mark.django_db  # An app that is not built in is looked for among the workspaces' own.
def test_an_unknown_action_keeps_its_inputs() -> None:
    step = {"id": "one", "kind": "action", "name": "One", "action": "gone.app", "inputs": {"a": {"value": 1}}}
    data = QueryDict(mutable=True)
    data.update(
        {"steps": "1", "s0-id": "one", "s0-kind": "action", "s0-name": "One", "s0-action": "gone.app"}
    )

    read = read_definition(data, {"steps": [step]})

    assert read["steps"][0]["inputs"] == {"a": {"value": 1}}


def test_the_plain_form_keeps_an_order_that_it_does_not_show() -> None:
    definition: dict[str, Any] = {
        "schema": 1,
        "trigger": {"id": "trigger", "trigger": TRIGGERS[0], "connection": "", "options": {}},
        "order": {"by": "{{ trigger.customer }}", "late": "supersede"},
        "steps": [],
        "notes": "",
    }

    assert read_definition(posted(definition), definition)["order"] == definition["order"]
