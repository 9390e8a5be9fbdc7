"""From a due time to a run: once, on time or late, whoever looks and however often."""

import json

import pytest
from django.template.loader import render_to_string
from structlog.testing import capture_logs

from apps.common.errors import Conflict
from apps.connections.models import SandboxCall
from apps.console import doctor, next_times
from apps.runs.models import Run
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from apps.runs.worker.sweeps import sweep
from apps.schedules import services
from apps.schedules.models import DueTime
from apps.schedules.services import fire_due
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from apps.workflows import publishing
from apps.workflows.models import Workflow
from tests.schedules.conftest import ACTOR, at


def fired_at() -> list[str]:
    """Return the due times that made deliveries, oldest first."""
    return [f"{row.occurred_at:%m-%d %H:%M}" for row in Delivery.objects.order_by("pk")]


def test_a_published_schedule_runs_at_its_time_and_succeeds_once(clockwork):
    clockwork.publish(when="every-day", at="09:00", zone="Europe/Berlin")

    moved = [sweep(at=at(moment)) for moment in ("2025-03-03T08:30", "2025-03-04T07:59:59")]
    sweep(at=at("2025-03-04T08:00:00.4"))
    sweep(at=at("2025-03-04T08:00:01.6"))
    Drain("test", stop=NeverStop(), threads=2).run_until_idle()

    run = Run.objects.get()
    call = SandboxCall.objects.get()
    assert moved == [0, 0]
    assert run.status == Run.Status.SUCCEEDED
    assert run.event_type == "schedule.set_time"
    assert run.event_at == at("2025-03-04T08:00")
    assert json.loads(call.request_body)["data"] == {"day": "2025-03-04"}
    assert DueTime.objects.get().due_at == at("2025-03-05T08:00")


def test_the_event_has_its_time_in_the_zone(clockwork):
    clockwork.publish(when="every-day", at="00:30", zone="America/New_York")

    fire_due(at=at("2025-03-03T08:01"))
    fire_due(at=at("2025-03-04T05:30:01"))

    delivery = Delivery.objects.get()
    body = json.loads(webhooks.body_of(delivery))
    assert delivery.status == Delivery.Status.ACCEPTED
    assert not delivery.late
    assert body["scheduled_at"] == int(at("2025-03-04T05:30").timestamp())
    assert body["fired_at"] == body["scheduled_at"] + 1
    assert body["time_zone"] == "America/New_York"


def test_an_interval_runs_again_and_again_from_its_publishing(clockwork):
    clockwork.publish("every-so-often", every=20, unit="minutes")

    for moment in ("08:01", "08:20", "08:20:01", "08:39:59", "08:40:00", "09:00:00"):
        fire_due(at=at(f"2025-03-03T{moment}"))

    assert fired_at() == ["03-03 08:20", "03-03 08:40", "03-03 09:00"]
    assert Run.objects.count() == 3


def test_many_missed_times_are_run_once_and_late(clockwork):
    clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))

    fire_due(at=at("2025-03-07T11:30"))
    fire_due(at=at("2025-03-07T11:31"))

    delivery = Delivery.objects.get()
    body = json.loads(webhooks.body_of(delivery))
    assert fired_at() == ["03-07 09:00"]
    assert delivery.late
    assert body["fired_at"] - body["scheduled_at"] == 2.5 * 3600
    assert Run.objects.count() == 1
    assert DueTime.objects.get().due_at == at("2025-03-08T09:00")


def test_a_missed_time_is_skipped_with_a_trace_where_that_was_chosen(clockwork):
    clockwork.publish(when="every-day", at="09:00", zone="Europe/Berlin", missed="skip")
    fire_due(at=at("2025-03-03T08:01"))

    fire_due(at=at("2025-03-04T10:15"))

    delivery = Delivery.objects.get()
    assert delivery.status == Delivery.Status.IGNORED
    assert delivery.reason == (
        "Missed: no worker was running at 2025-03-04 09:00 (Europe/Berlin), 2 h 15 min before this. "
        "The workflow skips what it missed."
    )
    assert not Run.objects.exists()
    assert DueTime.objects.get().due_at == at("2025-03-05T08:00")


