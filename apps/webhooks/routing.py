"""Where an event goes: the live workflows that listen to it, or why there is none."""

from dataclasses import dataclass

from apps.catalog import registry
from apps.connections.models import Connection
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow


@dataclass(frozen=True, slots=True)
class Route:
    """The workflows that an event starts; `reason` says why there is none."""

    workflows: list[Workflow]
    reason: str = ""

    @property
    def status(self) -> Delivery.Status:
        """What the delivery is by this route."""
        return Delivery.Status.ACCEPTED if self.workflows else Delivery.Status.IGNORED


def route(connection: Connection, event_type: str) -> Route:
    """Route an event of the connection by its type; paused workflows listen too, their runs are held."""
    app = registry.get_app(connection.app)
    refs = registry.triggers_for_event(app, event_type)
    if not refs:
        return Route([], f"No trigger of {app.name} is for {event_type}.")
    listening = list(Workflow.objects.listening(connection.pk, refs).defer("draft"))
    return Route(listening, "" if listening else f"No published workflow listens to {event_type}.")
