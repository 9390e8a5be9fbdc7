"""Published workflows that start by the clock, in one workspace with a Customer.io sandbox."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from apps.connections.models import Connection
from apps.schedules import services
from apps.workflows import publishing
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.services import create_workflow, save_draft
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace
from tests.factories import ConnectionFactory, WorkspaceFactory, definition

ACTOR = Actor.system("test")
PUBLISHED = datetime(2025, 3, 3, 8, 0, tzinfo=UTC)
"""A Monday."""


def at(text: str) -> datetime:
    """Return a time in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@dataclass
class Clockwork:
    """One workspace; workflows are published as people do it, at `PUBLISHED`."""

    workspace: Workspace
    customerio: Connection

    def draft(self, trigger: str = "at-set-times", **options: Any) -> Workflow:
        step = {
            "id": "tell",
            "kind": "action",
            "name": "Tell Customer.io",
            "action": "customerio.track-event",
            "connection": str(self.customerio.code),
            "inputs": {
                "identifier": {"value": "ada@example.com"},
                "name": {"value": "reminded"},
                "data": {"object": {"day": {"template": "{{ trigger.date }}"}}},
            },
        }
        drafted = definition(f"schedule.trigger-{trigger}", steps=(step,))
        drafted["trigger"]["options"] = options
        name = f"Workflow {Workflow.objects.count()}"
        return create_workflow(self.workspace, actor=ACTOR, name=name, definition=drafted)

    def publish(self, trigger: str = "at-set-times", **options: Any) -> Workflow:
        workflow = self.draft(trigger, **options)
        self.go_live(workflow)
        return workflow

    def go_live(self, workflow: Workflow, moment: datetime = PUBLISHED) -> None:
        version = publishing.publish(workflow, actor=ACTOR)
        WorkflowVersion.objects.filter(pk=version.pk).update(published_at=moment)

    def change(self, workflow: Workflow, moment: datetime, **options: Any) -> None:
        """Publish the workflow anew with other options."""
        draft = workflow.draft
        draft["trigger"]["options"] = options
        save_draft(workflow, actor=ACTOR, definition=draft, revision=workflow.draft_revision)
        self.go_live(workflow, moment)


@pytest.fixture
def clockwork(db: None) -> Clockwork:
    workspace = WorkspaceFactory()
    return Clockwork(
        workspace, ConnectionFactory(workspace=workspace, app="customerio", name="Customer.io sandbox")
    )


@pytest.fixture(autouse=True)
def looks_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every sweep look at what is published, as if five seconds had passed."""
    monkeypatch.setattr(services, "_arranging", services._Pace(0))
