"""Going live and back: what is refused changes nothing, and the webhook follows what is live."""

import pytest

from apps.common.errors import Conflict, NotAllowed, ServiceError, ValidationFailed
from apps.connections import registration
from apps.connections.models import Connection, Endpoint, EventSubscription, Use
from apps.workflows import services
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.publishing import pause, publish, resume, unpublish
from apps.workflows.versions import compiled
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import ConnectionFactory, WorkflowFactory
from tests.workflows.conftest import FAILED, PAID, recipe

pytestmark = pytest.mark.django_db


def nothing_is_live(workflow: Workflow) -> bool:
    """Tell whether publishing left no trace."""
    row = Workflow.objects.get(pk=workflow.pk)
    return (
        row.status == Workflow.Status.DRAFT
        and row.live_version is None
        and row.trigger_connection is None
        and not WorkflowVersion.objects.exists()
        and not EventSubscription.objects.exists()
        and not Use.objects.exists()
        and not AuditEntry.objects.filter(verb="workflow.published").exists()
    )


def test_publishing_makes_the_draft_the_live_version(workflow, editor, stripe, customerio):
    version = publish(workflow, actor=Actor.of(editor), note="First", revision=1)

    assert (version.number, version.definition, version.note) == (1, workflow.draft, "First")
    assert version.published_by == editor
    assert (workflow.status, workflow.live_version) == (Workflow.Status.PUBLISHED, version)
    assert (workflow.trigger_ref, workflow.trigger_connection) == (FAILED, stripe)
    assert [step.id for step in compiled(version.pk).definition.steps] == ["track_event"]


def test_publishing_writes_who_listens_and_who_needs_which_connection(workflow, actor, stripe, customerio):
    publish(workflow, actor=actor)

    assert list(EventSubscription.objects.values_list("connection", "event_type", "user_code")) == [
        (stripe.pk, "invoice.payment_failed", workflow.code)
    ]
    uses = {use.connection: use for use in Use.objects.all()}
    assert set(uses) == {stripe, customerio}
    assert uses[customerio].label == "Dunning"
    assert uses[customerio].url == f"/admin/workflows/workflow/{workflow.pk}/change/"


def test_publishing_notes_which_data_feeds_which_field(workflow, actor):
    version = publish(workflow, actor=actor)

    assert any("amount_due" in str(entry) for entry in version.lineage)


def test_publishing_again_numbers_on_and_keeps_former_versions(workflow, actor, stripe, customerio):
    publish(workflow, actor=actor)
    services.save_draft(
        workflow, actor=actor, definition=recipe(stripe, customerio, trigger=PAID), revision=1
    )

    second = publish(workflow, actor=actor, revision=2)

    assert list(workflow.versions.values_list("number", flat=True)) == [2, 1]
    assert workflow.live_version == second
    assert list(EventSubscription.objects.values_list("event_type", flat=True)) == ["invoice.paid"]
    assert workflow.versions.get(number=1).definition["trigger"]["trigger"] == FAILED


def test_every_problem_is_told_and_nothing_is_live(workflow, actor):
    draft = {**workflow.draft, "trigger": {**workflow.draft["trigger"], "connection": ""}, "steps": []}
    workflow = services.save_draft(workflow, actor=actor, definition=draft, revision=1)

    with pytest.raises(ValidationFailed) as refused:
        publish(workflow, actor=actor)

    assert {detail["code"] for detail in refused.value.details} == {"no_connection", "no_steps"}
    assert "Dunning" in refused.value.message
    assert nothing_is_live(workflow)


def test_a_connection_of_another_workspace_can_not_be_published(workflow, actor, other_workspace, stripe):
    foreign = ConnectionFactory(workspace=other_workspace, app="customerio", name="Their account")
    workflow = services.save_draft(workflow, actor=actor, definition=recipe(stripe, foreign), revision=1)

    with pytest.raises(ValidationFailed) as refused:
        publish(workflow, actor=actor)

    assert [detail["code"] for detail in refused.value.details] == ["unknown_connection"]
    assert "Their account" not in str(refused.value.as_dict())
    assert nothing_is_live(workflow)


