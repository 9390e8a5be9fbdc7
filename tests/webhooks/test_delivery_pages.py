"""What the admin shows of deliveries and of refused requests."""

import html
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from apps.connections import credentials
from apps.connections.models import Connection
from apps.webhooks import reasons
from apps.webhooks.models import Delivery, Refusal
from tests.factories import ConnectionFactory, DeliveryFactory, EndpointFactory, RunFactory
from tests.webhooks.stripe_sender import SECRET, address, event, post

pytestmark = pytest.mark.django_db

LIST = "/admin/webhooks/delivery/"
REFUSALS = "/admin/webhooks/refusal/"


def text_of(response) -> str:
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def received(endpoint, body: bytes) -> Delivery:
    return Delivery.objects.get(code=post(address(endpoint), body).json()["delivery"])


def test_the_list_shows_what_arrived_and_what_became_of_it(endpoint, listening, viewer_client):
    received(endpoint, event("evt_ran"))
    post(address(endpoint), event("evt_ran"))
    received(endpoint, event("evt_unheard", "customer.created"))
    received(endpoint, b"not json")

    page = text_of(viewer_client.get(LIST))

    assert "evt_ran" in page
    assert "evt_unheard" in page
    assert "No published workflow listens to customer.created." in page
    assert "Quarantined" in page
    assert "This body is not JSON" in page
    assert f"{reverse('admin:runs_run_changelist')}?q=evt_ran" in page


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("?q=evt_ran", "evt_ran"),
        ("?q=%20evt_ran%20", "evt_ran"),
        ("?status__exact=ignored", "evt_unheard"),
        ("?source__exact=webhook&status__exact=accepted", "evt_ran"),
    ],
)
def test_the_list_is_searched_and_filtered(endpoint, listening, viewer_client, query, shown):
    received(endpoint, event("evt_ran"))
    received(endpoint, event("evt_unheard", "customer.created"))

    page = text_of(viewer_client.get(LIST + query))

    found = {
        name for name in ("evt_ran", "evt_unheard") if f">{name}<" in page.replace("\n", "").replace(" ", "")
    }
    assert found == {shown}


def test_a_delivery_is_found_by_its_code(endpoint, listening, viewer_client):
    delivery = received(endpoint, event("evt_ran"))
    received(endpoint, event("evt_other"))

    page = text_of(viewer_client.get(f"{LIST}?q={delivery.code}"))

    assert "evt_ran" in page
    assert "evt_other" not in page


def test_part_of_an_event_id_finds_nothing(endpoint, viewer_client):
    received(endpoint, event("evt_unheard"))

    assert "evt_unheard" not in text_of(viewer_client.get(f"{LIST}?q=evt_unh"))


def test_the_filter_of_connections_offers_those_of_the_workspace_alone(endpoint, viewer_client):
    received(endpoint, event())
    DeliveryFactory(connection=ConnectionFactory(name="Secret customer of somebody"))

    page = text_of(viewer_client.get(LIST))

    assert "Stripe live" in page
    assert "Secret customer" not in page


def test_a_range_of_time_narrows_the_list(connection, viewer_client):
    DeliveryFactory(connection=connection, event_id="evt_new", received_at=datetime(2026, 5, 2, tzinfo=UTC))
    DeliveryFactory(connection=connection, event_id="evt_old", received_at=datetime(2026, 5, 1, tzinfo=UTC))

    query = {
        "received_at_from_0": "2026-05-01",
        "received_at_from_1": "12:00:00",
        "received_at_to_0": "2026-05-03",
        "received_at_to_1": "00:00:00",
    }
    page = text_of(viewer_client.get(LIST, query))

    assert "evt_new" in page
    assert "evt_old" not in page


def test_the_page_shows_facts_payload_and_runs(endpoint, listening, viewer_client):
    delivery = received(endpoint, event("evt_ran"))

    page = text_of(viewer_client.get(delivery.get_absolute_url()))

    assert "charge.failed" in page
    assert "evt_ran" in page
    assert "Accepted; it started 1 run." in page
    assert '"receipt_email": "pia@example.com"' in page
    assert reverse("admin:runs_run_change", args=[delivery.runs.get().pk]) in page
    assert listening.name in page


def test_the_page_of_an_ignored_delivery_says_what_to_do(endpoint, viewer_client):
    unheard = received(endpoint, event(kind="customer.created"))
    unknown = received(endpoint, event("evt_2", kind="radar.review"))

    assert "Publish a workflow that starts with this event" in text_of(
        viewer_client.get(unheard.get_absolute_url())
    )
    assert "leave radar.review off its event types at Stripe" in text_of(
        viewer_client.get(unknown.get_absolute_url())
    )


def test_markup_in_a_payload_is_shown_and_not_executed(endpoint, viewer_client):
    hostile = "<script>alert(1)</script>"
    deliveries = [received(endpoint, event(note=hostile)), received(endpoint, hostile.encode())]

    for delivery in deliveries:
        source = viewer_client.get(delivery.get_absolute_url()).content.decode()
        assert "&lt;script&gt;alert(1)" in source
        assert hostile not in source


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        (b"\xff\xfe\x00abc", "\\xff\\xfe\\x00abc"),
        (b'{"a": "\\ud800"}', '{"a": "\\ud800"}'),
        (b'{"a": "\\u0000"}', '{"a": "\\u0000"}'),
        (b'{"a": NaN}', '{"a": NaN}'),
        (b"[" * 20_000, "[[[[[[[["),
        (b"9" * 5_000, "9999999"),
        (b"", "The 0 bytes as they came"),
    ],
)
def test_a_quarantined_body_is_shown_as_it_came_with_what_is_not_printable_escaped(
    endpoint, viewer_client, body, shown
):
    delivery = received(endpoint, body)

    page = text_of(viewer_client.get(delivery.get_absolute_url()))

    assert shown in page
    assert "Nothing was run. The sender was verified" in page


