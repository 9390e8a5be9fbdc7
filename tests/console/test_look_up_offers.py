"""The mapping form offers what a trigger's look-up finds, with its examples, only while it is switched on."""

import pytest

from apps.catalog import registry
from apps.console import preview
from apps.console.samples import planned_calls
from apps.workflows.engine.definition import parse
from apps.workflows.publishing import publish
from tests.factories import WorkflowFactory

TELL = {
    "id": "tell",
    "kind": "action",
    "name": "Tell Customer.io",
    "action": "customerio.identify-person",
    "inputs": {
        "identifier": {"template": "{{ trigger.customer_details.email }}"},
        "plan": {"template": "{{ trigger.customer_details.name }}"},
    },
}


def drawn(*, on, connection="", mailer=""):
    trigger = {
        "trigger": "stripe.trigger-dispute-created",
        "connection": connection,
        "options": {"look_up_customer": on},
    }
    return {"schema": 1, "trigger": trigger, "steps": [TELL | {"connection": mailer}]}


def shown(*, on, **about):
    """Return the definition's offers by their template, and its values, for the sample changed so."""
    definition = parse(drawn(on=on))
    payload = registry.sample_payload("stripe", "dispute-created")
    payload = payload | {"data": {"object": payload["data"]["object"] | about}}
    scope = preview.scope_of(definition, payload)
    offers = {offer.template: offer for offer in preview.offers(definition, scope)}
    return offers, preview.resolve_all(definition, scope)


def test_switched_on_it_is_offered_in_groups_of_its_own_with_examples():
    offers, values = shown(on=True)

    email = offers["{{ trigger.customer_details.email }}"]
    assert (email.group, email.example) == ("Customer details", "jane@example.com")
    assert offers["{{ trigger.charge_details.charge_id }}"].group == "Charge details"
    assert values["s0-f-identifier"].text == "jane@example.com"


def test_switched_off_nothing_of_it_is_offered():
    offers, values = shown(on=False)

    assert not [template for template in offers if "_details" in template.partition("raw")[0]]
    assert values["s0-f-identifier"].empty


def test_where_the_event_names_nothing_to_look_up_the_values_are_empty():
    _, values = shown(on=True, charge=None)

    assert values["s0-f-identifier"].empty


@pytest.mark.django_db(transaction=True)
def test_a_sample_s_planned_calls_name_the_look_ups(workspace, stripe, customerio, actor):
    draft = drawn(on=True, connection=str(stripe.code), mailer=str(customerio.code))
    workflow = WorkflowFactory(workspace=workspace, draft=draft)
    publish(workflow, actor=actor)
    type(stripe).objects.filter(pk=stripe.pk).update(sandbox=False)

    assert [call.action for call in planned_calls(workflow)] == ["Get Charge", "Get Customer"]