@pytest.mark.parametrize("status", ["broken", "disconnected"])
def test_a_connection_that_can_not_work_is_refused_by_name(workflow, actor, customerio, status):
    Connection.objects.filter(pk=customerio.pk).update(status=status)

    with pytest.raises(ValidationFailed) as refused:
        publish(workflow, actor=actor)

    assert "Customer.io sandbox" in refused.value.message
    assert nothing_is_live(workflow)


@pytest.mark.parametrize("persona", ["viewer", "stranger"])
def test_who_may_not_publish_changes_nothing(persona, request, workflow):
    actor = Actor.of(request.getfixturevalue(persona))

    for service in (publish, unpublish, pause, resume):
        with pytest.raises(NotAllowed):
            service(workflow, actor=actor)

    assert nothing_is_live(workflow)


def test_what_was_not_seen_is_not_published(workflow, actor, stripe, customerio):
    services.save_draft(
        Workflow.objects.get(pk=workflow.pk),
        actor=actor,
        definition=recipe(stripe, customerio, trigger=PAID),
        revision=1,
    )

    with pytest.raises(Conflict) as refused:
        publish(workflow, actor=actor, revision=1)

    assert refused.value.code == "stale_draft"
    assert nothing_is_live(workflow)


# The webhook at the provider


def test_the_first_publishing_registers_at_the_provider(workspace, actor, live_stripe, customerio, stand_in):
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))

    publish(workflow, actor=actor)

    [at_stripe] = stand_in.endpoints
    assert at_stripe["enabled_events"] == ["invoice.payment_failed"]
    assert registration.endpoint_of(live_stripe).state == Endpoint.State.REGISTERED


def test_a_provider_that_can_not_be_reached_is_told_and_nothing_changes(
    workspace, actor, live_stripe, customerio, stand_in
):
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))
    stand_in.close()

    with pytest.raises(ServiceError) as refused:
        publish(workflow, actor=actor)

    assert refused.value.code == "unreachable"
    assert "Stripe can't be reached" in refused.value.message
    assert "“Stripe test”" in refused.value.message
    assert nothing_is_live(workflow)
    endpoint = registration.endpoint_of(live_stripe)
    assert (endpoint.state, endpoint.event_types) == (Endpoint.State.NONE, [])


def test_a_second_workflow_on_the_same_events_makes_no_call(
    workspace, actor, live_stripe, customerio, stand_in
):
    first, second = (
        WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio)) for _ in range(2)
    )
    publish(first, actor=actor)
    calls = list(stand_in.calls)

    publish(second, actor=actor)

    writes = [call for call in stand_in.calls[len(calls) :] if not call.startswith("GET ")]
    assert writes == []
    assert len(stand_in.endpoints) == 1


def test_another_event_widens_the_same_webhook(workspace, actor, live_stripe, customerio, stand_in):
    publish(WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio)), actor=actor)

    publish(
        WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio, trigger=PAID)),
        actor=actor,
    )

    [at_stripe] = stand_in.endpoints
    assert sorted(at_stripe["enabled_events"]) == ["invoice.paid", "invoice.payment_failed"]


def test_unpublishing_narrows_and_the_last_removes(workspace, actor, live_stripe, customerio, stand_in):
    one = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))
    other = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio, trigger=PAID))
    publish(one, actor=actor)
    publish(other, actor=actor)

    unpublish(one, actor=actor)
    [narrowed] = stand_in.endpoints
    unpublish(other, actor=actor)

    assert narrowed["enabled_events"] == ["invoice.paid"]
    assert stand_in.endpoints == []
    assert not EventSubscription.objects.exists()
    assert not Use.objects.exists()
    assert registration.endpoint_of(live_stripe).state == Endpoint.State.NONE


def test_unpublishing_holds_although_the_provider_is_away_and_says_what_is_left(
    workspace, actor, live_stripe, customerio, stand_in
):
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))
    publish(workflow, actor=actor)
    stand_in.close()

    unpublish(workflow, actor=actor)

    assert workflow.status == Workflow.Status.UNPUBLISHED
    assert "Repair" in registration.endpoint_of(live_stripe).state_reason