def test_a_skipped_time_can_be_run_by_a_person(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00", missed="skip")
    clockwork.publish(when="every-day", at="10:00", missed="skip")
    fire_due(at=at("2025-03-03T08:01"))
    fire_due(at=at("2025-03-03T09:45"))

    runs = webhooks.run_again(Delivery.objects.get(), actor=ACTOR)

    assert [run.workflow for run in runs] == [workflow]


def test_a_time_within_a_minute_is_no_missed_one(clockwork):
    clockwork.publish(when="every-day", at="09:00", missed="skip")
    fire_due(at=at("2025-03-03T08:01"))

    fire_due(at=at("2025-03-03T09:00:59"))

    assert Delivery.objects.get().status == Delivery.Status.ACCEPTED


def test_a_worker_that_was_not_running_when_it_was_published_runs_it_late(clockwork):
    clockwork.publish(when="every-day", at="09:00")

    fire_due(at=at("2025-03-03T12:00"))

    assert fired_at() == ["03-03 09:00"]


def test_each_schedule_starts_its_own_workflow_alone(clockwork):
    first = clockwork.publish(when="every-day", at="09:00")
    second = clockwork.publish(when="every-day", at="09:00")
    clockwork.publish(when="every-day", at="10:00")
    fire_due(at=at("2025-03-03T08:01"))

    fire_due(at=at("2025-03-03T09:00:02"))

    assert Delivery.objects.count() == 2
    assert {run.workflow for run in Run.objects.all()} == {first, second}
    assert all(row.runs.count() == 1 for row in Delivery.objects.all())


def test_a_time_that_a_restored_backup_brings_back_is_not_run_again(clockwork):
    clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))
    fire_due(at=at("2025-03-03T09:00:01"))

    DueTime.objects.update(due_at=at("2025-03-03T09:00"))
    fire_due(at=at("2025-03-03T09:00:30"))

    assert Delivery.objects.get().duplicates == 1
    assert Run.objects.count() == 1
    assert DueTime.objects.get().due_at == at("2025-03-04T09:00")


def test_a_worker_that_read_the_row_before_another_moved_it_does_nothing(clockwork):
    clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))
    read = DueTime.objects.get()
    fire_due(at=at("2025-03-03T09:00:01"))

    won = DueTime.objects.advance(read, to=at("2025-03-09T09:00"))

    assert not won
    assert DueTime.objects.get().due_at == at("2025-03-04T09:00")


def test_one_schedule_that_fails_keeps_no_other_waiting(clockwork, monkeypatch):
    broken = clockwork.publish(when="every-day", at="09:00")
    well = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))
    enter = webhooks.enter

    def failing(connection, body, **facts):
        if str(broken.code).encode() in body:
            raise RuntimeError("This one fails.")
        return enter(connection, body, **facts)

    monkeypatch.setattr(webhooks, "enter", failing)
    fire_due(at=at("2025-03-03T09:00:01"))

    assert [run.workflow for run in Run.objects.all()] == [well]
    assert DueTime.objects.get(workflow=broken).due_at == at("2025-03-03T09:00"), "it is tried again"


def with_zone(workflow, zone):
    """Let the live version name this zone, as if the time zone database had been changed."""
    version = workflow.versions.get()
    version.definition["trigger"]["options"]["zone"] = zone
    type(version).objects.filter(pk=version.pk).update(definition=version.definition)


