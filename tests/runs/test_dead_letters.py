"""Failed runs are sorted by cause, retried many at a time, and put aside."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common.errors import Conflict, NotAllowed
from apps.runs.dead_letters import gathering, services
from apps.runs.dead_letters.models import Cause, DeadLetter
from apps.runs.dead_letters.patterns import pattern_of, step_of
from apps.runs.models import Run, StepRun
from apps.workspaces.access import Actor
from tests.factories import DeliveryFactory, RunFactory, VersionFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture
def version(workspace):
    return VersionFactory(live=True, workflow__workspace=workspace)


@pytest.fixture
def fail(workspace, version):
    def fail_one(reason="Step “Tell”: The address ada@example.com is unknown.", at=NOW, **facts):
        delivery = DeliveryFactory(connection__workspace=workspace)
        facts = {"version": version, "reason_code": "refused", **facts}
        run = RunFactory(delivery=delivery, status="failed", reason=reason, finished_at=at, **facts)
        StepRun.objects.create(
            run=run,
            path="loop[2].tell",
            position=1,
            kind="action",
            name="Tell",
            status="failed",
            started_at=at,
            finished_at=at,
            error_code="refused",
        )
        return run

    return fail_one


def test_a_pattern_leaves_out_what_belongs_to_one_event():
    first = pattern_of("Step “Tell”: Customer cus_9s6XKzkNRiz8i3 (ada@example.com) owes 12.50 EUR.")
    second = pattern_of("Step “Tell”: Customer cus_8rT2bbqLmw1111 (bob@example.org) owes 3 EUR.")

    assert first == second == "Customer ‹id› (‹e-mail›) owes ‹number› EUR."
    assert pattern_of("No such price.") == "No such price."
    assert step_of("loop[2].inner[17].tell") == "loop[].inner[].tell"


def test_failures_of_one_cause_are_one_entry(fail):
    fail("Step “Tell”: The address ada@example.com is unknown.", at=NOW - timedelta(minutes=5))
    newest = fail("Step “Tell”: The address bob@example.com is unknown.")
    fail("Step “Tell”: The price is gone.")

    gathering.gather(at=NOW)

    cause = Cause.objects.get(pattern="The address ‹e-mail› is unknown.")
    assert Cause.objects.count() == 2
    assert DeadLetter.objects.open().filter(cause=cause).count() == 2
    assert (cause.step, cause.step_name, cause.error_code) == ("loop[].tell", "Tell", "refused")
    assert cause.example == newest
    assert (cause.first_at, cause.last_at) == (NOW - timedelta(minutes=5), NOW)


def test_gathering_twice_finds_nothing_new(fail):
    fail()
    assert len(gathering.gather(at=NOW)) == 1

    assert gathering.gather(at=NOW) == []


def test_an_end_that_was_written_late_is_found(fail):
    fail()
    gathering.gather(at=NOW)
    fail(at=NOW - timedelta(seconds=9))

    assert len(gathering.gather(at=NOW)) == 1


def test_a_run_that_fails_again_is_a_new_letter(fail):
    run = fail()
    [former] = gathering.gather(at=NOW)
    Run.objects.filter(pk=run.pk).update(finished_at=NOW + timedelta(minutes=1))

    [letter] = gathering.gather(at=NOW + timedelta(minutes=2))

    assert letter.pk > former.pk
    assert DeadLetter.objects.get().failed_at == NOW + timedelta(minutes=1)


def test_the_test_of_a_draft_is_no_dead_letter(fail, version):
    draft = VersionFactory(workflow=version.workflow, number=None, test_of_revision=1)
    fail(version=draft)

    assert gathering.gather(at=NOW) == []


def test_many_are_retried_at_the_rate_that_was_chosen(fail, editor):
    runs = [fail() for _ in range(4)]
    gathering.gather(at=NOW)
    cause = Cause.objects.get()
    assert services.preview(cause).runs == 4

    services.retry_all(cause, actor=Actor.of(editor), rate=60, expected=4)

    begin = timezone.now()
    assert services.retry_due(at=begin) == 1
    assert services.retry_due(at=begin + timedelta(seconds=2)) == 2
    assert Run.objects.filter(pk__in=[run.pk for run in runs], status="queued").count() == 3


def test_what_is_not_retried_yet_can_be_stopped(fail, editor):
    fail()
    fail()
    gathering.gather(at=NOW)
    cause = Cause.objects.get()
    services.retry_all(cause, actor=Actor.of(editor), rate=1, expected=2)
    services.retry_due(at=timezone.now())

    assert services.stop_retrying(cause, actor=Actor.of(editor)) == 1
    assert services.retry_due(at=timezone.now() + timedelta(hours=1)) == 0


def test_more_failures_than_the_person_saw_are_not_retried_unseen(fail, editor):
    for _ in range(5):
        fail()
    gathering.gather(at=NOW)

    with pytest.raises(Conflict) as refused:
        services.retry_all(Cause.objects.get(), actor=Actor.of(editor), rate=60, expected=2)

    assert refused.value.code == "grown"


def test_a_run_that_can_t_be_retried_says_why_and_holds_up_nobody(fail, editor):
    blocked, free = fail(), fail()
    RunFactory(delivery=blocked.delivery, version=blocked.version, replay=1, status="succeeded")
    gathering.gather(at=NOW)
    services.retry_all(Cause.objects.get(), actor=Actor.of(editor), rate=6000, expected=2)

    assert services.retry_due(at=timezone.now()) == 1

    assert "replayed since" in DeadLetter.objects.get(run=blocked).refused
    free.refresh_from_db()
    assert free.status == "queued"


def test_a_viewer_may_not_retry_or_dismiss(fail, viewer):
    fail()
    gathering.gather(at=NOW)
    cause = Cause.objects.get()

    with pytest.raises(NotAllowed):
        services.retry_all(cause, actor=Actor.of(viewer), rate=60, expected=1)
    with pytest.raises(NotAllowed):
        services.dismiss(cause, actor=Actor.of(viewer))


def test_what_was_put_aside_is_gone_until_it_fails_again(fail, editor):
    fail()
    gathering.gather(at=NOW)
    cause = Cause.objects.get()

    assert services.dismiss(cause, actor=Actor.of(editor)) == 1
    assert not Cause.objects.open().exists()

    fail(at=NOW + timedelta(minutes=1))
    gathering.gather(at=NOW + timedelta(minutes=2))
    assert Cause.objects.open().get() == cause


def test_what_was_mended_is_not_listed_and_forgotten(fail):
    run = fail()
    gathering.gather(at=NOW)
    Run.objects.filter(pk=run.pk).update(status="succeeded")
    assert not Cause.objects.open().exists()

    gathering.tidy(at=NOW + timedelta(days=100), older=timedelta(days=90))

    assert not Cause.objects.exists()
    assert not DeadLetter.objects.exists()
