"""The demo workspace: sandboxes and one published workflow, so that one click shows a finished run."""

from dataclasses import dataclass

from django.contrib.auth.models import User

from apps.connections import services as connections
from apps.connections.models import Connection
from apps.workflows import services as workflows
from apps.workflows.models import Workflow
from apps.workflows.publishing import publish
from apps.workflows.recipes import recipe_over
from apps.workspaces import services as workspaces
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Role

WORKSPACE = "Demo"
WORKFLOW = "Tell Customer.io about failed invoice payments"
TRIGGER = "stripe.trigger-invoice-payment-failed"
ACTION = "customerio.track-event"


@dataclass(frozen=True, slots=True)
class Demo:
    """The demo, and whether this call made it."""

    workspace: Workspace
    workflow: Workflow
    created: bool


def ensure_demo(*, owner: User | None) -> Demo:
    """Make what is missing of the demo; running it again changes nothing.

    A demo workflow that an operator deleted, renamed or unpublished is left as it is.
    """
    actor = Actor.system("demo")
    workspace = Workspace.objects.filter(name=WORKSPACE).first()
    if workspace is not None:
        existing = workspace.workflows.order_by("pk").first()
        if existing is not None:
            return Demo(workspace, existing, created=False)
    else:
        workspace = workspaces.create_workspace(actor=actor, name=WORKSPACE)
    if owner is not None and not workspace.memberships.filter(user=owner).exists():
        workspaces.add_member(workspace, actor=actor, user=owner, role=Role.OWNER)
    stripe = _sandbox(workspace, actor=actor, app="stripe", name="Stripe sandbox")
    customerio = _sandbox(workspace, actor=actor, app="customerio", name="Customer.io sandbox")
    recipe = recipe_over(TRIGGER, ACTION, source=stripe, target=customerio)
    workflow = workflows.create_workflow(workspace, actor=actor, name=WORKFLOW, definition=recipe.to_json())
    publish(workflow, actor=actor, note="Demo")
    return Demo(workspace, workflow, created=True)


def _sandbox(workspace: Workspace, *, actor: Actor, app: str, name: str) -> Connection:
    existing = workspace.connections.usable().filter(app=app, name=name, sandbox=True).first()
    if existing is not None:
        return existing
    connection = connections.create_connection(
        workspace, actor=actor, app=app, name=name, values={}, sandbox=True
    )
    return connections.test_connection(connection, actor=actor)
