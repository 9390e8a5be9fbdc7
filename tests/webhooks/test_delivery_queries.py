"""The pages of deliveries cost the same whatever the number of rows."""

from datetime import UTC, datetime

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.common import paging
from apps.runs.models import Run
from apps.webhooks.models import Delivery, Refusal
from tests.factories import DeliveryFactory, EndpointFactory, RunFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/webhooks/delivery/"


def fill(connection, number: int) -> None:
    """Add deliveries with a run each."""
    now = datetime.now(UTC)
    run = RunFactory(delivery__connection=connection)
    deliveries = Delivery.objects.bulk_create(
        Delivery(
            workspace=connection.workspace,
            connection=connection,
            status=Delivery.Status.ACCEPTED,
            event_id=f"evt_{n}",
            event_type="charge.failed",
            received_at=now,
            body_size=n,
        )
        for n in range(number)
    )
    Run.objects.bulk_create(
        Run(
            workspace=connection.workspace,
            workflow=run.workflow,
            version=run.version,
            delivery=delivery,
            event_id=delivery.event_id,
            event_type=delivery.event_type,
            event_at=now,
            received_at=now,
            due_at=now,
        )
        for delivery in deliveries
    )


def cost(client, page: str) -> int:
    with CaptureQueriesContext(database) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


@pytest.mark.parametrize("query", ["", "?status__exact=accepted", "?q=evt_1", "?p=2"])
def test_the_list_costs_the_same_with_2000_rows(connection, viewer_client, query):
    fill(connection, 60)
    viewer_client.get(LIST)
    few = cost(viewer_client, LIST + query)

    fill(connection, 2_000)

    # Django counts once more where everything fits on a page.
    assert cost(viewer_client, LIST + query) <= few <= 20


def test_the_list_does_not_read_bodies(connection, viewer_client):
    fill(connection, 3)

    with CaptureQueriesContext(database) as captured:
        viewer_client.get(LIST)

    read = [query["sql"] for query in captured.captured_queries if 'FROM "webhooks_delivery"' in query["sql"]]
    assert read
    assert not [sql for sql in read if '"webhooks_delivery"."body",' in sql]


def test_the_page_of_a_delivery_costs_the_same_with_40_runs(connection, viewer_client):
    one = RunFactory(delivery__connection=connection)
    viewer_client.get(LIST)
    few = cost(viewer_client, one.delivery.get_absolute_url())

    for replay in range(1, 40):
        RunFactory(delivery=one.delivery, version=one.version, replay=replay)
    fill(connection, 2_000)

    assert cost(viewer_client, one.delivery.get_absolute_url()) == few <= 15


def test_the_list_of_refusals_costs_the_same_with_many_rows(connection, viewer_client):
    endpoint = EndpointFactory(connection=connection)
    now = datetime.now(UTC)
    Refusal.objects.create(endpoint=endpoint, reason="reason_0", count=1, last_at=now)
    viewer_client.get("/admin/webhooks/refusal/")
    few = cost(viewer_client, "/admin/webhooks/refusal/")

    Refusal.objects.bulk_create(
        Refusal(endpoint=endpoint, reason=f"reason_{n}", count=n, last_at=now) for n in range(1, 40)
    )

    assert cost(viewer_client, "/admin/webhooks/refusal/") == few <= 15


def test_the_list_counts_no_further_than_the_paginators_limit(connection, viewer_client, monkeypatch):
    monkeypatch.setattr(paging, "COUNT_LIMIT", 70)
    for _ in range(2):
        DeliveryFactory(connection=connection)
    fill(connection, 100)

    page = viewer_client.get(LIST).content.decode()

    assert "70+" in page