def test_a_long_quarantined_body_is_cut_and_says_so(endpoint, viewer_client):
    delivery = received(endpoint, b"x" * 300_000)

    response = viewer_client.get(delivery.get_absolute_url())

    assert "280,000 more bytes cut" in text_of(response)
    assert len(response.content) < 150_000


def test_secrets_stand_on_no_page(connection, viewer_client, owner_client, settings):
    settings.PUBLIC_URL = "https://tandem.example.com"
    canary = "sk_test_CANARYofTheStoredKey1234567890"
    connection.credentials = credentials.seal(connection, {"secret_key": canary})
    connection.save()
    endpoint = EndpointFactory(connection=connection, secret_value=SECRET)
    secrets: dict[str, Any] = {
        "client_secret": "pi_1_secret_CANARYofThePayment",
        "metadata": {"password": "CANARYpassword", "note": f"key {canary} and {SECRET}"},
        "bearer": "Bearer CANARYtoken123456",
    }
    readable = received(endpoint, event("evt_secret", **secrets))
    unreadable = [
        received(endpoint, event("evt_2", **secrets, created=None)),
        received(endpoint, event("evt_3", **secrets)[:-2]),
        received(endpoint, event("evt_4", **secrets).replace(b'"ch_1"', b"NaN")),
    ]
    pages = [LIST, REFUSALS, reverse("admin:webhooks_delivery_run_again", args=[readable.pk])]
    pages += [delivery.get_absolute_url() for delivery in (readable, *unreadable)]

    for page in pages:
        source = text_of(owner_client.get(page))
        assert "CANARY" not in source, page
        assert SECRET not in source, page
    assert "••••" in text_of(viewer_client.get(readable.get_absolute_url()))


def test_a_body_whose_key_is_lost_says_which_key_to_put_back(endpoint, listening, viewer_client, settings):
    delivery = received(endpoint, event())
    settings.FIELD_KEYS = ["another field key, which opens nothing of before"]

    page = text_of(viewer_client.get(delivery.get_absolute_url()))

    assert "The stored body does not open." in page
    assert "back at the end of FIELD_KEYS" in page
    assert "evt_1" in page


def test_a_body_of_before_the_replay_window_says_so(connection, viewer_client, editor_client):
    delivery = DeliveryFactory(connection=connection, body=b"")

    page = text_of(editor_client.get(delivery.get_absolute_url()))

    assert "replay window" in page
    assert "Replay…" not in page


def test_a_payload_that_says_it_came_late_is_marked(connection, viewer_client):
    delivery = DeliveryFactory(connection=connection, late=True)

    assert ">Late<" in viewer_client.get(delivery.get_absolute_url()).content.decode()
    assert ">Late<" in viewer_client.get(LIST).content.decode()


def test_many_runs_are_cut_with_a_link_to_all(connection, viewer_client):
    first = RunFactory(delivery__connection=connection)
    for replay in range(1, 60):
        RunFactory(delivery=first.delivery, version=first.version, replay=replay)

    page = text_of(viewer_client.get(first.delivery.get_absolute_url()))

    assert "Replay 59" in page
    assert "Replay 5<" not in page
    assert "All runs of this event" in page


def test_refused_requests_are_shown_with_reason_and_remedy(endpoint, viewer_client):
    for _ in range(2):
        post(address(endpoint), event(), header="t=1,v1=00")
    post(address(endpoint), event(), header="")

    page = text_of(viewer_client.get(REFUSALS))

    assert "The signature does not match" in page
    assert "paste the current signing secret" in page
    assert "The signature is missing" in page
    assert "Stripe live" in page
    assert "Refused requests" in text_of(viewer_client.get(LIST))


def test_the_list_of_deliveries_points_to_recent_refusals_only(endpoint, viewer_client):
    Refusal.objects.create(
        endpoint=endpoint, reason="no_match", count=3, last_at=datetime.now(UTC) - timedelta(days=2)
    )

    assert "could not be verified" not in text_of(viewer_client.get(LIST))


@pytest.mark.parametrize(
    "reason",
    ["no_match", "no_secret", "missing_header", "malformed_header", "too_old", "in_future", "too_large",
     "secret_unreadable", "something_new"],
)  # fmt: skip
def test_every_reason_has_words_and_a_remedy(endpoint, viewer_client, reason):
    Refusal.objects.create(endpoint=endpoint, reason=reason, count=1, last_at=datetime.now(UTC))

    explained = reasons.refusal(reason)
    assert "_" not in explained.words.replace("MAX_BODY_BYTES", "")
    assert explained.remedy
    assert explained.words in text_of(viewer_client.get(REFUSALS))


def test_the_page_of_a_broken_connections_delivery_works(endpoint, listening, viewer_client):
    delivery = received(endpoint, event())
    Connection.objects.update(credentials=b"damaged", status=Connection.Status.BROKEN)

    assert "evt_1" in text_of(viewer_client.get(delivery.get_absolute_url()))
