"""Receiving: from a provider's request to a committed delivery with its runs.

A 2xx is given only after the commit; a transaction that fails is a 503, so that
the provider sends the event again.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import structlog
from django.conf import settings
from django.db import Error as DatabaseFailure
from django.db import transaction
from django.db.models import Max

from apps.catalog import registry
from apps.catalog.errors import SignatureError, UnreadableEventError
from apps.catalog.spec import App, Event
from apps.common.errors import Conflict
from apps.connections.models import Endpoint
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.runs import services as runs
from apps.runs.models import Run
from apps.webhooks import endpoints, inbox, refusals
from apps.webhooks.models import Delivery
from apps.workflows.models import Workflow
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider is told. `delivery` is the code of the stored delivery, if any."""

    status: int
    code: str
    message: str
    delivery: str = ""


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A verified request, read as far as it can be."""

    body: bytes
    at: datetime
    late: bool
    source: str
    event: Event | None
    problem: str


def receive(
    path: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    now: datetime | None = None,
    source: str = Delivery.Source.WEBHOOK,
) -> Receipt:
    """Take one request at `/v1/webhooks/<path>`.

    `path` is `<app>/<token>`, `<app>.trigger-<slug>/<token>` or, in an
    installation with one workspace and few endpoints, `<app>.trigger-<slug>`.
    `headers` have lower-case names. Everything verified is stored and answered
    2xx: unreadable as quarantined, unknown as ignored, seen before as duplicate.
    Answers 400/401 (not verified), 404 (no such endpoint), 413, 503 (not stored).
    """
    at = now or datetime.now(UTC)
    try:
        candidates = endpoints.find(path)
        if len(body) > settings.MAX_BODY_BYTES:
            return refuse_size(candidates[0] if len(candidates) == 1 else None, at=at)
        endpoint, late = endpoints.verify(candidates, headers, body, now=at.timestamp())
    except endpoints.UnknownEndpointError as error:
        return Receipt(404, "unknown_endpoint", error.message)
    except endpoints.RefusedError as error:
        refusals.count(error.endpoint_id, error.code, at=at)
        return Receipt(400 if "header" in error.code else 401, error.code, error.message)
    except DatabaseFailure as error:
        return _not_stored(error)
    arrival = _read(registry.get_app(endpoint.connection.app), body, at=at, late=late, source=source)
    try:
        with transaction.atomic():
            receipt = _store(endpoint, arrival)
    except DatabaseFailure as error:
        return _not_stored(error)
    inbox.touch(endpoint, at=at)
    return receipt


def refuse_size(endpoint: Endpoint | None, *, at: datetime) -> Receipt:
    """Answer a body over the limit; it is alarmed, since a provider's event is lost by it."""
    refusals.count(endpoint.pk if endpoint else None, "too_large", at=at)
    log.error("webhook.too_large", endpoint=endpoint.pk if endpoint else None, limit=settings.MAX_BODY_BYTES)
    return Receipt(413, "too_large", f"The body is larger than {settings.MAX_BODY_BYTES} bytes (MAX_BODY_BYTES).")


def run_again(delivery: Delivery, *, actor: Actor) -> list[Run]:
    """Run the delivery once more through every workflow that listens to it now.

    What earlier runs created or deleted is reused, not done again. Raises
    `Conflict` when nothing listens or the body can't be read any more.
    """
    require(actor, delivery.workspace, Permission.OPERATE_RUNS)
    if delivery.status == Delivery.Status.QUARANTINED:
        raise Conflict(
            "This delivery is quarantined: its body could not be read as an event.",
            code="quarantined",
            remedy="Send the event again from the provider once the reason is mended.",
        )
    if not delivery.body:
        raise Conflict(
            "This delivery can be read, not run again: its body was kept for the replay window only.",
            code="body_gone",
            remedy="Resend the event from the provider.",
        )
    listening = _listening(delivery.connection_id, registry.get_app(delivery.connection.app), delivery.event_type)
    if not listening:
        raise Conflict(
            f"No published workflow listens to {delivery.event_type} on “{delivery.connection}”.",
            code="nothing_listens",
            remedy="Publish a workflow with this trigger, then run the delivery again.",
        )
    with transaction.atomic():
        Delivery.objects.filter(pk=delivery.pk, status=Delivery.Status.IGNORED).update(
            status=Delivery.Status.ACCEPTED, reason=""
        )
        started = _replay(delivery, listening)
        audit.record(
            delivery.workspace,
            actor=actor,
            verb="delivery.run_again",
            target=delivery,
            after={"runs": [str(run.code) for run in started]},
        )
        runs.wake_workers()
    return started


