"""Two who publish, pause or save at once; on the database that runs them really at once."""

import threading
from collections.abc import Callable

import pytest
from django.db import connections as databases

from apps.common.errors import Conflict
from apps.connections.models import EventSubscription
from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workflows.publishing import pause, publish
from tests.factories import WorkflowFactory
from tests.workflows.conftest import PAID, recipe

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(*jobs: Callable[[], object]) -> list[object]:
    """Run jobs in threads of their own, started together; return what each returned or raised."""
    barrier = threading.Barrier(len(jobs))
    answers: list[object] = [None] * len(jobs)

    def run(number: int, job: Callable[[], object]) -> None:
        barrier.wait()
        try:
            answers[number] = job()
        except Exception as error:  # noqa: BLE001 - the test looks at whatever was raised.
            answers[number] = error
        finally:
            databases.close_all()

    threads = [threading.Thread(target=run, args=(number, job)) for number, job in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def mine(workflow: Workflow) -> Workflow:
    """Return the row as another request has it."""
    return Workflow.objects.select_related("workspace").get(pk=workflow.pk)


def test_two_publishings_of_one_draft_get_a_number_each(workflow, actor):
    answers = at_once(*[lambda: publish(mine(workflow), actor=actor, revision=1) for _ in range(4)])

    assert sorted(version.number for version in answers) == [1, 2, 3, 4]
    workflow.refresh_from_db()
    assert workflow.live_version.number == 4
    assert EventSubscription.objects.count() == 1


def test_workflows_published_at_once_make_one_webhook(workspace, actor, live_stripe, customerio, stand_in):
    failed = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))
    paid = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio, trigger=PAID))

    at_once(
        lambda: publish(mine(failed), actor=actor),
        lambda: publish(mine(paid), actor=actor),
    )

    [at_stripe] = stand_in.endpoints
    assert sorted(at_stripe["enabled_events"]) == ["invoice.paid", "invoice.payment_failed"]


def test_a_save_and_a_publishing_never_mix(workflow, actor, stripe, customerio):
    wanted = recipe(stripe, customerio, trigger=PAID)

    published, saved = at_once(
        lambda: publish(mine(workflow), actor=actor, revision=1),
        lambda: services.save_draft(mine(workflow), actor=actor, definition=wanted, revision=1),
    )

    assert isinstance(saved, Workflow)
    workflow.refresh_from_db()
    if isinstance(published, Conflict):
        assert workflow.live_version is None
    else:
        assert workflow.live_version.definition == recipe(stripe, customerio)
    assert workflow.draft == wanted


def test_a_pause_is_not_lost_to_a_publishing(workflow, actor):
    publish(workflow, actor=actor)

    at_once(
        lambda: publish(mine(workflow), actor=actor),
        lambda: pause(mine(workflow), actor=actor),
    )

    workflow.refresh_from_db()
    assert workflow.status == Workflow.Status.PAUSED


def test_one_of_two_saves_wins(workflow, actor, stripe, customerio):
    drafts = [recipe(stripe, customerio, trigger=PAID), {**recipe(stripe, customerio), "notes": "Ask Ann"}]

    answers = at_once(
        *[
            lambda draft=draft: services.save_draft(mine(workflow), actor=actor, definition=draft, revision=1)
            for draft in drafts
        ]
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["Conflict", "Workflow"]
    workflow.refresh_from_db()
    assert workflow.draft_revision == 2
    assert workflow.draft in drafts
