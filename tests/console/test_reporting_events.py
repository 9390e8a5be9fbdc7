"""Customer.io as the trigger, end to end over sandboxes: received, routed, left out by options, run."""

import json

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.catalog.connectors.customerio import webhook
from apps.catalog.connectors.customerio.events import EVENT_TYPES
from apps.catalog.registry import sample_payload
from apps.common.errors import Conflict
from apps.connections import credentials, registration
from apps.connections.models import SandboxState
from apps.console.samples import send_sample
from apps.runs.models import Run
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from apps.workflows.publishing import publish, unpublish
from tests.factories import WorkflowFactory

NOW = 1_794_830_400
TAG = {
    "id": "tag",
    "kind": "action",
    "name": "Tag",
    "action": "customerio.identify-person",
    "inputs": {
        "identifier": {"template": "{{ trigger.email }}"},
        "plan": {"template": "{{ trigger.event }}"},
    },
}

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def start(workspace, customerio, actor):
    """Publish a workflow of a Customer.io trigger with options; return it."""

    def start(slug, **options):
        trigger = {
            "trigger": f"customerio.trigger-{slug}",
            "connection": str(customerio.code),
            "options": options,
        }
        draft = {"schema": 1, "trigger": trigger, "steps": [TAG | {"connection": str(customerio.code)}]}
        made = WorkflowFactory(workspace=workspace, draft=draft)
        publish(made, actor=actor)
        return made

    return start


@pytest.fixture
def deliver(customerio):
    """Deliver a payload as Customer.io does, or the sample of a trigger with changed data."""

    def deliver(payload, **data):
        if isinstance(payload, str):
            payload = sample_payload("customerio", payload)
            payload = payload | {"event_id": webhook.new_event_id(), "data": payload["data"] | data}
        endpoint = registration.endpoint_of(customerio)
        [key] = registration.signing_secrets(customerio)
        body = json.dumps(payload).encode()
        headers = {name.lower(): value for name, value in webhook.sign(body, key, NOW).items()}
        return webhooks.receive(f"customerio/{endpoint.token}", headers, body)

    return deliver


def at_the_provider(connection):
    """Return the webhooks that stand in the sandbox."""
    row = SandboxState.objects.get(connection=connection)
    return list(credentials.unseal_state(row)["webhooks"].values())


def test_a_delivery_runs_the_workflow(start, deliver, work):
    start("email-link-clicked")

    assert (deliver("email-link-clicked").status, deliver("email-opened").code) == (200, "ignored")
    work()

    run = Run.objects.get()
    assert run.status == Run.Status.SUCCEEDED
    assert run.delivery.event_type == "email.clicked"


def test_a_machine_s_click_ends_filtered_with_the_reason(start, deliver, work):
    start("email-link-clicked", ignore_machine=True)

    deliver("email-link-clicked", machine=True)
    deliver("email-link-clicked", machine=False)
    work()

    filtered, ran = Run.objects.order_by("pk")
    assert (filtered.status, ran.status) == (Run.Status.FILTERED, Run.Status.SUCCEEDED)
    assert "ignores machine clicks" in filtered.reason
    assert filtered.remedy
    assert not filtered.steps.exists()


def test_what_the_options_leave_out_does_not_count_as_too_often_for_the_person(
    start, deliver, work, settings
):
    settings.PERSON_RUNS_PER_MINUTE = 3
    start("email-link-clicked", ignore_machine=True)

    for _ in range(4):
        deliver("email-link-clicked", machine=True)
    work()
    for machine in (True, False, False, False, False, True):
        deliver("email-link-clicked", machine=machine)
        work()

    told = [(run.status, run.reason_code) for run in Run.objects.order_by("pk")]
    declined, ran = ("filtered", "trigger_options"), ("succeeded", "")
    assert told[:5] == [declined] * 5
    assert told[5:] == [ran, ran, ran, ("held", "too_often"), declined]


RECEIVING = 11
"""Statements that one delivery may cost, on either database, its look at what was chosen among them."""


