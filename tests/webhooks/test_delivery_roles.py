"""Who sees deliveries and who may run them again: every page and every persona."""

from datetime import UTC, datetime

import pytest
from django.urls import reverse

from apps.runs.models import Run
from apps.webhooks.models import Delivery, Refusal
from tests.factories import ConnectionFactory, DeliveryFactory, EndpointFactory, WorkspaceFactory
from tests.personas import MEMBERS, PERSONAS
from tests.webhooks.stripe_sender import address, event, post

pytestmark = pytest.mark.django_db

LIST = "/admin/webhooks/delivery/"
REFUSALS = "/admin/webhooks/refusal/"


@pytest.fixture
def delivery(endpoint, listening) -> Delivery:
    post(address(endpoint), event("evt_of_acme"))
    return Delivery.objects.get()


@pytest.fixture
def refusal(endpoint) -> Refusal:
    return Refusal.objects.create(endpoint=endpoint, reason="no_match", count=1, last_at=datetime.now(UTC))


def pages_of(delivery: Delivery, refusal: Refusal) -> dict[str, str]:
    return {
        "delivery": delivery.get_absolute_url(),
        "delivery history": reverse("admin:webhooks_delivery_history", args=[delivery.pk]),
        "delivery delete": reverse("admin:webhooks_delivery_delete", args=[delivery.pk]),
        "run again": reverse("admin:webhooks_delivery_run_again", args=[delivery.pk]),
        "refusal": reverse("admin:webhooks_refusal_change", args=[refusal.pk]),
        "refusal history": reverse("admin:webhooks_refusal_history", args=[refusal.pk]),
        "refusal delete": reverse("admin:webhooks_refusal_delete", args=[refusal.pk]),
    }


ALLOWED = {
    "delivery": set(MEMBERS),
    "delivery history": {"owner", "admin_member"},
    "delivery delete": set(),
    "run again": {"owner", "admin_member", "editor"},
    "refusal": set(MEMBERS),
    "refusal history": {"owner", "admin_member"},
    "refusal delete": set(),
}


@pytest.mark.parametrize("persona", MEMBERS)
@pytest.mark.parametrize("page", ALLOWED)
def test_a_member_gets_what_the_role_allows(delivery, refusal, persona_client, persona, page):
    answer = persona_client(persona).get(pages_of(delivery, refusal)[page])

    assert answer.status_code == (200 if persona in ALLOWED[page] else 403)


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("page", ALLOWED)
def test_for_a_stranger_nothing_of_it_exists(delivery, refusal, stranger_client, page, method):
    before = Run.objects.count()

    answer = getattr(stranger_client, method)(pages_of(delivery, refusal)[page], {"post": "yes"})

    # A page that nobody may use says so before it looks for the row.
    assert answer.status_code in ((404, 403) if page.endswith("delete") else (404,))
    assert Run.objects.count() == before
    assert "evt_of_acme" not in answer.content.decode()


@pytest.mark.parametrize("address", [LIST, REFUSALS])
def test_the_lists_of_a_stranger_show_nothing_of_it(delivery, refusal, stranger_client, address):
    for query in ("", "?q=evt_of_acme", f"?q={delivery.code}"):
        answer = stranger_client.get(address + query)
        content = answer.content.decode().replace(f'value="{delivery.code}"', "").replace("q=evt_of_acme", "")
        assert answer.status_code == 200
        assert "Stripe live" not in content
        assert delivery.get_absolute_url() not in content


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("address", [f"{LIST}add/", f"{REFUSALS}add/"])
def test_nobody_adds_a_row(workspace, persona_client, persona, address):
    assert persona_client(persona).get(address).status_code == 403
    assert persona_client(persona).post(address, {"status": "accepted"}).status_code == 403


@pytest.mark.parametrize("persona", MEMBERS)
def test_nobody_changes_or_deletes_a_delivery(delivery, persona_client, persona):
    client = persona_client(persona)

    saved = client.post(delivery.get_absolute_url(), {"status": "ignored"})
    client.post(LIST, {"action": "delete_selected", "_selected_action": [delivery.pk], "post": "yes"})

    assert saved.status_code == 405
    assert Delivery.objects.get().status == Delivery.Status.ACCEPTED


@pytest.mark.parametrize("persona", PERSONAS)
def test_running_again_takes_the_right_to_operate_runs(delivery, persona_client, persona):
    Run.objects.update(status=Run.Status.SUCCEEDED)

    answer = persona_client(persona).post(reverse("admin:webhooks_delivery_run_again", args=[delivery.pk]))

    allowed = persona in ("owner", "admin_member", "editor")
    assert answer.status_code == (302 if allowed else 403 if persona == "viewer" else 404)
    assert Run.objects.count() == (2 if allowed else 1)


def test_the_button_is_shown_to_those_who_may(delivery, viewer_client, editor_client):
    run_again = reverse("admin:webhooks_delivery_run_again", args=[delivery.pk])

    assert run_again in editor_client.get(delivery.get_absolute_url()).content.decode()
    assert run_again not in viewer_client.get(delivery.get_absolute_url()).content.decode()


def test_a_foreign_connection_in_a_filter_shows_nothing_of_it(delivery, viewer_client):
    foreign = DeliveryFactory(
        connection=ConnectionFactory(workspace=WorkspaceFactory()), event_id="evt_theirs"
    )

    answer = viewer_client.get(f"{LIST}?connection__id__exact={foreign.connection_id}")

    assert "evt_theirs" not in answer.content.decode()


@pytest.mark.parametrize(
    "query", ["body__startswith=x", "connection__credentials__startswith=x", "workspace__name__startswith=A"]
)
def test_a_field_that_is_no_filter_can_not_be_guessed(delivery, viewer_client, query):
    answer = viewer_client.get(f"{LIST}?{query}")

    assert answer.status_code in (302, 400)


def test_an_autocompletion_offers_a_stranger_nothing(delivery, stranger_client):
    answer = stranger_client.get(
        "/admin/autocomplete/",
        {"app_label": "runs", "model_name": "run", "field_name": "delivery", "term": "evt_of_acme"},
    )

    assert "evt_of_acme" not in answer.content.decode()


def test_refusals_of_no_endpoint_are_for_the_operator_alone(refusal, owner_client, superuser_client):
    nobodys = Refusal.objects.create(reason="missing_header", count=7, last_at=datetime.now(UTC))
    page = reverse("admin:webhooks_refusal_change", args=[nobodys.pk])

    assert "no connection&#x27;s secret signed it" in superuser_client.get(REFUSALS).content.decode()
    assert superuser_client.get(page).status_code == 200
    assert "no connection&#x27;s secret signed it" not in owner_client.get(REFUSALS).content.decode()
    assert owner_client.get(page).status_code == 404


def test_refusals_of_another_workspace_are_not_shown_to_a_member(refusal, owner_client):
    theirs = EndpointFactory(connection=ConnectionFactory(name="Theirs"))
    Refusal.objects.create(endpoint=theirs, reason="no_match", count=1, last_at=datetime.now(UTC))

    assert "Theirs" not in owner_client.get(REFUSALS).content.decode()


@pytest.mark.parametrize("page", ALLOWED)
def test_a_visitor_is_asked_to_sign_in(delivery, refusal, client, page):
    answer = client.get(pages_of(delivery, refusal)[page])

    assert answer.status_code == 302
    assert "/login/" in answer["Location"]
