"""The pages of reconciliation, backfills and quarantine: what they show, to whom, and what they do."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from apps.runs.models import Run
from apps.webhooks.backfill import services as backfills
from apps.webhooks.backfill import turn as backfill_turn
from apps.webhooks.models import Backfill, Delivery, Gap, Reconciliation
from apps.webhooks.reconciliation import turn
from apps.workspaces.access import Actor
from tests.webhooks.backfill.conftest import stripe_lists, subscribed
from tests.webhooks.conftest import publish
from tests.webhooks.reconciliation.conftest import compare
from tests.webhooks.stripe_sender import address, event, post

pytestmark = pytest.mark.django_db
__all__ = ["stripe_lists", "subscribed"]


@pytest.fixture
def gap(connection) -> Gap:
    now = timezone.now()
    return Gap.objects.create(
        workspace=connection.workspace,
        connection=connection,
        event_id="evt_gone",
        event_type="charge.failed",
        occurred_at=now - timedelta(hours=1),
        found_at=now,
        status=Gap.Status.OPEN,
        reason="It may not be read.",
    )


@pytest.fixture
def backfill(endpoint, connection) -> Backfill:
    post(address(endpoint), event("evt_1"))
    now = timezone.now()
    made = backfills.create(
        publish(connection),
        actor=Actor.system("tests"),
        since=now - timedelta(days=1),
        until=now + timedelta(seconds=5),
        per_minute=60,
    )
    backfill_turn.take(made.pk)
    made.refresh_from_db()
    return made


@pytest.fixture
def unreadable(endpoint) -> Delivery:
    post(address(endpoint), event("evt_9").replace(b'"type"', b'"epyt"', 1))
    return Delivery.objects.get()


def of(connection) -> str:
    return reverse("admin:webhooks_reconciliation_of", args=[connection.pk])


def test_a_missed_event_is_pretended_recovered_and_shown(editor_client, connection, subscribed):
    page = editor_client.get(of(connection), follow=True)
    row = Reconciliation.objects.get()
    assert "Check now" in page.content.decode()

    editor_client.post(reverse("admin:webhooks_reconciliation_pretend", args=[row.pk]))
    editor_client.post(reverse("admin:webhooks_reconciliation_check", args=[row.pk]))
    row.refresh_from_db()
    assert row.next_at <= timezone.now()
    turn.take(row.pk)

    text = editor_client.get(row.get_absolute_url()).content.decode()
    assert Run.objects.get().event_type == "charge.failed"
    assert "Recovered" in text
    assert Gap.objects.get().event_id in text
    assert "Everything that Stripe lists" in text


def test_the_page_of_a_connection_without_a_workflow_says_what_to_do(viewer_client, endpoint, connection):
    text = viewer_client.get(of(connection), follow=True).content.decode()

    assert "No published workflow listens" in text
    assert "Check now" not in text
    assert "None yet" in text


def test_the_connection_s_page_leads_there(viewer_client, endpoint, connection):
    page = viewer_client.get(reverse("admin:connections_connection_change", args=[connection.pk]))

    assert of(connection) in page.content.decode()


def test_an_open_event_stands_on_the_page_and_is_closed_with_a_reason(
    editor_client, connection, subscribed, gap
):
    text = editor_client.get(of(connection), follow=True).content.decode()
    assert "It may not be read." in text

    editor_client.post(reverse("admin:webhooks_gap_close", args=[gap.pk]), {"reason": ""})
    gap.refresh_from_db()
    assert gap.status == Gap.Status.OPEN
    editor_client.post(reverse("admin:webhooks_gap_close", args=[gap.pk]), {"reason": "Done by hand"})

    gap.refresh_from_db()
    assert gap.status == Gap.Status.CLOSED
    assert "Done by hand" in editor_client.get(gap.get_absolute_url()).content.decode()


def test_an_open_event_is_tried_again(editor_client, connection, subscribed, gap, stripe_lists):
    again = reverse("admin:webhooks_gap_again", args=[gap.pk])
    text = editor_client.post(again, follow=True).content.decode()
    assert "It may not be read." in text  # Stripe does not know it.
    stripe_lists("evt_gone", minutes_ago=60)

    editor_client.post(again)

    gap.refresh_from_db()
    assert gap.status == Gap.Status.RECOVERED
    assert Run.objects.get().event_id == "evt_gone"


def test_a_backfill_is_chosen_counted_and_started(editor_client, endpoint, connection):
    post(address(endpoint), event("evt_1"))
    workflow = publish(connection)
    add = reverse("admin:webhooks_backfill_add")
    assert workflow.name in editor_client.get(f"{add}?workflow={workflow.pk}").content.decode()
    now = timezone.now()
    window = {
        "workflow": workflow.pk,
        "since": f"{now - timedelta(days=1):%Y-%m-%dT%H:%M}",
        "until": f"{now + timedelta(minutes=2):%Y-%m-%dT%H:%M}",
        "per_minute": 60,
    }
    page = editor_client.post(add, window, follow=True)
    made = Backfill.objects.get()
    assert "Nothing is run" in page.content.decode()
    backfill_turn.take(made.pk)
    assert "1 event would be run" in editor_client.get(made.get_absolute_url()).content.decode()

    editor_client.post(reverse("admin:webhooks_backfill_start", args=[made.pk]))
    backfill_turn.take(made.pk)

    assert "Finished: 1 run" in editor_client.get(made.get_absolute_url()).content.decode()
    assert Run.objects.count() == 1


def test_a_window_too_far_back_is_said_at_its_field(editor_client, endpoint, connection):
    workflow = publish(connection)
    window = {"workflow": workflow.pk, "since": "2020-01-01T00:00", "until": "2020-01-02T00:00"}

    page = editor_client.post(reverse("admin:webhooks_backfill_add"), {**window, "per_minute": 5})

    assert "Nothing is kept longer than 30 days" in page.content.decode()


def test_one_request_is_mapped_on_its_page(editor_client, listening, unreadable):
    page = reverse("admin:webhooks_quarantined_change", args=[unreadable.pk])
    assert "Say which event it is" in editor_client.get(page).content.decode()

    answer = editor_client.post(
        reverse("admin:webhooks_quarantined_map", args=[unreadable.pk]), {"event_type": "charge.failed"}
    )

    assert answer.url == unreadable.get_absolute_url()
    assert Run.objects.get().delivery == unreadable
    assert editor_client.get(page).status_code == 404  # It is in quarantine no more.


def test_many_are_discarded_behind_a_preview_with_the_number(editor_client, endpoint):
    for body in (b"{}", b"[]"):
        post(address(endpoint), body)
    listed = reverse("admin:webhooks_quarantined_changelist")
    chosen = [str(pk) for pk in Delivery.objects.values_list("pk", flat=True)]
    action = {"action": "discard_many", "_selected_action": chosen}
    preview = editor_client.post(listed, action).content.decode()
    assert "2 of 2 chosen requests will be discarded" in preview
    assert Delivery.objects.filter(status="quarantined").count() == 2

    many = reverse("admin:webhooks_quarantined_many")
    editor_client.post(many, {"what": "discard", "pk": chosen, "reason": "Nothing of worth"})

    assert not Delivery.objects.filter(status="quarantined").exists()


def test_the_preview_of_a_release_names_what_will_be_left(editor_client, endpoint):
    post(address(endpoint), b"not json {")
    pk = str(Delivery.objects.get().pk)

    preview = editor_client.post(
        reverse("admin:webhooks_quarantined_changelist"),
        {"action": "release_many", "_selected_action": [pk]},
    ).content.decode()

    assert "0 of 1 chosen request" in preview
    assert "1 can&#x27;t be released" in preview or "1 can't be released" in preview


ACTS = [
    ("reconciliation_check", "row"),
    ("reconciliation_pretend", "row"),
    ("gap_again", "gap"),
    ("gap_close", "gap"),
    ("backfill_start", "backfill"),
    ("backfill_pause", "backfill"),
    ("backfill_resume", "backfill"),
    ("backfill_stop", "backfill"),
    ("quarantined_release", "unreadable"),
    ("quarantined_map", "unreadable"),
    ("quarantined_discard", "unreadable"),
]


@pytest.fixture
def rows(connection, gap, endpoint) -> dict[str, object]:
    post(address(endpoint), b"{}")
    unreadable = Delivery.objects.latest("pk")
    now = timezone.now()
    made = Backfill.objects.create(
        workspace=connection.workspace,
        workflow=publish(connection),
        connection=connection,
        since=now - timedelta(days=1),
        until=now,
        per_minute=5,
        created_at=now,
        next_at=now,
    )
    row = Reconciliation.objects.create(connection=connection)
    return {"row": row, "gap": gap, "backfill": made, "unreadable": unreadable}


@pytest.mark.parametrize(("route", "kind"), ACTS)
def test_a_viewer_may_not_and_a_stranger_sees_nothing(viewer_client, stranger_client, rows, route, kind):
    url = reverse(f"admin:webhooks_{route}", args=[rows[kind].pk])

    assert viewer_client.post(url, {"reason": "No"}).status_code == 403
    assert stranger_client.post(url, {"reason": "No"}).status_code == 404
    assert viewer_client.get(url).status_code == 405
    assert not Run.objects.exists()


@pytest.mark.parametrize("kind", ["row", "gap", "backfill", "unreadable"])
def test_a_page_is_its_workspace_s_own(viewer_client, stranger_client, rows, kind):
    route = {"row": "reconciliation", "unreadable": "quarantined"}.get(kind, kind)
    page = reverse(f"admin:webhooks_{route}_change", args=[rows[kind].pk])
    listed = reverse(f"admin:webhooks_{route}_changelist")

    assert viewer_client.get(page).status_code == 200
    assert stranger_client.get(page).status_code == 404
    assert page in viewer_client.get(listed).content.decode()
    assert page not in stranger_client.get(listed).content.decode()


def test_a_stranger_finds_no_comparison_of_a_connection(stranger_client, endpoint, connection):
    assert stranger_client.get(of(connection)).status_code == 404
    assert not Reconciliation.objects.exists()


def test_a_stranger_s_number_in_a_bulk_form_changes_nothing(stranger_client, rows):
    many = reverse("admin:webhooks_quarantined_many")
    stranger_client.post(many, {"what": "discard", "pk": [rows["unreadable"].pk], "reason": "Mine"})

    rows["unreadable"].refresh_from_db()
    assert rows["unreadable"].status == "quarantined"


def test_the_pages_of_a_busy_comparison_look_again(viewer_client, connection, subscribed, stripe_lists):
    stripe_lists("evt_lost", minutes_ago=30)
    row = compare(connection)
    assert "http-equiv" not in viewer_client.get(row.get_absolute_url()).content.decode()
    Reconciliation.objects.update(next_at=timezone.now())

    assert 'http-equiv="refresh"' in viewer_client.get(row.get_absolute_url()).content.decode()
