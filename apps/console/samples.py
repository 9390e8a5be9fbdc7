"""Sending a sample event: a real body with a real signature, through the real door."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from apps.catalog import registry
from apps.catalog.spec import Effect, ReceivedRequest, WebhookScheme
from apps.common.crypto import SealError
from apps.common.errors import Conflict
from apps.connections import registration
from apps.connections.models import Connection
from apps.connections.schemes import scheme_of
from apps.console.preview import learns
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.schedules import services as schedules
from apps.schedules.rules import TRIGGER_REFS
from apps.webhooks import services as webhooks
from apps.webhooks.models import Delivery
from apps.workflows.engine.definition import ActionStep, AIStep, ApprovalStep, Step, branches, parse
from apps.workflows.engine.enriching import look_ups_of
from apps.workflows.engine.options import event_types_of
from apps.workflows.engine.settling import settle_action
from apps.workflows.models import Workflow
from apps.workflows.services import connections_named
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One call that a sample event will cause at a real account, for people to confirm."""

    workflow: str
    step: str
    action: str
    app: str
    connection: str
    effect: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A sample that was received. `delivery` is the code of the stored delivery."""

    event_id: str
    delivery: str
    status: int
    message: str


def planned_calls(workflow: Workflow) -> list[PlannedCall]:
    """Return the calls to real accounts that a sample would cause; empty when all are sandboxes.

    The event starts every live workflow that listens to it at this connection,
    so theirs are among them, this workflow's first.
    """
    if workflow.trigger_connection_id is None:
        return []
    app, trigger = registry.get_trigger(workflow.trigger_ref)
    if app.webhook is not None and app.webhook.internal:
        return list(_real_calls(workflow))  # Its events are for this workflow alone.
    refs = {ref for event_type in trigger.event_types for ref in registry.triggers_for_event(app, event_type)}
    rows = Workflow.objects.listening(workflow.trigger_connection_id, tuple(refs))
    rows = rows.select_related("workspace", "live_version").defer("draft").order_by("pk")
    started = sorted(rows, key=lambda row: row.pk != workflow.pk)
    return [call for row in started for call in _real_calls(row)]


def _real_calls(workflow: Workflow) -> Iterator[PlannedCall]:
    if workflow.live_version is None:
        return
    definition = parse(workflow.live_version.definition)
    used = connections_named(workflow.workspace, definition.connections())
    looked_up = (
        each.step(definition.trigger.connection) for each in look_ups_of(definition.trigger, registry)
    )
    for step in (*looked_up, *_enabled(definition.steps)):
        connection = used.get(getattr(step, "connection", ""))
        if connection is None or connection.sandbox:
            continue
        app = registry.get_app(connection.app)
        act, effect = _act(step)
        yield PlannedCall(
            workflow=workflow.name,
            step=step.name,
            action=act,
            app=app.name,
            connection=connection.name,
            effect=effect,
        )


def _enabled(steps: Iterable[Step]) -> Iterator[Step]:
    """List the steps that may run, those of every branch too; a disabled one is passed over with its own."""
    for step in steps:
        if not step.disabled:
            yield step
            for branch in branches(step):
                yield from _enabled(branch.steps)


def _act(step: Step) -> tuple[str, str]:
    """Return what a step that has a connection does over it, and the effect."""
    if isinstance(step, AIStep):
        return f"Ask the model {step.model}".strip(), Effect.READ
    if isinstance(step, ApprovalStep):
        return "Ask for approval by e-mail", Effect.CREATE
    if isinstance(step, ActionStep):
        action = registry.get_action(step.action)[1]
        return action.name, settle_action(action, step.inputs).effect
    return "", Effect.READ


def send_sample(
    workflow: Workflow, *, actor: Actor, confirmed: bool = False, now: datetime | None = None
) -> Sent:
    """Send the trigger's sample event to the live workflow, with a new event id each time.

    It goes in process through `webhooks.services.receive`, signed with the
    connection's own secret. Raises `Conflict`: "not_live"; "no_secret" where no
    signing secret is stored; "unconfirmed" where a step would call a real
    account and `confirmed` is not given, with the calls in `details`.
    """
    require(actor, workflow.workspace, Permission.OPERATE_RUNS)
    connection = _trigger_connection(workflow)
    if not confirmed and (calls := planned_calls(workflow)):
        raise _unconfirmed(calls)
    at = now or datetime.now(UTC)
    app = registry.get_app(connection.app)
    scheme = scheme_of(connection)
    if workflow.trigger_ref in TRIGGER_REFS:
        return _run_now(workflow, actor=actor, at=at)
    secrets = registration.signing_secrets(connection)
    if scheme is None or not (secrets or scheme.unverified):
        raise Conflict(
            f"“{connection}” has no signing secret yet, so that no event of it can be verified.",
            code="no_secret",
            remedy="Open the connection and register the webhook, or paste the signing secret there.",
        )
    event_id = scheme.new_event_id()
    payload = scheme.refresh_sample(_sample(workflow), event_id, int(at.timestamp()))
    request = _request_of(scheme, payload, at=int(at.timestamp()))
    proof = scheme.sign(request.body, secrets[0] if secrets else "", request.at)
    headers = {**request.headers, **{name.lower(): value for name, value in proof.items()}}
    path = f"{app.key}/{registration.endpoint_of(connection).token}"
    receipt = webhooks.receive(
        path, headers, request.body, query=request.query, now=at, source=Delivery.Source.SAMPLE
    )
    if scheme.pack is not None and receipt.delivery:
        # Receiving gives a request that tells no id one of its own.
        event_id = Delivery.objects.values_list("event_id", flat=True).get(code=receipt.delivery)
    _record(workflow, actor=actor, event_id=event_id)
    return Sent(event_id=event_id, delivery=receipt.delivery, status=receipt.status, message=receipt.message)


def _run_now(workflow: Workflow, *, actor: Actor, at: datetime) -> Sent:
    """Let a workflow that the clock starts be due now."""
    with transaction.atomic():
        entered = schedules.run_now(workflow, at=at)
        _record(workflow, actor=actor, event_id=entered.event_id)
    receipt = entered.receipt
    return Sent(entered.event_id, receipt.delivery, receipt.status, receipt.message)


def _record(workflow: Workflow, *, actor: Actor, event_id: str) -> None:
    audit.record(
        workflow.workspace,
        actor=actor,
        verb="workflow.sample_sent",
        target=workflow,
        after={"event": event_id},
    )


def _request_of(scheme: WebhookScheme, payload: dict[str, Any], *, at: int) -> ReceivedRequest:
    """Return the request that the sample stands for: mostly its body alone."""
    if scheme.request_of is not None:
        return scheme.request_of(payload)
    return ReceivedRequest({}, "", json.dumps(payload, separators=(",", ":")).encode(), at)


def _sample(workflow: Workflow) -> dict[str, Any]:
    """Return the trigger's sample, or where the workflow chose other event types, one of those.

    Where only events tell what the fields hold, the newest one is the sample.

    Raises `Conflict` where none of them has a sample.
    """
    app, trigger = registry.get_trigger(workflow.trigger_ref)
    own = (learns(trigger) and _newest(workflow)) or registry.sample_payload(app.key, trigger.key)
    if trigger.event_types_from is None or workflow.live_version is None or app.webhook is None:
        return own
    options = parse(workflow.live_version.definition).trigger.options
    chosen = event_types_of(trigger, options)
    others = (registry.sample_payload(app.key, each.key) for each in app.triggers)
    for sample in (own, *others):
        if app.webhook.read_event(sample).type in chosen:
            return sample
    raise Conflict(
        f"There is no sample of the events that “{workflow}” runs for.",
        code="no_sample",
        remedy="Let the provider send one, or choose one more event for the trial.",
    )


def _newest(workflow: Workflow) -> dict[str, Any] | None:
    """Return the newest event of the trigger's connection, as it is kept; None where it can't be had."""
    rows = Delivery.objects.filter(connection=workflow.trigger_connection).exclude(event_type="")
    delivery = rows.exclude(source__in=(Delivery.Source.SAMPLE, Delivery.Source.TEST)).order_by("-pk").first()
    try:
        kept = safe_json.loads(webhooks.body_of(delivery)) if delivery else None
    except (SealError, UnsafeJSONError):
        return None
    return kept if isinstance(kept, dict) else None


def _trigger_connection(workflow: Workflow) -> Connection:
    if workflow.trigger_connection is None or workflow.status not in (
        Workflow.Status.PUBLISHED,
        Workflow.Status.PAUSED,
    ):
        raise Conflict(f"“{workflow}” is not live.", code="not_live", remedy="Publish it first.")
    return workflow.trigger_connection


def _unconfirmed(calls: list[PlannedCall]) -> Conflict:
    named = "; ".join(f"{call.action} in {call.app} over “{call.connection}”" for call in calls)
    return Conflict(
        f"This sample makes real calls: {named}.",
        code="unconfirmed",
        remedy="Confirm that they may be made (--yes at the command line).",
        details=[asdict(call) for call in calls],
    )
