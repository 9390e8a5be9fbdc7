"""Drafts: created, saved, renamed and deleted, each with who did it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.connections.models import Use
from apps.workflows import publishing, services
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import ConnectionFactory, RunFactory, WorkflowFactory, definition
from tests.workflows.conftest import PAID, recipe

pytestmark = pytest.mark.django_db


def test_a_new_workflow_is_a_draft_of_its_creator(workspace, editor, stripe, customerio):
    made = services.create_workflow(
        workspace, actor=Actor.of(editor), name="  Dunning \n mails ", definition=recipe(stripe, customerio)
    )

    assert (made.name, made.status, made.draft_revision) == ("Dunning mails", "draft", 1)
    assert made.created_by == made.draft_saved_by == editor
    assert made.draft == recipe(stripe, customerio)
    entry = AuditEntry.objects.get(verb="workflow.created")
    assert (entry.actor, entry.target_code) == (editor, str(made.code))


@pytest.mark.parametrize("name", ["", "   ", "x" * 121])
def test_a_name_has_1_to_120_characters(workspace, actor, name):
    with pytest.raises(ValidationFailed) as refused:
        services.create_workflow(workspace, actor=actor, name=name, definition=definition())

    assert refused.value.field == "name"
    assert not Workflow.objects.exists()


@pytest.mark.parametrize("name", ["Dun\x00ning", "Dun\ud800ning", "Dun\u202egnin", "Dun\u2066ning"])
def test_a_name_that_can_not_be_kept_or_shows_as_another_is_refused(workspace, actor, name):
    with pytest.raises(ValidationFailed) as refused:
        services.create_workflow(workspace, actor=actor, name=name, definition=definition())

    assert refused.value.field == "name"


def test_a_name_is_used_once_per_workspace(workflow, workspace, other_workspace, actor):
    with pytest.raises(Conflict) as refused:
        services.create_workflow(workspace, actor=actor, name="Dunning", definition=definition())
    elsewhere = services.create_workflow(
        other_workspace, actor=actor, name="Dunning", definition=definition()
    )

    assert (refused.value.code, refused.value.field) == ("name_in_use", "name")
    assert elsewhere.workspace == other_workspace


@pytest.mark.parametrize(
    ("shape", "path"),
    [
        ({}, "trigger"),
        ({"trigger": {"trigger": "x"}, "steps": [{"kind": "dance"}]}, "steps.0"),
        ({"trigger": {"trigger": "x"}, "extra": 1}, "extra"),
        ({"trigger": {"trigger": "x"}, "notes": "\x00"}, ""),
    ],
)
def test_a_definition_of_another_form_is_refused_with_the_place(workspace, actor, shape, path):
    with pytest.raises(ValidationFailed) as refused:
        services.create_workflow(workspace, actor=actor, name="Dunning", definition=shape)

    assert [detail["path"] for detail in refused.value.details] == [path]
    assert refused.value.details[0]["message"]


def test_saving_replaces_the_draft_and_raises_its_revision(workflow, editor, stripe, customerio):
    wanted = recipe(stripe, customerio, trigger=PAID)

    saved = services.save_draft(workflow, actor=Actor.of(editor), definition=wanted, revision=1)

    assert (saved.draft, saved.draft_revision, saved.draft_saved_by) == (wanted, 2, editor)
    entry = AuditEntry.objects.get(verb="workflow.draft_saved")
    assert entry.after["revision"] == 2
    assert any(change.startswith("Trigger changed") for change in entry.after["changes"])


def test_a_stale_save_is_refused_with_who_and_what(workflow, actor, editor, stripe, customerio):
    theirs = recipe(stripe, customerio, trigger=PAID)
    services.save_draft(
        Workflow.objects.get(pk=workflow.pk), actor=Actor.of(editor), definition=theirs, revision=1
    )

    with pytest.raises(Conflict) as refused:
        services.save_draft(workflow, actor=actor, definition=recipe(stripe, customerio), revision=1)

    assert refused.value.code == "stale_draft"
    assert "edna-editor" in refused.value.message
    assert any("Trigger changed" in detail["message"] for detail in refused.value.details)
    kept = Workflow.objects.get(pk=workflow.pk)
    assert (kept.draft, kept.draft_revision) == (theirs, 2)
    assert AuditEntry.objects.filter(verb="workflow.draft_saved").count() == 1


def test_saving_leaves_what_is_live_alone(workflow, actor, stripe, customerio):
    version = publishing.publish(workflow, actor=actor)

    services.save_draft(
        workflow, actor=actor, definition=recipe(stripe, customerio, trigger=PAID), revision=1
    )

    workflow.refresh_from_db()
    assert workflow.live_version == version
    assert workflow.live_version.definition == recipe(stripe, customerio)
    assert workflow.trigger_ref == "stripe.trigger-invoice-payment-failed"


def test_renaming_is_recorded_and_shows_where_connections_are_used(workflow, actor):
    publishing.publish(workflow, actor=actor)

    services.rename_workflow(workflow, actor=actor, name="Late payers")

    assert Workflow.objects.get(pk=workflow.pk).name == "Late payers"
    assert set(Use.objects.values_list("label", flat=True)) == {"Late payers"}
    entry = AuditEntry.objects.get(verb="workflow.renamed")
    assert (entry.before, entry.after) == ({"name": "Dunning"}, {"name": "Late payers"})


def test_renaming_to_the_same_name_changes_nothing(workflow, actor):
    services.rename_workflow(workflow, actor=actor, name=" Dunning ")

    assert not AuditEntry.objects.exists()


def test_renaming_to_a_name_in_use_is_refused(workflow, workspace, actor):
    WorkflowFactory(workspace=workspace, name="Late payers")

    with pytest.raises(Conflict):
        services.rename_workflow(workflow, actor=actor, name="Late payers")

    assert Workflow.objects.get(pk=workflow.pk).name == "Dunning"


def test_a_draft_can_be_deleted_and_leaves_its_trail(workflow, actor):
    code = str(workflow.code)

    services.delete_workflow(workflow, actor=actor)

    assert not Workflow.objects.exists()
    assert AuditEntry.objects.get(verb="workflow.deleted").target_code == code


@pytest.mark.parametrize("paused", [False, True])
def test_a_live_workflow_is_not_deleted(workflow, actor, paused):
    publishing.publish(workflow, actor=actor)
    if paused:
        publishing.pause(workflow, actor=actor)

    with pytest.raises(Conflict) as refused:
        services.delete_workflow(workflow, actor=actor)

    assert (refused.value.code, refused.value.remedy) == ("workflow_live", "Unpublish it first.")
    assert Workflow.objects.get(pk=workflow.pk).live_version is not None


def test_a_workflow_published_by_somebody_else_meanwhile_is_not_deleted(workflow, actor):
    seen_as_draft = Workflow.objects.get(pk=workflow.pk)
    publishing.publish(workflow, actor=actor)

    with pytest.raises(Conflict) as refused:
        services.delete_workflow(seen_as_draft, actor=actor)

    assert refused.value.code == "workflow_live"
    assert Workflow.objects.get(pk=workflow.pk).live_version is not None


def test_an_unpublished_workflow_without_runs_can_be_deleted(workflow, actor):
    publishing.publish(workflow, actor=actor)
    publishing.unpublish(workflow, actor=actor)

    services.delete_workflow(workflow, actor=actor)

    assert not Workflow.objects.exists()


def test_a_workflow_that_ran_is_not_deleted_because_its_log_would_go(workflow, actor):
    publishing.publish(workflow, actor=actor)
    publishing.unpublish(workflow, actor=actor)
    RunFactory(version=workflow.live_version, workspace=workflow.workspace)

    with pytest.raises(Conflict) as refused:
        services.delete_workflow(workflow, actor=actor)

    assert refused.value.code == "workflow_has_runs"
    assert Workflow.objects.filter(pk=workflow.pk).exists()


@pytest.mark.parametrize("persona", ["viewer", "stranger"])
def test_who_may_not_edit_is_refused_by_every_service(persona, request, workflow):
    actor = Actor.of(request.getfixturevalue(persona))
    draft = workflow.draft

    with pytest.raises(NotAllowed):
        services.create_workflow(workflow.workspace, actor=actor, name="Other", definition=draft)
    with pytest.raises(NotAllowed):
        services.save_draft(workflow, actor=actor, definition=draft, revision=1)
    with pytest.raises(NotAllowed):
        services.rename_workflow(workflow, actor=actor, name="Other")
    with pytest.raises(NotAllowed):
        services.delete_workflow(workflow, actor=actor)

    assert list(Workflow.objects.values_list("name", "draft_revision")) == [("Dunning", 1)]
    assert not AuditEntry.objects.exists()


def test_a_recipe_over_sandboxes_has_no_problem(workflow):
    assert services.validate_draft(workflow) == []


def test_a_connection_of_another_workspace_does_not_exist(workflow, other_workspace, customerio):
    foreign = ConnectionFactory(workspace=other_workspace, name="Their Stripe")
    workflow.draft = recipe(foreign, customerio)

    problems = services.validate_draft(workflow)

    assert [problem.code for problem in problems] == ["unknown_connection"]
    assert "Their Stripe" not in problems[0].message


@pytest.mark.parametrize("code", ["", "nonsense", "00000000-0000-0000-0000-000000000000", "' OR 1=1"])
def test_a_code_that_is_none_is_told_not_raised(workflow, customerio, code):
    workflow.draft = recipe(code, customerio)

    [problem] = services.validate_draft(workflow)

    assert (problem.step, problem.field) == ("Trigger", "connection")


def test_an_unreadable_draft_is_told_not_raised(workflow):
    workflow.draft = {"schema": 7}

    assert services.validate_draft(workflow)


def renamed(workflow: Workflow, name: str) -> dict[str, Any]:
    """Return the draft with another name for its first step."""
    return {**workflow.draft, "steps": [{**workflow.draft["steps"][0], "name": name}]}


def draft_entries() -> int:
    """Count what the trail tells of saved drafts."""
    return AuditEntry.objects.filter(verb="workflow.draft_saved").count()


def test_typing_in_one_field_is_one_entry_of_the_trail(workflow, actor):
    draft = renamed(workflow, "Tell")
    services.save_draft(workflow, actor=actor, definition=draft, revision=1)
    noted = {"steps": [{**draft["steps"][0], "note": "a"}]}, {"steps": [{**draft["steps"][0], "note": "ab"}]}
    for number, change in enumerate(noted, start=2):
        services.save_draft(workflow, actor=actor, definition={**draft, **change}, revision=number)

    assert draft_entries() == 2


def test_the_same_change_by_somebody_else_or_later_is_an_entry_of_its_own(workflow, actor, editor):
    draft = renamed(workflow, "Tell")
    noted = [{**draft, "steps": [{**draft["steps"][0], "note": text}]} for text in "abcd"]
    services.save_draft(workflow, actor=actor, definition=draft, revision=1)
    services.save_draft(workflow, actor=actor, definition=noted[0], revision=2)
    services.save_draft(workflow, actor=Actor.of(editor), definition=noted[1], revision=3)
    assert draft_entries() == 3

    long_ago = datetime.now(UTC) - timedelta(hours=1)
    AuditEntry.objects.filter(verb="workflow.draft_saved").update(at=long_ago)
    services.save_draft(workflow, actor=Actor.of(editor), definition=noted[2], revision=4)

    assert draft_entries() == 4
