"""A workflow that only fails pauses itself, with its reason; what is queued is held and not lost."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.errors import NotAllowed, ValidationFailed
from apps.runs import failing
from apps.runs.models import Run
from apps.workflows import policies, publishing
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from tests.factories import DeliveryFactory, RunFactory, VersionFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
SYSTEM = Actor.system("test")


@pytest.fixture
def version(workspace):
    return VersionFactory(live=True, workflow__workspace=workspace, workflow__pause_after_failures=3)


@pytest.fixture
def ended(workspace, version):
    """Make runs that ended so, in the order of their arrival."""

    def make(*statuses, **facts):
        for status in statuses:
            delivery = DeliveryFactory(connection__workspace=workspace)
            told = {"version": version, "finished_at": NOW, "reason": "The price is gone.", **facts}
            RunFactory(delivery=delivery, status=status, **told)

    return make


def paused(version):
    failing.pause_failing([version.workflow_id], at=NOW)
    return Workflow.objects.get(pk=version.workflow_id).status == "paused"


def test_so_many_failures_in_a_row_pause_it_with_the_reason(ended, version):
    ended("succeeded", "failed", "failed", "failed")

    assert paused(version)
    workflow = Workflow.objects.get()
    assert workflow.paused_because == (
        "Its last 3 runs failed, one after the other. The newest one: The price is gone."
    )
    assert workflow.workspace.audit_entries.get().verb == "workflow.paused"


@pytest.mark.parametrize(
    "statuses",
    [("failed", "failed"), ("failed", "failed", "succeeded", "failed"), ("failed",) * 3 + ("succeeded",)],
)
def test_fewer_or_mended_ones_do_not(ended, version, statuses):
    ended(*statuses)

    assert not paused(version)


def test_what_says_nothing_about_the_workflow_is_passed_over(ended, version):
    ended("failed", "filtered", "failed", "cancelled", "queued", "failed")

    assert paused(version)


def test_failed_repetitions_and_tests_do_not_count(ended, version):
    draft = VersionFactory(workflow=version.workflow, number=None, test_of_revision=1)
    ended("failed", "failed")
    ended("failed", "failed", replay=1)
    ended("failed", "failed", version=draft)

    assert not paused(version)


def test_zero_never_pauses(ended, version):
    Workflow.objects.update(pause_after_failures=0)
    ended(*["failed"] * 30)

    assert not paused(version)


def test_a_new_version_begins_anew(ended, version):
    ended("failed", "failed", "failed")
    VersionFactory(workflow=version.workflow, live=True)

    assert not paused(version)


def test_after_a_resume_only_further_failures_count(ended, version):
    ended("failed", "failed", "failed")
    assert paused(version)

    publishing.resume(Workflow.objects.get(), actor=SYSTEM)
    later = timezone.now() + timedelta(seconds=1)
    ended("failed", "failed", finished_at=later)
    assert not paused(version)
    assert Workflow.objects.get().paused_because == ""

    ended("failed", finished_at=later)
    assert paused(version)


def test_what_is_queued_is_held_and_goes_on_after_the_resume(ended, version):
    ended("queued", "queued", finished_at=None, reason="")
    ended("waiting", finished_at=None, reason="", started_at=NOW)
    ended("failed", "failed", "failed")
    assert paused(version)

    assert failing.hold_queued(at=NOW) == 2
    held = Run.objects.filter(status="held", reason_code="paused")
    assert held.count() == 2
    assert Run.objects.filter(status="waiting").count() == 1

    publishing.resume(Workflow.objects.get(), actor=SYSTEM)
    Run.objects.release(at=NOW)
    assert Run.objects.filter(status="queued").count() == 2


def test_a_pause_of_a_person_holds_nothing_that_is_queued(ended, version):
    ended("queued", finished_at=None, reason="")
    publishing.pause(Workflow.objects.get(), actor=SYSTEM)

    assert failing.hold_queued(at=NOW) == 0


def test_the_number_is_set_by_people_who_publish(version, editor, viewer):
    workflow = version.workflow

    policies.set_policies(workflow, actor=Actor.of(editor), pause_after_failures=5, silence_alarm=False)
    assert (workflow.pause_after_failures, workflow.silence_alarm) == (5, False)

    with pytest.raises(NotAllowed):
        policies.set_policies(workflow, actor=Actor.of(viewer), pause_after_failures=1, silence_alarm=True)
    with pytest.raises(ValidationFailed):
        policies.set_policies(workflow, actor=Actor.of(editor), pause_after_failures=-1, silence_alarm=True)
