"""Every kind of field by hand and without script: rows, members, check lists, switches, amounts."""

from typing import Any
from urllib.parse import parse_qsl

import pytest

from apps.catalog import registry
from apps.connections.models import SandboxCall
from apps.console.samples import send_sample
from apps.workflows.engine.coercion import coerce
from apps.workflows.engine.definition import ActionStep, parse
from apps.workflows.engine.mapped import compile_mapping, resolve
from apps.workflows.publishing import publish
from apps.workflows.services import validate_draft
from tests.console.conftest import url
from tests.console.html_forms import page
from tests.factories import WorkflowFactory

pytestmark = pytest.mark.django_db

REPORT = "customerio.trigger-reporting-event"


def step(action, connection, **inputs):
    return {
        "id": "it",
        "kind": "action",
        "name": registry.get_action(action)[1].name,
        "action": action,
        "connection": str(connection.code),
        "inputs": inputs,
        "run_if": None,
        "confirmed": True,
    }


@pytest.fixture
def of(workflow):
    """Return the workflow with these steps, and another trigger where one is given."""

    def of(*steps, **trigger):
        workflow.draft = {
            **workflow.draft,
            "trigger": workflow.draft["trigger"] | trigger,
            "steps": list(steps),
        }
        workflow.save()
        return workflow

    return of


@pytest.fixture
def opened(editor_client):
    """Return the form of a workflow as it is shown."""

    def opened(workflow):
        return page(editor_client.get(url(workflow, "edit"))).form("mapping")

    return opened


@pytest.fixture
def press(editor_client, opened):
    """Press a button with these fields changed; return the response."""

    def press(workflow, do="save", form=None, **changes):
        form = form or opened(workflow)
        response = editor_client.post(url(workflow, "edit"), form.posted(changes, do))
        workflow.refresh_from_db()
        return response

    return press


def value_of(workflow, key, index=0):
    """Return what an input of a step gives."""
    return resolved(workflow.draft["steps"][index]["inputs"][key])


def resolved(mapping):
    part = ActionStep.model_validate({"id": "a", "name": "A", "action": "a.b", "inputs": {"it": mapping}})
    return resolve(compile_mapping(part.inputs["it"]), {})


# Everything


def test_every_input_of_every_action_is_shown_and_read_back(of, opened, press, stripe, customerio):
    connections = {"stripe": stripe, "customerio": customerio}
    steps = [
        step(registry.action_ref(app, action), connections[app.key])
        | {
            "id": f"s{number}",
            "inputs": {
                spec.key: {"value": spec.example} for spec in action.inputs if spec.example is not None
            },
        }
        for number, (app, action) in enumerate(registry.iter_actions())
        if app.key in connections and not action.hidden
    ]
    workflow = of(*steps)

    press(workflow)

    assert workflow.draft_revision == 2
    for before, after in zip(steps, workflow.draft["steps"], strict=True):
        _, action = registry.get_action(before["action"])
        for spec in action.inputs:
            if spec.example is None:
                continue
            kept = coerce(spec, resolved(after["inputs"][spec.key]))
            assert kept == coerce(spec, spec.example), (action.key, spec.key)


def test_a_long_form_shows_first_what_is_needed_or_filled(editor_client, of, stripe):
    workflow = of(step("stripe.create-subscription", stripe, trial_period_days={"value": 14}))

    html = editor_client.get(url(workflow, "edit")).content.decode()

    first, _, rest = html.partition("more fields, optional")
    for shown in ("customer", "price_id", "trial_period_days"):
        assert f'name="s0-f-{shown}"' in first
    for waiting in ("quantity", "coupon"):
        assert f'name="s0-f-{waiting}"' in rest


# Objects


def test_the_members_of_an_object_have_their_own_fields(of, opened, press, stripe):
    workflow = of(step("stripe.create-customer", stripe))
    assert "s0-f-shipping-m-address-m-city" in opened(workflow).fields

    press(
        workflow,
        **{
            "s0-f-address-m-city": "Portland",
            "s0-f-shipping-m-name": "{{ trigger.customer_email }}",
            "s0-f-shipping-m-address-m-line1": "1 Main Street",
        },
    )

    inputs = workflow.draft["steps"][0]["inputs"]
    assert inputs["address"] == {"object": {"city": {"value": "Portland"}}}
    assert inputs["shipping"] == {
        "object": {
            "name": {"template": "{{ trigger.customer_email }}"},
            "address": {"object": {"line1": {"value": "1 Main Street"}}},
        }
    }
    assert opened(workflow).fields["s0-f-shipping-m-address-m-line1"] == "1 Main Street"