def test_a_rule_that_can_t_be_read_any_more_keeps_nobody_waiting_and_is_told_once(clockwork, monkeypatch):
    lost = clockwork.publish(when="every-day", at="09:00")
    well = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))
    with_zone(lost, "Europe/Atlantis")
    monkeypatch.setattr(services, "AT_ONCE", 1)

    with capture_logs() as lines:
        for second in range(1, 7):
            fire_due(at=at(f"2025-03-03T09:00:0{second}"))

    told = [line for line in lines if line["log_level"] == "error"]
    assert [line["event"] for line in told] == ["schedule.unreadable"]
    assert "Europe/Atlantis" in told[0]["reason"]
    assert [run.workflow for run in Run.objects.all()] == [well]
    assert DueTime.objects.get(workflow=lost).due_at is None


def test_a_rule_that_can_be_read_again_goes_on_with_its_next_time(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))
    with_zone(workflow, "Europe/Atlantis")
    fire_due(at=at("2025-03-03T09:00:01"))

    with_zone(workflow, "UTC")
    fire_due(at=at("2025-03-03T12:00"))
    fire_due(at=at("2025-03-04T09:00:01"))

    assert fired_at() == ["03-04 09:00"]


def test_a_rule_that_can_t_be_read_refuses_to_run_now_and_says_why(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    with_zone(workflow, "Europe/Atlantis")

    with pytest.raises(Conflict, match="Europe/Atlantis"):
        services.run_now(Workflow.objects.get(), at=at("2025-03-03T09:00"))

    assert not Delivery.objects.exists()


def test_a_rule_that_can_t_be_read_is_told_on_the_workflow_s_page_and_by_the_doctor(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))
    with_zone(workflow, "Europe/Atlantis")
    fire_due(at=at("2025-03-03T09:00:01"))

    shown = next_times.of_workflow(Workflow.objects.get())
    [finding] = [each for each in doctor.examine() if each.subject == "schedules"]

    assert shown is not None
    assert "Europe/Atlantis" in shown.problem
    assert "Europe/Atlantis" in render_to_string("console/next_times.html", {"next_times": shown})
    assert finding.level is doctor.Level.BROKEN
    assert workflow.name in finding.message
    assert "Europe/Atlantis" in finding.message


def test_a_paused_schedule_has_no_times_and_missed_none_when_resumed(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))

    publishing.pause(workflow, actor=ACTOR)
    for day in (3, 4, 5):
        fire_due(at=at(f"2025-03-0{day}T09:00:01"))
    paused = DueTime.objects.get().due_at
    publishing.resume(workflow, actor=ACTOR)
    fire_due(at=at("2025-03-05T09:30"))

    assert paused is None
    assert not Delivery.objects.exists()
    assert DueTime.objects.get().due_at == at("2025-03-06T09:00")


def test_an_unpublished_schedule_ends(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))

    publishing.unpublish(workflow, actor=ACTOR)
    fire_due(at=at("2025-03-03T09:00:01"))

    assert not DueTime.objects.exists()
    assert not Delivery.objects.exists()


def test_a_new_version_has_new_times(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))

    clockwork.change(workflow, at("2025-03-03T08:30"), when="every-day", at="11:00")
    for hour in ("08:31", "09:00:01", "11:00:01"):
        fire_due(at=at(f"2025-03-03T{hour}"))

    assert fired_at() == ["03-03 11:00"]