def test_another_trigger_connection_takes_the_webhook_of_the_former_away(
    workspace, actor, live_stripe, stripe, customerio, stand_in
):
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))
    publish(workflow, actor=actor)
    services.save_draft(workflow, actor=actor, definition=recipe(stripe, customerio), revision=1)

    publish(workflow, actor=actor)

    assert stand_in.endpoints == []
    assert list(EventSubscription.objects.values_list("connection", flat=True)) == [stripe.pk]
    assert set(Use.objects.values_list("connection", flat=True)) == {stripe.pk, customerio.pk}
    assert registration.endpoint_of(live_stripe).state == Endpoint.State.NONE
    assert registration.endpoint_of(stripe).state == Endpoint.State.REGISTERED


def test_without_a_public_address_nothing_is_called(
    workspace, actor, live_stripe, customerio, stand_in, settings
):
    settings.PUBLIC_URL = ""
    workflow = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, customerio))

    publish(workflow, actor=actor)

    assert stand_in.calls == []
    assert workflow.status == Workflow.Status.PUBLISHED
    assert registration.endpoint_of(live_stripe).state == Endpoint.State.BY_HAND


# Pause, resume, unpublish


def test_a_pause_keeps_listening(workflow, actor):
    publish(workflow, actor=actor)

    pause(workflow, actor=actor)

    assert workflow.status == Workflow.Status.PAUSED
    assert EventSubscription.objects.count() == 1
    entry = AuditEntry.objects.get(verb="workflow.paused")
    assert (entry.before, entry.after) == ({"status": "published"}, {"status": "paused"})


def test_resuming_publishes_again_without_a_new_version(workflow, actor):
    version = publish(workflow, actor=actor)
    pause(workflow, actor=actor)

    resume(workflow, actor=actor)

    assert (workflow.status, workflow.live_version) == (Workflow.Status.PUBLISHED, version)


def test_publishing_a_paused_workflow_keeps_it_paused(workflow, actor, stripe, customerio):
    publish(workflow, actor=actor)
    pause(workflow, actor=actor)
    services.save_draft(
        workflow, actor=actor, definition=recipe(stripe, customerio, trigger=PAID), revision=1
    )

    version = publish(workflow, actor=actor)

    assert (workflow.status, workflow.live_version) == (Workflow.Status.PAUSED, version)


def test_an_unpublished_workflow_can_be_published_again(workflow, actor):
    publish(workflow, actor=actor)
    unpublish(workflow, actor=actor)

    version = publish(workflow, actor=actor)

    assert (version.number, workflow.status) == (2, Workflow.Status.PUBLISHED)
    assert EventSubscription.objects.count() == 1


@pytest.mark.parametrize(
    ("steps", "refused_step"),
    [
        ((), pause),
        ((), resume),
        ((), unpublish),
        ((publish,), resume),
        ((publish, pause), pause),
        ((publish, unpublish), pause),
        ((publish, unpublish), resume),
        ((publish, unpublish), unpublish),
    ],
    ids=lambda value: (
        "-".join(each.__name__ for each in value) if isinstance(value, tuple) else value.__name__
    ),
)
def test_a_step_that_does_not_follow_is_refused(workflow, actor, steps, refused_step):
    for step in steps:
        step(workflow, actor=actor)
    before = Workflow.objects.values().get(pk=workflow.pk)

    with pytest.raises(Conflict) as refused:
        refused_step(workflow, actor=actor)

    assert refused.value.code == "wrong_status"
    assert Workflow.objects.values().get(pk=workflow.pk) == before


def test_what_somebody_else_did_meanwhile_is_told(workflow, actor):
    publish(workflow, actor=actor)
    seen = Workflow.objects.get(pk=workflow.pk)
    unpublish(workflow, actor=actor)

    with pytest.raises(Conflict) as refused:
        pause(seen, actor=actor)

    assert "is unpublished" in refused.value.message