def test_rows_of_keys_grow_without_script_and_keep_what_was_typed(of, opened, press, stripe):
    workflow = of(step("stripe.create-customer", stripe))
    typed = {"s0-f-metadata-0-key": "plan", "s0-f-metadata-0-text": "pro", "s0-f-metadata-1-key": "seats"}
    typed |= {"s0-f-metadata-1-text": "3", "s0-f-metadata-1-type": "number"}

    grown = page(press(workflow, "more", **typed)).form("mapping")
    press(
        workflow, form=grown, **{"s0-f-metadata-3-key": "who", "s0-f-metadata-3-text": "{{ trigger.email }}"}
    )

    assert workflow.draft["steps"][0]["inputs"]["metadata"] == {
        "object": {
            "plan": {"value": "pro"},
            "seats": {"value": 3},
            "who": {"template": "{{ trigger.email }}"},
        }
    }


def test_keys_that_an_object_does_not_have_stay_to_be_mended_as_json(of, opened, press, stripe):
    unknown = {"object": {"town": {"value": "Portland"}}}
    workflow = of(step("stripe.create-customer", stripe, address=unknown))
    assert "s0-f-address-json" in opened(workflow).fields

    press(workflow)

    assert workflow.draft["steps"][0]["inputs"]["address"] == unknown


# Lists


def test_rows_of_a_list_are_filled_grow_and_are_emptied(of, opened, press, stripe):
    workflow = of(step("stripe.create-payment-link", stripe))

    form = opened(workflow)
    grown = page(
        press(
            workflow,
            "more",
            form,
            **{"s0-f-more_items-0-m-price": "price_1", "s0-f-more_items-1-m-quantity": "2"},
        )
    ).form("mapping")
    press(workflow, form=grown, **{"s0-f-more_items-1-m-price": "price_2"})
    assert value_of(workflow, "more_items") == [{"price": "price_1"}, {"price": "price_2", "quantity": 2}]

    press(workflow, **{"s0-f-more_items-0-m-price": ""})
    assert value_of(workflow, "more_items") == [{"price": "price_2", "quantity": 2}]


def test_a_row_is_filled_from_the_event_and_problems_are_told_at_the_list(
    of, press, opened, stripe, editor_client
):
    workflow = of(step("stripe.create-payment-link", stripe))

    press(
        workflow,
        **{
            "s0-f-more_items-0-m-price": "price_1",
            "s0-f-more_items-1-m-price": "price_2",
            "s0-f-more_items-1-m-quantity": "{{ trigger.attempt_count }}",
        },
    )

    assert workflow.draft["steps"][0]["inputs"]["more_items"] == {
        "list": [
            {"object": {"price": {"value": "price_1"}}},
            {
                "object": {
                    "price": {"value": "price_2"},
                    "quantity": {"template": "{{ trigger.attempt_count }}"},
                }
            },
        ]
    }
    assert opened(workflow).fields["s0-f-more_items-1-m-quantity"] == "{{ trigger.attempt_count }}"
    wrong = opened(workflow).posted({"s0-f-more_items-1-m-quantity": "{{ trigger.atempt_count }}"})
    told = editor_client.post(url(workflow, "preview"), wrong).json()["problems"]["s0-f-more_items"]
    assert "attempt_count" in told[0]


def test_rows_that_are_filled_from_the_event_reach_the_provider(of, press, stripe, actor, work):
    workflow = of(step("stripe.create-payment-link", stripe, price_id={"value": "price_1"}))
    rows = {
        "s0-f-more_items-0-m-price": "price_2",
        "s0-f-more_items-0-m-quantity": "{{ trigger.attempt_count }}",
    }
    press(workflow, **rows)
    publish(workflow, actor=actor)

    send_sample(workflow, actor=actor)
    work()

    sent = dict(parse_qsl(SandboxCall.objects.get(url__endswith="/v1/payment_links").request_body))
    attempts = registry.sample_payload("stripe", "invoice-payment-failed")["data"]["object"]["attempt_count"]
    assert (sent["line_items[1][price]"], sent["line_items[1][quantity]"]) == ("price_2", str(attempts))


def test_a_whole_list_is_filled_by_one_template(of, press, opened, stripe):
    workflow = of(step("stripe.create-payment-link", stripe))

    press(workflow, **{"s0-f-more_items-template": "{{ trigger.raw.data.lines }}"})

    assert workflow.draft["steps"][0]["inputs"]["more_items"] == {"template": "{{ trigger.raw.data.lines }}"}
    assert opened(workflow).fields["s0-f-more_items"] == "{{ trigger.raw.data.lines }}"