def body_of(delivery: Delivery) -> bytes:
    """Return the request body as it was received; empty once the replay window is over."""
    if not delivery.body:
        return b""
    return inbox.open_body(delivery)


def _replay(delivery: Delivery, workflows: list[Workflow]) -> list[Run]:
    """Start a run per workflow, numbered behind those that the delivery already had."""
    last = dict(
        Run.objects.filter(delivery=delivery, workflow__in=workflows)
        .values("workflow")
        .annotate(last=Max("replay"))
        .values_list("workflow", "last")
    )
    at = datetime.now(UTC)
    started: list[Run] = []
    for workflow in workflows:
        number = last[workflow.pk] + 1 if workflow.pk in last else 0
        started += runs.start_runs(delivery, [workflow], at=at, replay=number)
    return started


def _read(app: App, body: bytes, *, at: datetime, late: bool, source: str) -> _Arrival:
    event, problem = None, ""
    try:
        if app.webhook is not None:
            event = app.webhook.read_event(_object(safe_json.loads(body)))
    except UnsafeJSONError as error:
        problem = f"The body can't be read: {error.message}"
    except UnreadableEventError as error:
        problem = f"The body is not an event: {error}"
    return _Arrival(body=body, at=at, late=late, source=source, event=event, problem=problem)


def _object(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableEventError("it is not a JSON object")
    return value


def _store(endpoint: Endpoint, arrival: _Arrival) -> Receipt:
    connection = endpoint.connection
    identity = arrival.event.id.encode() if arrival.event else b"body:" + arrival.body
    seen = inbox.claim_event(
        connection.pk, hashlib.sha256(identity).digest(), event_at=inbox.event_time(arrival.event, arrival.at)
    )
    if seen is None:
        return _store_duplicate(endpoint, arrival, identity)
    listening = _route(endpoint, arrival.event)
    status, reason = _verdict(endpoint, arrival, listening)
    delivery = inbox.store_delivery(
        endpoint,
        body=arrival.body,
        at=arrival.at,
        late=arrival.late,
        source=arrival.source,
        event=arrival.event,
        status=status,
        reason=reason,
    )
    inbox.link_event(seen, delivery)
    if listening:
        runs.start_runs(delivery, listening, at=arrival.at)
        runs.wake_workers()
    return Receipt(200, status, reason or "Accepted.", str(delivery.code))


def _store_duplicate(endpoint: Endpoint, arrival: _Arrival, identity: bytes) -> Receipt:
    delivery = inbox.count_duplicate(endpoint.connection_id, hashlib.sha256(identity).digest())
    if delivery is None:
        return Receipt(200, "duplicate", "This event was handled before.")
    # A workflow published since may listen now: an ignored event is routed afresh.
    if delivery.status == Delivery.Status.IGNORED and (listening := _route(endpoint, arrival.event)):
        if inbox.accept_ignored(delivery):
            runs.start_runs(delivery, listening, at=arrival.at)
            runs.wake_workers()
            return Receipt(200, "accepted", "Accepted.", str(delivery.code))
    return Receipt(200, "duplicate", "This event was handled before.", str(delivery.code))


def _route(endpoint: Endpoint, event: Event | None) -> list[Workflow]:
    if event is None:
        return []
    return _listening(endpoint.connection_id, registry.get_app(endpoint.connection.app), event.type)


def _listening(connection_id: int, app: App, event_type: str) -> list[Workflow]:
    refs = registry.triggers_for_event(app, event_type)
    return list(Workflow.objects.listening(connection_id, refs)) if refs else []


def _verdict(endpoint: Endpoint, arrival: _Arrival, listening: list[Workflow]) -> tuple[Delivery.Status, str]:
    if arrival.event is None:
        return Delivery.Status.QUARANTINED, arrival.problem
    if listening:
        return Delivery.Status.ACCEPTED, ""
    app = registry.get_app(endpoint.connection.app)
    if not registry.triggers_for_event(app, arrival.event.type):
        return Delivery.Status.IGNORED, f"No trigger of {app.name} is for {arrival.event.type}."[:300]
    return Delivery.Status.IGNORED, f"No published workflow listens to {arrival.event.type}."[:300]


def _not_stored(error: DatabaseFailure) -> Receipt:
    log.error("webhook.not_stored", error=type(error).__name__)
    return Receipt(503, "not_stored", "The event could not be stored. Send it again.")
