"""Where an event goes: the live workflows that listen to it, or why there is none."""

from collections.abc import Iterable
from dataclasses import dataclass

from apps.catalog import registry
from apps.connections.models import Connection, EventSubscription
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workflows.services import USER_KIND


@dataclass(frozen=True, slots=True)
class Route:
    """The workflows that an event starts; `reason` says why there is none."""

    workflows: list[Workflow]
    reason: str = ""

    @property
    def status(self) -> Delivery.Status:
        """What the delivery is by this route."""
        return Delivery.Status.ACCEPTED if self.workflows else Delivery.Status.IGNORED


def route(connection: Connection, event_type: str, *, workflow: str | None = None) -> Route:
    """Route an event of the connection by its type; paused workflows listen too, their runs are held.

    `workflow` is the code of the only one that the event is for, where it names one.
    """
    app = registry.get_app(connection.app)
    refs = registry.triggers_for_event(app, event_type)
    if not refs:
        return Route([], f"No trigger of {app.name} is for {event_type}.")
    found = _choosing(connection, event_type, Workflow.objects.listening(connection.pk, refs).defer("draft"))
    listening = [each for each in found if workflow in (None, str(each.code))]
    return Route(listening, "" if listening else f"No published workflow listens to {event_type}.")


def _choosing(connection: Connection, event_type: str, listening: Iterable[Workflow]) -> list[Workflow]:
    """Leave out the workflows that chose among their trigger's event types, and not this one."""
    found = list(listening)
    choosers = [workflow for workflow in found if _chooses(workflow.trigger_ref)]
    if not choosers:
        return found
    chosen = EventSubscription.objects.filter(
        connection=connection,
        event_type=event_type,
        user_kind=USER_KIND,
        user_code__in=[workflow.code for workflow in choosers],
    ).values_list("user_code", flat=True)
    left_out = {workflow.code for workflow in choosers} - set(chosen)
    return [workflow for workflow in found if workflow.code not in left_out]


def _chooses(trigger_ref: str) -> bool:
    """Tell whether workflows of the trigger choose among event types.

    Of one type there is nothing to choose: its options decide what the webhook
    needs besides, which is no question of where an event goes.
    """
    _, trigger = registry.get_trigger(trigger_ref)
    return trigger.event_types_from is not None and len(trigger.event_types) > 1
