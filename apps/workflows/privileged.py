"""Steps that not everybody who may publish may make live."""

from apps.catalog import registry
from apps.common.errors import NotAllowed
from apps.workflows.engine.definition import ActionStep, Definition, parse
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor, may
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission


def refusal(definition: Definition, *, workspace: Workspace, actor: Actor) -> NotAllowed | None:
    """Return why the actor may not publish this definition, None where they may."""
    if may(actor, workspace, Permission.PUBLISH_PRIVILEGED):
        return None
    catalog = registry.within(workspace.pk)
    for step in definition.walk():
        if not isinstance(step, ActionStep):
            continue
        try:
            _, action = catalog.get_action(step.action)
        except registry.UnknownKeyError:
            continue  # Validation reports it.
        if action.needs_admin:
            return NotAllowed(
                f"Step “{step.name}” uses {action.name}, which only an admin or owner may publish.",
                code="needs_admin",
                remedy=f"Ask an admin or owner of “{workspace}” to publish it, or use another action.",
                field=step.id,
            )
    return None


def refusal_of_draft(workflow: Workflow, *, actor: Actor) -> NotAllowed | None:
    """Return why the actor may not publish the draft; a draft that can't be read is validation's matter."""
    try:
        definition = parse(workflow.draft)
    except InvalidDefinitionError:
        return None
    return refusal(definition, workspace=workflow.workspace, actor=actor)