@pytest.mark.parametrize(
    "row", [{"template": "{{ trigger.raw }}"}, {"value": 7}, {"object": {"odd": {"value": 1}}}]
)
def test_rows_that_the_form_can_not_show_stay_as_json(of, press, opened, stripe, row):
    workflow = of(step("stripe.create-payment-link", stripe, more_items={"list": [row]}))
    assert "s0-f-more_items-json" in opened(workflow).fields

    press(workflow)

    assert workflow.draft["steps"][0]["inputs"]["more_items"] == {"list": [row]}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("en\r\n de \n\n", {"value": ["en", "de"]}),
        ('["a b", "c"]', {"value": ["a b", "c"]}),
        ('{"a": 1}\nplain', {"value": [{"a": 1}, "plain"]}),
        ("{{ trigger.raw.list }}", {"template": "{{ trigger.raw.list }}"}),
        ("  ", None),
    ],
)
def test_a_plain_list_has_one_value_on_each_line(of, press, opened, stripe, typed, kept):
    workflow = of(step("stripe.create-customer", stripe))

    press(workflow, **{"s0-f-preferred_locales": typed})
    press(workflow)

    assert workflow.draft["steps"][0]["inputs"].get("preferred_locales") == kept


@pytest.mark.parametrize("values", [["a\nb"], ["[x"], [" x"], [""], [1, 2], ["{{ x }}"], [], ["x", {"y": 1}]])
def test_a_list_that_lines_can_not_show_comes_back_as_it_is(of, press, stripe, values):
    workflow = of(step("stripe.create-customer", stripe, preferred_locales={"value": values}))

    press(workflow)

    if not any("{{" in str(value) for value in values):
        assert workflow.draft["steps"][0]["inputs"]["preferred_locales"] == {"value": values}


# Choices


def test_a_choice_can_be_filled_from_the_event(of, press, opened, stripe):
    workflow = of(step("stripe.create-customer", stripe))

    press(workflow, **{"s0-f-tax_exempt-template": "{{ trigger.status }}"})
    assert workflow.draft["steps"][0]["inputs"]["tax_exempt"] == {"template": "{{ trigger.status }}"}

    press(workflow, **{"s0-f-tax_exempt": ""})
    assert "tax_exempt" not in workflow.draft["steps"][0]["inputs"]


def test_a_field_of_fixed_values_offers_no_template(of, opened, stripe):
    form = opened(of(step("stripe.call-any-endpoint", stripe)))

    assert "s0-f-method" in form.choices
    assert "s0-f-method-template" not in form.fields


def test_the_danger_to_confirm_is_the_one_of_the_settings(editor_client, of, stripe):
    def asked(method):
        workflow = of(step("stripe.call-any-endpoint", stripe, method={"value": method}))
        return "I understand:" in page(editor_client.get(url(workflow, "edit"))).text

    assert not asked("GET")
    assert asked("DELETE")


# The trigger's options


def test_events_are_chosen_in_a_list_and_options_are_switches(of, opened, press, customerio):
    workflow = of(trigger=REPORT, connection=str(customerio.code), options={})
    form = opened(workflow)
    _, trigger = registry.get_trigger(REPORT)
    assert form.boxes["t-o-events"] == [choice.value for choice in trigger.options[0].choices]
    assert form.ticked.get("t-o-events") is None

    press(workflow, **{"t-o-events": ["email.bounced", "sms.failed"], "t-o-ignore_machine": "true"})
    assert workflow.draft["trigger"]["options"] == {
        "events": ["email.bounced", "sms.failed"],
        "ignore_machine": True,
    }

    form = opened(workflow)
    assert form.ticked["t-o-events"] == ["email.bounced", "sms.failed"]
    assert form.ticked["t-o-ignore_machine"] == ["true"]
    press(workflow, form=form, **{"t-o-events": ["email.bounced"], "t-o-ignore_machine": None})
    assert workflow.draft["trigger"]["options"] == {"events": ["email.bounced"], "ignore_machine": False}


def test_a_required_list_without_a_choice_is_told_beside_it(editor_client, of, customerio):
    workflow = of(trigger=REPORT, connection=str(customerio.code), options={})

    html = editor_client.get(url(workflow, "edit")).content.decode()

    place = html.index('data-problems-of="t-o-events"')
    assert "“Events” is required" in html[place : place + 200]


def test_another_trigger_takes_no_options_of_the_former(of, press, opened, customerio, stripe):
    options = {"events": ["email.bounced"], "ignore_machine": True}
    workflow = of(trigger=REPORT, connection=str(customerio.code), options=options)

    press(workflow, trigger="stripe.trigger-invoice-paid", **{"trigger-connection": str(stripe.code)})

    assert workflow.draft["trigger"]["options"] == {}


