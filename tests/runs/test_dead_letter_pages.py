"""The page of dead letters: counted, retried by those who may, and kept apart."""

import pytest
from django.utils import timezone

from apps.runs.dead_letters import gathering
from apps.runs.dead_letters.models import Cause, DeadLetter
from tests.factories import DeliveryFactory, RunFactory, VersionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def cause(workspace):
    version = VersionFactory(live=True, workflow__workspace=workspace)
    for _ in range(3):
        delivery = DeliveryFactory(connection__workspace=workspace)
        facts = {"status": "failed", "reason": "The price is gone.", "finished_at": timezone.now()}
        RunFactory(delivery=delivery, version=version, **facts)
    gathering.gather(at=timezone.now())
    return Cause.objects.get()


def test_a_cause_is_listed_with_its_number_until_it_is_dismissed(cause, persona_client):
    client = persona_client("editor")
    assert "The price is gone." in client.get("/admin/runs/cause/").content.decode()

    client.post(f"/admin/runs/cause/{cause.pk}/dismiss/")

    assert "No dead letters" in client.get("/admin/runs/cause/").content.decode()


def test_the_page_says_how_many_are_retried_before_they_are(cause, persona_client):
    client = persona_client("editor")
    address = f"/admin/runs/cause/{cause.pk}/"
    assert "Resume 3 failed runs" in client.get(f"{address}change/").content.decode()

    client.post(f"{address}retry/", {"rate": "60", "expected": "3"})

    assert DeadLetter.objects.filter(retry_at__isnull=False).count() == 3
    assert "3 of its runs are still to be resumed." in client.get(f"{address}change/").content.decode()


def test_a_viewer_sees_them_and_can_t_retry(cause, persona_client):
    address = f"/admin/runs/cause/{cause.pk}/"

    assert (
        "Your role may not resume runs" in persona_client("viewer").get(f"{address}change/").content.decode()
    )
    assert persona_client("viewer").post(f"{address}retry/", {"rate": "60"}).status_code == 403
    assert not DeadLetter.objects.filter(retry_at__isnull=False).exists()


def test_the_workflow_s_page_says_why_it_was_paused(cause, persona_client):
    workflow = cause.workflow
    workflow.status, workflow.paused_at = "paused", timezone.now()
    workflow.paused_because = "Its last 10 runs failed."
    workflow.save()

    page = persona_client("editor").get(f"/admin/workflows/workflow/{workflow.pk}/change/").content.decode()

    assert "Its last 10 runs failed." in page
    assert "then press Resume" in page
    address = f"/admin/workflows/workflow/{workflow.pk}/policies/"
    persona_client("editor").post(address, {"pause_after_failures": "4"})
    workflow.refresh_from_db()
    assert (workflow.pause_after_failures, workflow.silence_alarm) == (4, False)
