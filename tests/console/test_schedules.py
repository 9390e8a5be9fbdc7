"""Workflows that the clock starts, as people meet them: made, published, run at once, looked at."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.connections.models import Connection, Endpoint
from apps.console import doctor
from apps.console.samples import planned_calls
from apps.runs.models import Run
from apps.schedules import services
from apps.schedules.models import DueTime
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workflows.publishing import pause, publish
from apps.workflows.services import create_workflow, save_draft, validate_draft
from tests.console.conftest import url
from tests.console.html_forms import page
from tests.console.test_live_pages import confirm
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch):
    """Let every sweep look at what is published, as if five seconds had passed."""
    monkeypatch.setattr(services, "_arranging", services._Pace(0))


def scheduled(workspace, customerio, actor, trigger="at-set-times", name="Reminder", **options) -> Workflow:
    step = {
        "id": "tell",
        "kind": "action",
        "name": "Tell Customer.io",
        "action": "customerio.track-event",
        "connection": str(customerio.code),
        "inputs": {
            "identifier": {"value": "ada@example.com"},
            "name": {"template": "reminded_on_{{ trigger.weekday }}"},
        },
    }
    part = {"id": "trigger", "trigger": f"schedule.trigger-{trigger}", "options": options}
    drafted = {"schema": 1, "trigger": part, "steps": [step], "notes": ""}
    return create_workflow(workspace, actor=actor, name=name, definition=drafted)


@pytest.fixture
def reminder(workspace, customerio, actor) -> Workflow:
    return scheduled(workspace, customerio, actor, when="weekdays", at="09:00", zone="Europe/Berlin")


def test_it_needs_no_connection_to_be_chosen(reminder, workspace, customerio, actor):
    other = scheduled(workspace, customerio, actor, "every-so-often", "Another")

    own = Connection.objects.get(app="schedule")
    assert (own.name, own.status, own.workspace) == ("Schedule", Connection.Status.CONNECTED, workspace)
    assert reminder.draft["trigger"]["connection"] == other.draft["trigger"]["connection"] == str(own.code)
    assert validate_draft(reminder) == validate_draft(other) == []


def test_another_trigger_s_connection_gives_way_to_its_own(workspace, stripe, customerio, actor, workflow):
    draft = workflow.draft
    draft["trigger"]["trigger"] = "schedule.trigger-every-so-often"

    save_draft(workflow, actor=actor, definition=draft, revision=workflow.draft_revision)

    own = Connection.objects.get(app="schedule")
    assert workflow.draft["trigger"]["connection"] == str(own.code)


@pytest.mark.parametrize(
    ("options", "field", "said"),
    [
        ({"when": "cron", "cron": "0 25 * * *"}, "cron", "The hour of this cron line is “25”"),
        ({"when": "cron", "cron": "0 0 31 2 *"}, "cron", "never comes"),
        ({"when": "cron"}, "cron", "There is no cron line"),
        ({"when": "sometimes"}, "when", "not one of the values on offer"),
        ({"at": "25:00"}, "at", "does not have the form"),
        ({"zone": "Europe/Berln"}, "zone", "Did you mean “Europe/Berlin”"),
        ({"zone": "+02:00"}, "zone", "There is no time zone “+02:00”"),
        ({"missed": "often"}, "missed", "not one of the values on offer"),
    ],
)
def test_what_is_wrong_is_named_before_it_is_live(workspace, customerio, actor, options, field, said):
    made = scheduled(workspace, customerio, actor, **options)

    [problem] = validate_draft(made)

    assert problem.field == field
    assert said in problem.message


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"every": 0}, "The shortest interval is 1 minute"),
        ({"every": 367, "unit": "days"}, "The longest interval is 366 days"),
        ({"unit": "weeks"}, "not one of the values on offer"),
    ],
)
def test_an_interval_has_bounds(workspace, customerio, actor, options, said):
    made = scheduled(workspace, customerio, actor, "every-so-often", **options)

    [problem] = validate_draft(made)

    assert said in problem.message


def test_publishing_shows_the_next_times_and_no_webhook(editor_client, reminder):
    asked = page(editor_client.get(url(reminder, "publish"))).text
    answered = page(confirm(editor_client, reminder)).text

    assert "Published now, it would run at (Europe/Berlin)" in asked
    assert "Webhook" not in asked
    assert "Version 1 is live. It runs next on" in answered
    assert "The next five times (Europe/Berlin)" in answered
    assert answered.count(", 09:00") == 6, "five in the list, one in the message"
    assert "Webhook" not in answered


def test_a_paused_one_says_that_nothing_is_due(editor_client, reminder, actor):
    publish(reminder, actor=actor)
    pause(reminder, actor=actor)

    assert "Paused: nothing is due until you resume." in page(editor_client.get(url(reminder))).text


def test_run_it_now_is_a_finished_run_of_this_workflow_alone(
    editor_client, reminder, workspace, customerio, actor, work
):
    publish(reminder, actor=actor)
    publish(scheduled(workspace, customerio, actor, name="Another"), actor=actor)

    response = editor_client.post(url(reminder, "sample"))
    work()

    run = Run.objects.get()
    assert response["Location"] == f"/admin/runs/run/{run.pk}/change/"
    assert (run.workflow, run.status) == (reminder, Run.Status.SUCCEEDED)
    assert run.delivery.source == Delivery.Source.SAMPLE
    assert DueTime.objects.filter(workflow=reminder, due_at__gt=timezone.now()).exists()


def test_run_it_now_asks_where_real_accounts_are_called_and_names_its_own_calls_alone(
    workspace, customerio, actor, reminder
):
    real = ConnectionFactory(workspace=workspace, app="customerio", name="Customer.io live", sandbox=False)
    publish(reminder, actor=actor)
    other = scheduled(workspace, real, actor, name="For real")
    publish(other, actor=actor)

    assert planned_calls(reminder) == []
    assert [call.connection for call in planned_calls(other)] == ["Customer.io live"]


def test_a_delivery_says_that_the_schedule_made_it(editor_client, reminder, actor, work):
    publish(reminder, actor=actor)
    work()
    DueTime.objects.update(due_at=timezone.now().replace(second=0, microsecond=0))
    work()

    delivery = Delivery.objects.get()
    shown = page(editor_client.get(f"/admin/webhooks/delivery/{delivery.pk}/change/")).text
    again = page(editor_client.get(f"/admin/webhooks/delivery/{delivery.pk}/run-again/")).text
    assert "Schedule" in shown
    assert "schedule.set_time" in shown
    assert "Reminder" in again


def test_its_connection_can_neither_be_tested_nor_reconnected_nor_made_by_hand(owner_client, reminder):
    own = Connection.objects.get(app="schedule")
    address = f"/admin/connections/connection/{own.pk}"

    response = owner_client.get(f"{address}/change/")
    offered = page(owner_client.get("/admin/connections/connection/add/")).text

    assert "No account needed" in page(response).text
    for name in ("test", "reconnect", "disconnect", "repair", "secret"):
        assert f"{address}/{name}/" not in response.text
    assert 'id="webhook"' not in response.text
    assert owner_client.get(f"{address}/reconnect/").status_code == 404
    assert "Starts a workflow at set times" not in offered


def test_nobody_from_outside_can_make_a_time_due(client, reminder, actor):
    publish(reminder, actor=actor)
    token = Endpoint.objects.get(connection__app="schedule").token

    response = client.post(f"/v1/webhooks/schedule/{token}", b"{}", content_type="application/json")

    assert response.status_code == 404
    assert not Delivery.objects.exists()


def test_the_doctor_misses_no_signing_secret_of_it(reminder, actor):
    publish(reminder, actor=actor)

    found = list(doctor._webhooks())

    assert not any("Schedule" in finding.message for finding in found)


def test_the_doctor_tells_schedules_that_nobody_fires(reminder, actor, work):
    publish(reminder, actor=actor)
    work()
    now = timezone.now()

    on_time = list(doctor._schedules(now))
    DueTime.objects.update(due_at=now - timedelta(minutes=3))
    [late] = doctor._schedules(now)
    pause(reminder, actor=actor)
    paused = list(doctor._schedules(now))

    assert on_time == paused == []
    assert late.level is doctor.Level.BROKEN
    assert late.message.startswith("1 schedule overdue, since ")


def test_a_viewer_makes_no_connection_by_looking(viewer_client, workspace, customerio, actor, workflow):
    viewer_client.get(url(workflow))

    assert not Connection.objects.filter(app="schedule").exists()


def test_the_times_of_a_live_one_are_those_that_come(reminder, actor, work):
    publish(reminder, actor=actor)
    work()

    now = timezone.now()
    assert DueTime.objects.filter(due_at__gt=now, due_at__lt=now + timedelta(days=4)).exists()


def test_the_editor_shows_options_as_they_are_and_the_times_that_they_mean(
    editor_client, workspace, customerio, actor
):
    made = scheduled(workspace, customerio, actor)

    shown = page(editor_client.get(url(made, "edit")))

    [form] = [each for each in shown.forms if "revision" in each.fields]
    assert {key: form.fields[f"t-o-{key}"] for key in ("when", "at", "zone", "missed")} == {
        "when": "every-day",
        "at": "09:00",
        "zone": "UTC",
        "missed": "run_late",
    }
    assert "Published now, it would run at (UTC)" in shown.text

    posted = form.posted(
        {"t-o-when": "cron", "t-o-cron": "30 6 * * MON", "t-o-zone": "Asia/Kolkata", "do": "save"}
    )
    saved = page(editor_client.post(url(made, "edit"), posted, follow=True)).text

    made.refresh_from_db()
    assert made.draft["trigger"]["options"] == {
        "when": "cron",
        "cron": "30 6 * * MON",
        "zone": "Asia/Kolkata",
    }
    assert saved.count(", 06:30") == 5


def test_the_times_are_told_while_options_are_typed(editor_client, workspace, customerio, actor):
    made = scheduled(workspace, customerio, actor)
    [form] = [each for each in page(editor_client.get(url(made, "edit"))).forms if "revision" in each.fields]

    def typed(**options):
        posted = form.posted({f"t-o-{key}": value for key, value in options.items()})
        return editor_client.post(url(made, "preview"), posted).json()

    right, wrong = typed(at="06:45"), typed(when="cron", cron="0 0 31 2 *")

    assert right["times"].count(", 06:45") == 5
    assert wrong["times"].strip() == ""
    assert "never comes" in str(wrong["problems"])


def test_a_wrong_cron_line_is_told_at_its_place(editor_client, workspace, customerio, actor):
    made = scheduled(workspace, customerio, actor, when="cron", cron="0 9 * * 9")

    shown = page(editor_client.get(url(made, "edit"))).text

    assert "The day of the week of this cron line is “9”. It takes 0 to 7 or SUN to SAT" in shown
    assert "it would run at" not in shown
