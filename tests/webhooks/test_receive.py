"""What becomes of a verified event."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.catalog.spec import Verified
from apps.language.times import LAST_SECOND
from apps.runs.models import Run
from apps.webhooks import services
from apps.webhooks.models import Delivery, Seen
from apps.workflows.models import Workflow
from tests.factories import ConnectionFactory, EndpointFactory, WorkspaceFactory
from tests.webhooks.conftest import publish
from tests.webhooks.stripe_sender import SECRET, address, event, post, sign_bytes

BARE = "/v1/webhooks/stripe.trigger-charge-failed"

pytestmark = pytest.mark.django_db


def test_an_event_that_a_workflow_listens_to_is_stored_and_starts_a_run(endpoint, listening):
    body = event("evt_first", created=1_767_225_600)

    answer = post(address(endpoint), body)

    delivery = Delivery.objects.get()
    assert (answer.status_code, answer.json()["code"]) == (200, "accepted")
    assert answer.json()["delivery"] == str(delivery.code)
    assert delivery.status == Delivery.Status.ACCEPTED
    assert (delivery.event_id, delivery.event_type) == ("evt_first", "charge.failed")
    assert delivery.occurred_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert delivery.workspace == endpoint.connection.workspace
    assert services.body_of(delivery) == body
    run = Run.objects.get()
    assert (run.delivery, run.workflow, run.replay) == (delivery, listening, 0)


def test_the_stored_body_is_not_readable_in_the_database(endpoint, listening):
    post(address(endpoint), event())

    stored = bytes(Delivery.objects.values_list("body", flat=True).get())
    assert b"pia@example.com" not in stored
    assert b"charge.failed" not in stored


def test_every_workflow_that_listens_gets_a_run_of_its_own(endpoint, listening):
    second = publish(endpoint.connection)

    post(address(endpoint), event())

    assert set(Run.objects.values_list("workflow", flat=True)) == {listening.pk, second.pk}


def test_a_paused_workflow_receives_and_its_run_is_held(endpoint, listening):
    Workflow.objects.update(status=Workflow.Status.PAUSED)

    answer = post(address(endpoint), event())

    assert answer.status_code == 200
    assert Run.objects.get().status == Run.Status.HELD


def test_workflows_of_another_connection_or_trigger_get_no_run(endpoint):
    publish(endpoint.connection, "stripe.trigger-customer-created")
    publish(ConnectionFactory(workspace=endpoint.connection.workspace))

    answer = post(address(endpoint), event())

    assert answer.json()["code"] == "ignored"
    assert not Run.objects.exists()


def test_the_events_type_decides_the_route_and_the_path_only_labels(endpoint, listening):
    answer = post(address(endpoint, "stripe.trigger-customer-created"), event(kind="charge.failed"))

    assert answer.json()["code"] == "accepted"
    assert Run.objects.get().workflow == listening


def test_an_event_without_a_listener_is_kept_with_the_reason(endpoint):
    answer = post(address(endpoint), event(kind="charge.failed"))

    delivery = Delivery.objects.get()
    assert answer.status_code == 200
    assert delivery.status == Delivery.Status.IGNORED
    assert delivery.reason == "No published workflow listens to charge.failed."


def test_an_event_of_a_type_that_no_trigger_is_for_is_kept_with_the_reason(endpoint):
    post(address(endpoint), event(kind="hologram.shimmered"))

    delivery = Delivery.objects.get()
    assert delivery.status == Delivery.Status.IGNORED
    assert delivery.reason == "No trigger of Stripe is for hologram.shimmered."


def test_an_event_that_comes_again_is_counted_and_runs_once(endpoint, listening):
    body = event("evt_again")

    answers = [post(address(endpoint), body).json()["code"] for _ in range(4)]

    assert answers == ["accepted", "duplicate", "duplicate", "duplicate"]
    assert Delivery.objects.get().duplicates == 3
    assert Run.objects.count() == 1


def test_an_event_whose_body_differs_is_the_same_event(endpoint, listening):
    post(address(endpoint), event("evt_same"))

    answer = post(address(endpoint), event("evt_same", pending_webhooks=2))

    assert answer.json()["code"] == "duplicate"
    assert Run.objects.count() == 1


def test_the_same_event_id_on_two_connections_is_two_events(endpoint, listening):
    other = EndpointFactory(
        connection=ConnectionFactory(workspace=endpoint.connection.workspace), secret_value=SECRET
    )

    codes = [post(address(each), event("evt_shared")).json()["code"] for each in (endpoint, other)]

    assert codes == ["accepted", "ignored"]
    assert Delivery.objects.count() == 2


def test_a_duplicate_of_a_pruned_delivery_still_starts_nothing(endpoint, listening):
    body = event("evt_old")
    post(address(endpoint), body)
    Run.objects.all().delete()
    Delivery.objects.all().delete()

    answer = post(address(endpoint), body)

    assert (answer.status_code, answer.json()["code"]) == (200, "duplicate")
    assert not Run.objects.exists()


def test_an_ignored_event_that_comes_again_is_routed_afresh(endpoint):
    body = event("evt_patient")
    post(address(endpoint), body)
    publish(endpoint.connection)

    answers = [post(address(endpoint), body).json()["code"] for _ in range(2)]

    delivery = Delivery.objects.get()
    assert answers == ["accepted", "duplicate"]
    assert (delivery.status, delivery.reason, delivery.duplicates) == (Delivery.Status.ACCEPTED, "", 2)
    assert Run.objects.get().delivery == delivery


def test_an_accepted_event_that_comes_again_starts_no_newer_workflow(endpoint, listening):
    body = event("evt_once")
    post(address(endpoint), body)
    publish(endpoint.connection)

    post(address(endpoint), body)

    assert Run.objects.get().workflow == listening


def test_a_sample_event_is_marked_as_one(endpoint, listening):
    body = event()

    services.receive(
        f"stripe/{endpoint.token}",
        {"stripe-signature": sign_bytes(body)},
        body,
        source=Delivery.Source.SAMPLE,
    )

    assert Delivery.objects.get().source == Delivery.Source.SAMPLE


def test_a_valid_signature_that_is_late_is_accepted_and_marked(endpoint, listening, altered_stripe):
    altered_stripe(verify=lambda *given: Verified(late=True))

    answer = post(address(endpoint), event())

    assert answer.json()["code"] == "accepted"
    assert Delivery.objects.get().late


def test_an_event_of_the_year_9999_is_stored(endpoint, listening):
    post(address(endpoint), event(created=LAST_SECOND))

    assert Delivery.objects.get().occurred_at == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def test_an_event_of_the_first_second_is_stored(endpoint, listening):
    post(address(endpoint), event(created=0))

    assert Delivery.objects.get().occurred_at == datetime(1970, 1, 1, tzinfo=UTC)


def test_the_longest_event_id_and_type_are_stored(endpoint):
    long_id, long_kind = "evt_" + "x" * 251, "k" * 255

    first = post(address(endpoint), event(long_id, long_kind))
    again = post(address(endpoint), event(long_id, long_kind))

    assert (first.status_code, again.json()["code"]) == (200, "duplicate")
    assert Delivery.objects.get().event_id == long_id


def test_the_endpoint_shows_when_it_last_got_a_delivery(endpoint, listening):
    before = datetime.now(UTC)

    post(address(endpoint), event())

    endpoint.refresh_from_db()
    assert before <= endpoint.last_delivery_at <= datetime.now(UTC)


def test_the_endpoints_row_is_not_written_with_every_delivery(endpoint, listening):
    recent = datetime.now(UTC) - timedelta(seconds=3)
    type(endpoint).objects.update(last_delivery_at=recent)

    post(address(endpoint), event())

    endpoint.refresh_from_db()
    assert endpoint.last_delivery_at == recent


def test_the_drafts_of_the_workflows_are_not_read(endpoint, listening):
    body = event()
    headers = {"stripe-signature": sign_bytes(body)}

    with CaptureQueriesContext(database) as captured:
        services.receive(f"stripe/{endpoint.token}", headers, body)

    assert not [query for query in captured.captured_queries if '"draft"' in query["sql"]]


def test_an_unknown_token_is_404_and_names_the_right_form(endpoint):
    answer = post("/v1/webhooks/stripe/not-a-token", event())

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_endpoint")
    assert "/v1/webhooks/stripe/<token>" in answer.json()["message"]
    assert not Seen.objects.exists()


@pytest.mark.parametrize(
    "path",
    [
        "/v1/webhooks/nobody/{token}",
        "/v1/webhooks/stripe.trigger-nothing/{token}",
        "/v1/webhooks/stripe/{token}/more",
        "/v1/webhooks/stripe/%00{token}",
        "/v1/webhooks/stripe/%ED%A0%80",
        "/v1/webhooks/customerio/{token}",
        "/v1/webhooks/stripe/" + "t" * 300,
    ],
)
def test_a_path_that_names_no_endpoint_is_404(endpoint, path):
    answer = post(path.format(token=endpoint.token), event())

    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_endpoint")
    assert not Delivery.objects.exists()


def test_a_trailing_slash_is_forgiven(endpoint, listening):
    assert post(address(endpoint) + "/", event()).status_code == 200


def test_the_address_of_a_disconnected_connection_is_404(endpoint, listening):
    connection = endpoint.connection
    connection.status = connection.Status.DISCONNECTED
    connection.save()

    assert post(address(endpoint), event()).status_code == 404
    assert not Delivery.objects.exists()


def test_an_event_of_a_broken_connection_is_stored(endpoint, listening):
    connection = endpoint.connection
    connection.status = connection.Status.BROKEN
    connection.save()

    assert post(address(endpoint), event()).json()["code"] == "accepted"


def test_at_a_bare_address_the_endpoint_is_found_by_its_signature(endpoint, listening):
    EndpointFactory(connection=ConnectionFactory(workspace=endpoint.connection.workspace))

    answer = post(BARE, event())

    assert answer.json()["code"] == "accepted"
    assert Delivery.objects.get().connection == endpoint.connection


def test_with_two_workspaces_a_bare_address_is_404_and_names_the_right_form(endpoint):
    WorkspaceFactory()

    answer = post(BARE, event())

    assert answer.status_code == 404
    assert "/v1/webhooks/stripe.trigger-charge-failed/<token>" in answer.json()["message"]


def test_a_bare_address_tries_sixteen_endpoints(endpoint, listening):
    for _ in range(15):
        EndpointFactory(connection=ConnectionFactory(workspace=endpoint.connection.workspace))

    assert post(BARE, event()).json()["code"] == "accepted"


def test_with_seventeen_endpoints_a_bare_address_is_404(endpoint):
    for _ in range(16):
        EndpointFactory(connection=ConnectionFactory(workspace=endpoint.connection.workspace))

    assert post(BARE, event()).status_code == 404


def test_an_app_without_a_token_is_404(endpoint):
    assert post("/v1/webhooks/stripe", event()).status_code == 404


def test_without_any_endpoint_a_bare_address_is_404(workspace):
    assert post(BARE, event()).status_code == 404


def test_a_request_at_a_bare_address_that_no_secret_signed_is_refused_and_stored_nowhere(endpoint):
    answer = post(BARE, event(), header=sign_bytes(event(), secret="whsec_anotherOne"))

    assert (answer.status_code, answer.json()["code"]) == (401, "no_match")
    assert not Delivery.objects.exists()