def test_options_that_the_form_did_not_show_stay(of, press, opened, customerio):
    workflow = of(trigger=REPORT, connection=str(customerio.code), options={"events": ["email.bounced"]})
    form = opened(workflow)
    for name in list(form.fields):
        if name.startswith("t-o-"):
            del form.fields[name]
    form.ticked.clear()

    press(workflow, form=form)

    assert workflow.draft["trigger"]["options"] == {"events": ["email.bounced"]}


def test_what_was_chosen_by_hand_is_published(of, press, customerio, actor, workspace):
    workflow = of(
        step("customerio.identify-person", customerio, identifier={"template": "{{ trigger.email }}"}),
        trigger=REPORT,
        connection=str(customerio.code),
        options={},
    )

    press(workflow, **{"t-o-events": ["email.bounced"]})
    publish(workflow, actor=actor)

    assert workflow.live_version.definition["trigger"]["options"]["events"] == ["email.bounced"]


# Money


@pytest.fixture
def charge(editor_client, of, opened, stripe):
    """Return the answer about a payment's amount as the form asks for it while typing."""

    def charge(amount, unit, currency):
        form = opened(of(step("stripe.create-payment-intent", stripe)))
        typed = {"s0-f-amount": amount, "s0-f-amount_unit": unit, "s0-f-currency": currency}
        workflow = of(step("stripe.create-payment-intent", stripe))
        return editor_client.post(url(workflow, "preview"), form.posted(typed)).json()

    return charge


@pytest.mark.parametrize(
    ("amount", "unit", "currency", "said"),
    [
        ("1250", "minor", "usd", "12.50 USD"),
        ("12.50", "major", "usd", "12.50 USD, 1250 in minor units"),
        ("1250", "minor", "jpy", "1250 JPY"),
        ("1250", "major", "jpy", "1250 JPY, 1250 in minor units"),
        ("12340", "minor", "kwd", "12.340 KWD"),
        ("12.34", "major", "kwd", "12.340 KWD, 12340 in minor units"),
        ("12.5", "major", "{{ trigger.currency }}", "12.50 USD, 1250 in minor units"),
        ("{{ trigger.amount_due }}", "", "usd", "in minor units, as “Amount due” is"),
    ],
)
def test_an_amount_says_what_it_comes_to(charge, amount, unit, currency, said):
    answer = charge(amount, unit, currency)

    assert answer["values"]["s0-f-amount"]["note"].endswith(said)
    assert "s0-f-amount_unit" not in answer["problems"]


@pytest.mark.parametrize(
    ("amount", "unit", "currency", "said"),
    [
        ("12.5", "major", "jpy", "JPY"),
        ("12.3456", "major", "kwd", "KWD"),
        ("12.505", "major", "usd", "USD"),
        ("12.5", "minor", "usd", ""),
        ("1250", "minor", "zzz", "zzz"),
    ],
)
def test_a_sum_that_a_currency_does_not_have_is_an_error(charge, amount, unit, currency, said):
    error = charge(amount, unit, currency)["values"]["s0-f-amount"]["error"]

    assert error
    assert said in error


@pytest.mark.parametrize("amount", ["12.50", "1250", "{{ trigger.amount_due | plus: 5 }}"])
def test_a_number_without_a_unit_is_refused_at_the_amount(charge, amount):
    [said] = charge(amount, "", "usd")["problems"]["s0-f-amount_unit"]

    assert "minor units (1250 for 12.50) or in major units (12.50)" in said


def test_a_unit_that_contradicts_the_field_it_is_filled_by_is_refused(charge):
    [said] = charge("{{ trigger.amount_due }}", "major", "usd")["problems"]["s0-f-amount_unit"]

    assert "Leave the unit empty" in said


def test_amount_and_unit_are_one_control_and_both_are_saved(editor_client, of, opened, press, stripe):
    workflow = of(step("stripe.create-payment-intent", stripe, currency={"value": "usd"}))
    html = editor_client.get(url(workflow, "edit")).content.decode()
    assert html.count('name="s0-f-amount_unit"') == 1
    between = html[html.index('name="s0-f-amount"') : html.index('name="s0-f-amount_unit"')]
    assert "<label" not in between

    press(workflow, **{"s0-f-amount": "12.50", "s0-f-amount_unit": "major"})

    inputs: dict[str, Any] = workflow.draft["steps"][0]["inputs"]
    assert (inputs["amount"], inputs["amount_unit"]) == ({"value": 12.5}, {"value": "major"})
    assert validate_draft(workflow) == []


def test_a_draft_whose_trigger_is_gone_is_shown(workspace, opened):
    made = WorkflowFactory(
        workspace=workspace, draft=parse({"trigger": {"trigger": "gone.trigger-x"}}).to_json()
    )

    assert opened(made).fields["steps"] == "0"