def test_publishing_anew_keeps_a_missed_time_that_the_new_version_has_too(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00", missed="run_late")
    fire_due(at=at("2025-03-03T08:30"))

    clockwork.change(workflow, at("2025-03-03T09:30"), when="every-day", at="09:00", missed="run_late")
    fire_due(at=at("2025-03-03T09:31"))
    fire_due(at=at("2025-03-03T09:32"))

    assert fired_at() == ["03-03 09:00"]
    assert Delivery.objects.get().late
    assert Run.objects.get().version.number == 2
    assert DueTime.objects.get().due_at == at("2025-03-04T09:00")


def test_publishing_anew_within_the_second_of_a_time_keeps_it(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))

    clockwork.change(workflow, at("2025-03-03T09:00:00.5"), when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T09:00:01"))
    fire_due(at=at("2025-03-03T09:00:02"))

    assert fired_at() == ["03-03 09:00"]
    assert not Delivery.objects.get().late


def test_publishing_anew_after_a_time_that_was_run_runs_it_no_second_time(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    for moment in ("08:30", "09:00:01"):
        fire_due(at=at(f"2025-03-03T{moment}"))

    clockwork.change(workflow, at("2025-03-03T09:00:02"), when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T09:00:03"))

    assert fired_at() == ["03-03 09:00"]
    assert Delivery.objects.get().duplicates == 0


def test_a_missed_time_survives_versions_that_no_worker_saw(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:10"))

    clockwork.change(workflow, at("2025-03-03T08:30"), when="every-day", at="09:00", zone="Etc/UTC")
    clockwork.change(workflow, at("2025-03-03T10:00"), when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T10:01"))

    assert fired_at() == ["03-03 09:00"]


@pytest.mark.parametrize(
    "options", [{"when": "every-day", "at": "08:00"}, {"when": "every-week", "at": "09:00"}]
)
def test_a_missed_time_that_the_new_version_does_not_have_is_dropped_and_no_other_made_up(clockwork, options):
    """Neither 09:00 of Tuesday nor a time of the new rule from before its publishing."""
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))
    fire_due(at=at("2025-03-03T09:00"))

    clockwork.change(workflow, at("2025-03-04T09:30"), **options)
    fire_due(at=at("2025-03-04T09:31"))

    assert fired_at() == ["03-03 09:00"]


def test_of_several_missed_times_the_newest_that_both_versions_have_is_run(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))

    clockwork.change(workflow, at("2025-03-09T12:00"), when="weekdays", at="09:00")
    fire_due(at=at("2025-03-09T12:01"))

    assert fired_at() == ["03-07 09:00"]


def test_a_schedule_that_another_trigger_replaced_has_no_times(clockwork):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:30"))

    type(workflow).objects.update(trigger_ref="stripe.trigger-charge-failed")
    fire_due(at=at("2025-03-03T09:00:01"))

    assert not DueTime.objects.exists()


def test_a_version_that_is_not_live_any_more_never_fires(clockwork, monkeypatch):
    workflow = clockwork.publish(when="every-day", at="09:00")
    fire_due(at=at("2025-03-03T08:01"))
    monkeypatch.setattr("apps.schedules.services.arrange", lambda **_: None)

    publishing.unpublish(workflow, actor=ACTOR)
    fired = fire_due(at=at("2025-03-03T09:00:01"))

    assert fired == 0
    assert not Delivery.objects.exists()


@pytest.mark.parametrize("day", ["2025-03-30", "2025-10-26"])
def test_half_past_two_runs_once_on_the_days_when_clocks_change(clockwork, day):
    clockwork.publish(when="every-day", at="02:30", zone="Europe/Berlin")
    fire_due(at=at("2025-03-03T08:01"))
    # Locally between one and five o'clock of that night.
    DueTime.objects.update(due_at=at(f"{day}T00:30") if day == "2025-10-26" else at(f"{day}T01:30"))

    for minute in range(0, 4 * 60, 10):
        fire_due(at=at(f"{day}T{minute // 60:02}:{minute % 60:02}:01"))

    assert Delivery.objects.count() == Run.objects.count() == 1


def test_nothing_published_costs_a_look_or_two(clockwork, django_assert_max_num_queries, monkeypatch):
    clockwork.publish(when="every-day", at="09:00")
    monkeypatch.setattr(services, "_arranging", services._Pace(services.ARRANGE_SECONDS))
    fire_due(at=at("2025-03-03T08:01:00"))

    with django_assert_max_num_queries(1):
        fire_due(at=at("2025-03-03T08:01:01"))
    with django_assert_max_num_queries(5):
        fire_due(at=at("2025-03-03T08:01:06"))
