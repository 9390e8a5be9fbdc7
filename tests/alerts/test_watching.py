"""What lasts is an alert as long as it lasts; what happened is counted; who is silent is told."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.alerts.kinds import Kind
from apps.alerts.models import Alert
from apps.alerts.services import close
from apps.alerts.watching import failures, rhythm, silence, standing, watchman, worker
from apps.alerts.watching.models import Rhythm, Watch
from apps.connections.models import Connection
from apps.runs.dead_letters import gathering
from apps.runs.models import Heartbeat, Run
from apps.workflows.models import Workflow
from tests.alerts.conftest import SYSTEM
from tests.common.servers import reply, serving
from tests.factories import ConnectionFactory, DeliveryFactory, RunFactory, VersionFactory
from tests.runs.asked import ask

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def version(workspace):
    return VersionFactory(live=True, workflow__workspace=workspace, workflow__name="Welcome")


@pytest.fixture
def run(workspace, version):
    def make(**facts):
        delivery = DeliveryFactory(connection__workspace=workspace)
        return RunFactory(delivery=delivery, **{"version": version, **facts})

    return make


def standing_kinds():
    return sorted(Alert.objects.standing().values_list("kind", flat=True))


def test_nothing_wrong_raises_nothing(run):
    run(status="succeeded")
    ConnectionFactory()

    standing.look(at=NOW)

    assert not Alert.objects.exists()


@pytest.mark.parametrize(("status", "severity"), [("broken", "critical"), ("needs_attention", "warning")])
def test_a_connection_in_trouble_is_an_alert_until_it_works(workspace, status, severity):
    connection = ConnectionFactory(workspace=workspace, status=status, status_reason="The key was revoked.")
    standing.look(at=NOW)
    standing.look(at=NOW)

    alert = Alert.objects.standing().get()
    assert (alert.kind, alert.severity, alert.count) == (Kind.CONNECTION, severity, 1)
    assert "The key was revoked." in alert.message

    Connection.objects.filter(pk=connection.pk).update(status="connected")
    standing.look(at=NOW)
    assert standing_kinds() == []


def test_a_workflow_that_paused_itself_is_an_alert_and_a_person_s_pause_is_none(version):
    Workflow.objects.update(status="paused")
    standing.look(at=NOW)
    assert standing_kinds() == []

    Workflow.objects.update(paused_at=NOW, paused_because="Its last 10 runs failed.")
    standing.look(at=NOW)
    assert "Its last 10 runs failed." in Alert.objects.standing().get().message

    Workflow.objects.update(status="published", paused_at=None, paused_because="")
    standing.look(at=NOW)
    assert standing_kinds() == []


def test_decisions_and_an_old_backlog_are_alerts(run):
    run(status="needs_decision")
    run(due_at=NOW - timedelta(minutes=20))
    standing.look(at=NOW)

    assert standing_kinds() == [Kind.BACKLOG, Kind.DECISION]
    assert "20 minutes" in Alert.objects.get(kind=Kind.BACKLOG).message


def test_runs_that_wait_for_their_time_are_no_backlog(run):
    run(status="waiting", due_at=NOW + timedelta(hours=5))
    run(due_at=NOW - timedelta(minutes=5))

    standing.look(at=NOW)

    assert standing_kinds() == []


def test_an_approval_that_waits_for_half_of_its_time_is_an_alert(run):
    asked = ask(run(status="waiting", due_at=NOW + timedelta(days=30)))
    later = asked.asked_at + (asked.deadline_at - asked.asked_at) / 2

    standing.look(at=min(later, asked.asked_at + timedelta(hours=24)) - timedelta(minutes=1))
    assert standing_kinds() == []

    standing.look(at=min(later, asked.asked_at + timedelta(hours=24)) + timedelta(minutes=1))
    assert standing_kinds() == [Kind.APPROVAL]


def test_failures_are_counted_per_workflow_and_end_with_a_success(run, version):
    failures.look(at=NOW)
    for _ in range(3):
        run(status="failed", finished_at=NOW, reason="The price is gone.")
    gathering.gather(at=NOW)
    failures.look(at=NOW)
    failures.look(at=NOW)

    alert = Alert.objects.standing().get()
    assert (alert.kind, alert.count) == (Kind.RUN_FAILED, 3)
    assert alert.message == "A run of “Welcome” failed. The price is gone."

    run(status="succeeded", finished_at=NOW + timedelta(minutes=1))
    failures.look(at=NOW + timedelta(minutes=2))
    assert standing_kinds() == [Kind.RUN_FAILED]
    failures.look(at=NOW + timedelta(minutes=16))
    assert standing_kinds() == []


def beat(at):
    Heartbeat.objects.all().delete()
    Heartbeat.objects.create(name="w", kind="cluster", pid=1, host="h", started_at=at, beat_at=at)


def test_the_web_process_tells_that_no_worker_runs(run, posting_channel):
    run(due_at=NOW - timedelta(minutes=9))
    with serving(reply(b"ok")) as server:
        posting_channel("slack", server.port)
        beat(NOW)
        assert watchman.look(at=NOW) == 0
        beat(NOW - timedelta(minutes=9))

        assert watchman.look(at=NOW) == 1
        assert watchman.look(at=NOW) == 0

    assert standing_kinds() == [Kind.WORKER]
    assert len(server.requests) == 1


def test_without_work_a_missing_worker_is_nobody_s_trouble(run):
    run(status="succeeded")

    assert worker.look_from_outside(at=NOW)
    assert standing_kinds() == []


def test_the_next_worker_tells_how_long_none_ran(run):
    run(due_at=NOW - timedelta(minutes=50))
    worker.look_from_inside(at=NOW - timedelta(hours=1))
    worker.look_from_inside(at=NOW)
    assert "No worker ran for 1 hour" in Alert.objects.standing().get().message

    worker.look_from_inside(at=NOW + timedelta(seconds=30))
    assert standing_kinds() == []


@pytest.fixture
def known(version):
    """A workflow whose trigger had nine events a quarter for four weeks, and none for two hours."""
    quarter = rhythm.quarter_of(NOW)
    Watch.objects.create(name=silence.WATCH, position=0, at=NOW - timedelta(minutes=1))
    return Rhythm.objects.create(
        workflow=version.workflow,
        trigger=f"{version.workflow.trigger_connection_id}:{version.workflow.trigger_ref}",
        quarter=quarter - 8,
        count=9,
        history=[9] * (5 * rhythm.WEEK - 8),
        last_at=NOW - timedelta(hours=2),
        watched_since=NOW - timedelta(weeks=5),
    )


def test_a_silent_trigger_is_told_with_its_figures_until_it_speaks(known, run):
    silence.learn(at=NOW)
    silence.alarm(at=NOW)
    silence.alarm(at=NOW)

    alert = Alert.objects.standing().get()
    assert alert.kind == Kind.SILENT
    assert "has had no event for 2 hours. Usually one comes every 1.7 minutes" in alert.message

    run(received_at=NOW)
    silence.learn(at=NOW)
    silence.alarm(at=NOW)
    assert standing_kinds() == []


def test_replays_and_tests_of_drafts_break_no_silence(known, run, version):
    run(replay=1)
    run(version=VersionFactory(workflow=version.workflow, number=None, test_of_revision=1))
    silence.learn(at=NOW)

    assert silence.alarm(at=NOW) == 1


@pytest.mark.parametrize(
    "change", [{"silence_alarm": False}, {"status": "paused"}, {"status": "unpublished"}]
)
def test_who_is_not_watched_is_not_told(known, change):
    silence.alarm(at=NOW)
    Workflow.objects.update(**change)

    assert silence.alarm(at=NOW) == 0
    assert standing_kinds() == []


def test_a_silence_that_a_person_closed_is_not_told_again(known):
    silence.alarm(at=NOW)
    close(Alert.objects.get(), actor=SYSTEM)

    assert silence.alarm(at=NOW) == 0


def test_what_is_learnt_is_counted_by_quarters(run, version):
    silence.learn(at=NOW)
    run()
    run()
    silence.learn(at=NOW)
    run()
    later = NOW + timedelta(seconds=3 * rhythm.SECONDS)
    Watch.objects.update(at=later)
    silence.learn(at=later)

    row = Rhythm.objects.get(workflow=version.workflow)
    assert (row.history, row.count) == ([2, 0, 0], 1)
    assert Run.objects.count() == 3


def test_after_an_outage_of_ours_the_silence_counts_from_then(known):
    Watch.objects.update(at=NOW - timedelta(hours=1))
    silence.learn(at=NOW)

    assert silence.alarm(at=NOW) == 0
