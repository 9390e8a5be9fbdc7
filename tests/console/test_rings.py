"""Both directions live at once, over sandboxes: a ring is held at its third turn, people's acts are not."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.connectors.stripe.origins import MARK
from apps.connections import registration
from apps.runs import services as runs
from apps.runs.models import Effect, Run
from apps.webhooks import services as webhooks
from apps.workflows.publishing import publish
from tests.factories import WorkflowFactory

pytestmark = pytest.mark.django_db(transaction=True)

MAIL = {
    "id": "mail",
    "kind": "action",
    "name": "Send the mail",
    "action": "customerio.send-transactional-email",
    "inputs": {
        "transactional_message_id": {"value": "3"},
        "to": {"template": "{{ trigger.email }}"},
        "identifiers_email": {"template": "{{ trigger.email }}"},
    },
}
NOTE = {
    "id": "note",
    "kind": "action",
    "name": "Note it on the customer",
    "action": "stripe.update-customer",
    "inputs": {"customer_id": {"value": "cus_R8kTq2LwPzNf4J"}, "description": {"value": "Mailed"}},
}
BILL = {
    "id": "bill",
    "kind": "action",
    "name": "Draft an invoice",
    "action": "stripe.create-invoice",
    "confirmed": True,
    "inputs": {"customer": {"template": "{{ trigger.customer_id }}"}},
}
TRACK = {
    "id": "track",
    "kind": "action",
    "name": "Track it",
    "action": "customerio.track-event",
    "inputs": {"identifier": {"template": "{{ trigger.email }}"}, "name": {"value": "x"}},
}
CHECKOUT = {
    "id": "checkout",
    "kind": "action",
    "name": "Offer a checkout",
    "action": "stripe.create-checkout-session",
    "inputs": {
        "mode": {"value": "payment"},
        "price_id": {"value": "price_1SQcVdLm2VtXe0ZbN5kYt9Hs"},
        "success_url": {"value": "https://example.com/thanks"},
        "customer_email": {"template": "{{ trigger.email }}"},
    },
}


@pytest.fixture
def start(workspace, stripe, customerio, actor):
    """Publish a workflow of a trigger and one step over the sandboxes; return it."""
    codes = {"stripe": str(stripe.code), "customerio": str(customerio.code)}

    def start(trigger, step):
        draft = {
            "schema": 1,
            "trigger": {"trigger": trigger, "connection": codes[trigger.split(".")[0]]},
            "steps": [step | {"connection": codes[step["action"].split(".")[0]]}],
        }
        made = WorkflowFactory(workspace=workspace, draft=draft)
        publish(made, actor=actor)
        return made

    return start


@pytest.fixture
def deliver(stripe, customerio):
    """Deliver a payload as its provider does; return the run that it started."""
    connections = {"stripe": stripe, "customerio": customerio}

    def deliver(app, payload):
        scheme = registry.get_app(app).webhook
        endpoint = registration.endpoint_of(connections[app])
        [secret, *_] = registration.signing_secrets(connections[app])
        body, now = json.dumps(payload).encode(), int(timezone.now().timestamp())
        headers = {name.lower(): value for name, value in scheme.sign(body, secret, now).items()}
        receipt = webhooks.receive(f"{app}/{endpoint.token}", headers, body)
        assert (receipt.status, receipt.code) == (200, "accepted")
        return Run.objects.get(delivery__code=receipt.delivery)

    return deliver


def sample(app, slug, *, ago=0, **changed):
    """Return a trigger's sample as an event that happened `ago` seconds before now."""
    scheme = registry.get_app(app).webhook
    now = int(timezone.now().timestamp()) - ago
    return scheme.refresh_sample(registry.sample_payload(app, slug), scheme.new_event_id(), now) | changed


def customer_updated(effect=None, **changed):
    """Return the event of a change that a call of ours made, or that a person made."""
    request = {"id": "req_1", "idempotency_key": effect.key if effect else "a-person-s"}
    return sample("stripe", "customer-updated", request=request, **changed)


def email_sent(effect):
    payload = sample("customerio", "email-sent")
    del payload["data"]["campaign_id"]
    payload["data"] |= {"delivery_id": effect.provider_id, "transactional_message_id": 3}
    return payload


def effect_of(run):
    run.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED, run.reason
    return run.effects.get()


@pytest.fixture
def ring(start):
    """Mail whoever changed, and change whoever was mailed."""
    return start("stripe.trigger-customer-updated", MAIL), start("customerio.trigger-email-sent", NOTE)


