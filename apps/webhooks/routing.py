"""Where an event goes: the live workflows that listen to it, or why there is none."""

from collections.abc import Sequence
from dataclasses import dataclass

from apps.catalog import registry
from apps.catalog.spec import Event
from apps.connections.models import Connection, EventSubscription
from apps.webhooks import statement
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


type Wanted = tuple[Connection, Event]


def route(connection: Connection, event_type: str, *, workflow: str | None = None) -> Route:
    """Route one event of the connection; see `route_all`."""
    return route_all([(connection, Event(id="", type=event_type, occurred_at=0, workflow=workflow))])[0]


def route_all(wanted: Sequence[Wanted]) -> list[Route]:
    """Route each event by its type; paused workflows listen too, their runs are held.

    One look for all of them, and one more for each that a workflow might not have chosen.
    """
    refs = [_refs(connection.app, event.type) for connection, event in wanted]
    pairs = [
        (connection.pk, ref) for (connection, _), named in zip(wanted, refs, strict=True) for ref in named
    ]
    listening: dict[statement.Listening, list[Workflow]] = {}
    for workflow in statement.workflows_listening(pairs):
        place = (workflow.trigger_connection_id or 0, workflow.trigger_ref)
        listening.setdefault(place, []).append(workflow)
    return [
        _route(
            connection,
            event,
            named,
            [each for ref in named for each in listening.get((connection.pk, ref), ())],
        )
        for (connection, event), named in zip(wanted, refs, strict=True)
    ]


def _refs(app_key: str, event_type: str) -> tuple[str, ...]:
    return registry.triggers_for_event(registry.get_app(app_key), event_type)


def _route(connection: Connection, event: Event, refs: Sequence[str], found: list[Workflow]) -> Route:
    if not refs:
        return Route([], f"No trigger of {registry.get_app(connection.app).name} is for {event.type}.")
    if len(refs) > 1:
        found.sort(key=lambda workflow: -workflow.pk)
    chosen = _choosing(connection, event.type, found)
    listening = [each for each in chosen if event.workflow in (None, str(each.code))]
    return Route(listening, "" if listening else f"No published workflow listens to {event.type}.")


def _choosing(connection: Connection, event_type: str, found: list[Workflow]) -> list[Workflow]:
    """Leave out the workflows that chose among their trigger's event types, and not this one."""
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
