"""Running a stored delivery once more."""

import pytest
from django.contrib.messages import get_messages
from django.test import Client
from django.urls import reverse

from apps.common.errors import Conflict, NotAllowed
from apps.runs.models import Run
from apps.webhooks import services
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import DeliveryFactory
from tests.webhooks.conftest import publish
from tests.webhooks.stripe_sender import address, event, post

pytestmark = pytest.mark.django_db

OPERATOR = Actor.system("test")


@pytest.fixture
def delivery(endpoint, listening) -> Delivery:
    post(address(endpoint), event("evt_again"))
    Run.objects.update(status=Run.Status.SUCCEEDED)
    return Delivery.objects.get()


def test_every_workflow_that_listens_now_gets_a_numbered_run(delivery, listening):
    newer = publish(delivery.connection)

    started = services.run_again(delivery, actor=OPERATOR)
    Run.objects.update(status=Run.Status.SUCCEEDED)
    services.run_again(delivery, actor=OPERATOR)

    assert {run.workflow for run in started} == {listening, newer}
    replays = sorted(Run.objects.values_list("workflow", "replay"))
    assert replays == sorted(
        [(listening.pk, 0), (listening.pk, 1), (listening.pk, 2), (newer.pk, 0), (newer.pk, 1)]
    )


def test_it_is_written_to_the_audit_trail(delivery, editor):
    started = services.run_again(delivery, actor=Actor.of(editor))

    entry = AuditEntry.objects.get(verb="delivery.run_again")
    assert entry.actor == editor
    assert entry.target_code == str(delivery.code)
    assert entry.after == {"runs": [str(started[0].code)]}


def test_a_viewer_may_not(delivery, viewer):
    with pytest.raises(NotAllowed):
        services.run_again(delivery, actor=Actor.of(viewer))

    assert Run.objects.count() == 1


def test_an_ignored_delivery_becomes_an_accepted_one(endpoint):
    post(address(endpoint), event())
    publish(endpoint.connection)

    services.run_again(Delivery.objects.get(), actor=OPERATOR)

    delivery = Delivery.objects.get()
    assert (delivery.status, delivery.reason) == (Delivery.Status.ACCEPTED, "")
    assert Run.objects.get().replay == 0


def test_the_run_of_a_paused_workflow_is_held(delivery):
    Workflow.objects.update(status=Workflow.Status.PAUSED)

    assert services.run_again(delivery, actor=OPERATOR)[0].status == Run.Status.HELD


def quarantined(endpoint) -> Delivery:
    post(address(endpoint), b"not json")
    return Delivery.objects.get(status=Delivery.Status.QUARANTINED)


def test_a_quarantined_delivery_can_not_run(endpoint, listening):
    with pytest.raises(Conflict) as raised:
        services.run_again(quarantined(endpoint), actor=OPERATOR)

    assert raised.value.code == "quarantined"


def test_without_a_listener_nothing_runs(delivery):
    Workflow.objects.update(status=Workflow.Status.UNPUBLISHED)

    with pytest.raises(Conflict) as raised:
        services.run_again(delivery, actor=OPERATOR)

    assert raised.value.code == "nothing_listens"
    assert Run.objects.count() == 1
    assert not AuditEntry.objects.filter(verb="delivery.run_again").exists()


def test_behind_the_replay_window_nothing_runs(connection, listening):
    with pytest.raises(Conflict) as raised:
        services.run_again(DeliveryFactory(connection=connection, body=b""), actor=OPERATOR)

    assert raised.value.code == "body_gone"


def test_with_a_lost_key_nothing_runs_and_the_remedy_names_the_key(delivery, settings):
    settings.FIELD_KEYS = ["another field key, which opens nothing of before"]

    with pytest.raises(Conflict) as raised:
        services.run_again(delivery, actor=OPERATOR)

    assert raised.value.code == "body_unreadable"
    assert "FIELD_KEYS" in raised.value.remedy


def test_while_an_earlier_run_is_open_none_of_the_workflows_starts(delivery, listening):
    newer = publish(delivery.connection)
    Run.objects.update(status=Run.Status.QUEUED)

    with pytest.raises(Conflict):
        services.run_again(delivery, actor=OPERATOR)

    assert not Run.objects.filter(workflow=newer).exists()


def test_the_page_asks_first_and_says_what_is_not_done_twice(delivery, listening, editor_client):
    page = reverse("admin:webhooks_delivery_run_again", args=[delivery.pk])

    asked = editor_client.get(page).content.decode()

    assert listening.name in asked
    assert "is not done twice" in asked
    assert Run.objects.count() == 1

    answer = editor_client.post(page)

    assert answer["Location"] == delivery.get_absolute_url()
    assert Run.objects.count() == 2


def test_the_page_says_why_nothing_can_run(delivery, editor_client):
    Workflow.objects.update(status=Workflow.Status.UNPUBLISHED)
    page = reverse("admin:webhooks_delivery_run_again", args=[delivery.pk])

    assert "No published workflow listens to charge.failed" in editor_client.get(page).content.decode()
    answer = editor_client.post(page)

    assert any("No published workflow listens" in str(each) for each in get_messages(answer.wsgi_request))
    assert Run.objects.count() == 1


def test_a_post_without_the_token_of_the_form_changes_nothing(delivery, editor):
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)

    answer = client.post(reverse("admin:webhooks_delivery_run_again", args=[delivery.pk]))

    assert answer.status_code == 403
    assert Run.objects.count() == 1