def test_a_ring_is_held_at_its_third_turn_with_the_reason(ring, deliver, work):
    first = deliver("stripe", customer_updated())
    work()
    second = deliver("customerio", email_sent(effect_of(first)))
    work()
    third = deliver("stripe", customer_updated(effect_of(second)))
    work()
    fourth = deliver("customerio", email_sent(effect_of(third)))
    work()

    fourth.refresh_from_db()
    assert [run.depth for run in (first, second, third, fourth)] == [0, 1, 2, 3]
    assert (fourth.status, fourth.reason_code) == (Run.Status.HELD, "loop")
    assert str(third.code) in fourth.reason
    assert f"“{third.workflow}”" in fourth.reason
    assert "Run it anyway" in fourth.remedy
    assert Effect.objects.count() == 3


def test_a_held_run_that_is_let_go_runs_and_its_echo_is_held_again(ring, deliver, work, actor):
    run = deliver("stripe", customer_updated())
    for _ in range(3):
        work()
        effect = effect_of(run)
        told = email_sent(effect) if effect.action.startswith("customerio") else customer_updated(effect)
        run = deliver("customerio" if effect.action.startswith("customerio") else "stripe", told)
    assert run.status == Run.Status.HELD

    runs.release(run, actor=actor)
    work()
    again = deliver("stripe", customer_updated(effect_of(run)))

    assert (again.depth, again.status) == (4, Run.Status.HELD)


def test_what_a_person_changes_afterwards_is_no_echo(ring, deliver, work):
    first = deliver("stripe", customer_updated())
    work()
    second = deliver("customerio", email_sent(effect_of(first)))
    work()
    effect_of(second)

    assert deliver("stripe", customer_updated()).depth == 0


def test_a_mark_counts_in_what_stripe_does_by_itself_shortly_afterwards_and_never_later(start, deliver, work):
    start("stripe.trigger-customer-updated", BILL)
    start("stripe.trigger-invoice-finalized", MAIL)
    first = deliver("stripe", customer_updated())
    work()
    effect = effect_of(first)

    def finalized(request):
        payload = sample("stripe", "invoice-finalized", request=request)
        payload["data"]["object"]["metadata"] = {MARK: effect.key}
        return payload

    by_itself = {"id": None, "idempotency_key": None}
    assert deliver("stripe", finalized(by_itself)).depth == 1
    assert deliver("stripe", finalized({"id": "req_2", "idempotency_key": "a-person-s"})).depth == 0
    Effect.objects.filter(pk=effect.pk).update(sent_at=timezone.now() - timedelta(hours=2))
    assert deliver("stripe", finalized(by_itself)).depth == 0


def test_a_person_s_acts_end_every_ring_however_often_they_go_round(start, deliver, work):
    by_itself = {"id": None, "idempotency_key": None}
    start("stripe.trigger-invoice-payment-failed", TRACK)
    start("stripe.trigger-checkout-completed", TRACK)
    start("customerio.trigger-email-link-clicked", CHECKOUT)

    def click(effect):
        payload = sample("customerio", "email-link-clicked")
        payload["data"] |= {"trigger_event_id": effect.provider_id, "machine": False}
        return payload

    def bought(effect):
        payload = sample("stripe", "checkout-completed", request=by_itself)
        payload["data"]["object"]["metadata"] = {MARK: effect.key}
        return payload

    failed = deliver("stripe", sample("stripe", "invoice-payment-failed", request=by_itself))
    work()
    clicked = deliver("customerio", click(effect_of(failed)))
    work()
    paid = deliver("stripe", bought(effect_of(clicked)))
    work()
    clicked_again = deliver("customerio", click(effect_of(paid)))
    work()

    assert [run.depth for run in (failed, clicked, paid, clicked_again)] == [0, 0, 0, 0]
    assert effect_of(clicked_again).status == "done"


def test_another_workspace_s_call_is_nobody_s_echo(ring, deliver, work, workspace):
    first = deliver("stripe", customer_updated())
    work()
    effect = effect_of(first)
    Effect.objects.filter(pk=effect.pk).update(provider_id="somebody else's")

    assert deliver("customerio", email_sent(effect)).depth == 0


def test_the_page_of_a_held_run_offers_to_run_it_anyway(ring, deliver, owner_client):
    run = deliver("stripe", customer_updated())
    Run.objects.filter(pk=run.pk).update(status="held", reason_code="loop", reason="Round.", depth=3)

    page = owner_client.get(run.get_absolute_url()).content.decode()

    assert "1 run is held by a guard." in owner_client.get("/admin/").content.decode()
    assert "Run it anyway" in page
    assert "3 in a row" in page
    answer = owner_client.post(f"/admin/runs/run/{run.pk}/release/")
    run.refresh_from_db()
    assert (answer.status_code, run.status) == (302, Run.Status.QUEUED)
