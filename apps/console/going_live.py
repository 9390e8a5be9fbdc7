"""Going live: what publishing will do at the provider, and what comes after it."""

from typing import Any

from apps.catalog import registry
from apps.connections import registration
from apps.connections.addresses import why_not_public
from apps.connections.models import Endpoint
from apps.connections.schemes import is_unverified, scheme_of
from apps.connections.standing import is_internal, stands_by_hand
from apps.console import next_times
from apps.workflows import services
from apps.workflows.engine.definition import Definition, parse
from apps.workflows.engine.options import event_types_of
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.models import Workflow

UNKNOWN_TOKEN = "…"  # noqa: S105 - stands where the token will be.


def next_step(workflow: Workflow) -> str:
    """Return what an operator does once the workflow is live, or what happens next; may be empty."""
    connection = workflow.trigger_connection
    if connection is not None and is_internal(connection):
        due = next_times.of_workflow(workflow)
        return f"It runs next on {due.times[0]} ({due.zone})." if due and due.times and not due.paused else ""
    if connection is None or connection.sandbox:
        return "Send a sample event to see it work."
    endpoint = registration.endpoint_of(connection)
    scheme = scheme_of(connection)
    if scheme is not None and scheme.pack is not None:
        return "It starts with the next request to the address below."
    if endpoint.state == endpoint.State.BY_HAND:
        return "Its webhook is registered by hand: see below."
    if endpoint.state == endpoint.State.WAITING_FOR_KEY:
        return f"Its webhook waits for the signing secret: “{connection}” says where it is shown."
    return ""


def webhook_plan(workflow: Workflow) -> dict[str, Any] | None:
    """Return what publishing the draft will do at the provider; None where nothing is registered."""
    definition = _definition(workflow)
    if definition is None:
        return None
    try:
        app, trigger = registry.get_trigger(definition.trigger.trigger)
    except registry.UnknownKeyError:
        return None
    code = definition.trigger.connection
    connection = services.connections_named(workflow.workspace, [code]).get(code)
    if connection is None or is_internal(connection):
        return None
    event_types = event_types_of(trigger, definition.trigger.options)
    # Looking makes no endpoint: until it is made, the secret part of its address is not known.
    endpoint = Endpoint.objects.filter(connection=connection).first()
    endpoint = endpoint or Endpoint(connection=connection, token=UNKNOWN_TOKEN)
    return {
        "app": app,
        "connection": connection,
        "event_types": event_types,
        "url": registration.webhook_url(endpoint),
        "by_hand": stands_by_hand(endpoint),
        "catches": app.webhook is not None and app.webhook.pack is not None,
        "unverified": is_unverified(connection),
        "not_public": why_not_public(),
        "registered": endpoint.state == Endpoint.State.REGISTERED
        and set(event_types) <= set(endpoint.event_types),
    }


def _definition(workflow: Workflow) -> Definition | None:
    try:
        return parse(workflow.draft)
    except InvalidDefinitionError:
        return None