def test_every_documented_event_is_verified_kept_once_routed_and_shown(
    start, deliver, django_assert_max_num_queries, owner_client
):
    start("reporting-event", events=list(EVENT_TYPES))

    for number, event_type in enumerate(EVENT_TYPES):
        kind, _, metric = event_type.partition(".")
        data = {"email_address": "jane@example.com"} if kind == "customer" else {"delivery_id": "RPIL"}
        payload = {"event_id": f"event-{number}", "object_type": kind, "metric": metric, "timestamp": NOW}
        with django_assert_max_num_queries(RECEIVING):
            first = deliver(payload | {"data": data})
        again = deliver(payload | {"data": data})
        assert [(each.status, each.code) for each in (first, again)] == [
            (200, "accepted"),
            (200, "duplicate"),
        ]

    kept = Delivery.objects.values_list("event_type", "status", "duplicates")
    assert sorted(kept) == sorted((event_type, "accepted", 1) for event_type in EVENT_TYPES)
    assert Run.objects.count() == len(EVENT_TYPES)
    for event_type in ("email.clicked", "customer.unsubscribed", "in_app.opened", "whatsapp.replied"):
        delivery = Delivery.objects.get(event_type=event_type)
        page = owner_client.get(delivery.get_absolute_url())
        assert page.status_code == 200
        assert event_type in page.content.decode()
        assert delivery.event_id in page.content.decode()


def test_an_event_that_nobody_documented_is_kept_and_answered_well(start, deliver):
    start("reporting-event", events=["email.clicked"])

    answer = deliver({"event_id": "e", "object_type": "hologram", "metric": "shimmered", "timestamp": NOW})

    assert (answer.status, answer.code) == (200, "ignored")
    assert Delivery.objects.get().event_type == "hologram.shimmered"


def test_a_workflow_runs_for_the_events_that_it_chose_alone(start, deliver):
    clicks = start("reporting-event", events=["email.clicked", "sms.clicked"])
    opens = start("reporting-event", events=["email.opened"])
    start("email-opened")

    assert deliver("email-link-clicked").code == "accepted"
    assert [run.workflow for run in Run.objects.all()] == [clicks]
    assert deliver("email-opened").code == "accepted"
    assert Run.objects.filter(workflow=opens).count() == 1
    assert Run.objects.count() == 3
    assert deliver("email-bounced").code == "ignored"


def test_only_a_trigger_that_can_choose_among_event_types_costs_a_look_at_what_was_chosen(start, deliver):
    def looks(slug):
        with CaptureQueriesContext(database) as captured:
            assert deliver(slug, trigger_event_id=None).code == "accepted"
        return sum("eventsubscription" in query["sql"] for query in captured), len(captured)

    start("email-delivered")
    start("email-opened", every_time=True)
    deliver("email-delivered")  # Notes that the endpoint works.
    deliver("email-opened")  # What a version never changes is read once.

    _, without_options = looks("email-delivered")
    assert looks("email-opened") == (0, without_options)
    start("reporting-event", events=["email.opened"])
    deliver("email-opened", trigger_event_id=None)
    assert looks("email-opened") == (1, without_options + 1)


def test_the_webhook_has_the_settings_while_something_published_needs_them(start, customerio, actor):
    def standing():
        [made] = at_the_provider(customerio)
        return made["events"], made["full_resolution"], made["with_content"]

    start("email-delivered")
    assert standing() == (["email_delivered"], False, False)

    every, sent = start("email-opened", every_time=True), start("email-sent", include_content=True)
    assert standing() == (["email_delivered", "email_opened", "email_sent"], True, True)
    assert registration.endpoint_of(customerio).state_reason == ""

    unpublish(every, actor=actor)
    assert standing() == (["email_delivered", "email_sent"], False, True)
    unpublish(sent, actor=actor)
    assert standing() == (["email_delivered"], False, False)


def test_changed_preferences_are_registered_with_their_content(start, customerio):
    start("subscription-preferences-changed")

    [made] = at_the_provider(customerio)
    assert (made["events"], made["with_content"]) == (["customer_subscription_preferences_changed"], True)


def test_a_sample_of_any_event_is_one_of_those_chosen(start, actor):
    bounced = start("reporting-event", events=["email.bounced"])
    rare = start("reporting-event", events=["slack.sent"])

    send_sample(bounced, actor=actor)

    assert Delivery.objects.get().event_type == "email.bounced"
    assert [run.workflow for run in Run.objects.all()] == [bounced]
    with pytest.raises(Conflict, match="no sample"):
        send_sample(rare, actor=actor)
