"""Trying an own app's action against a live connection: one real call, shown with everything masked."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import structlog

from apps.catalog import registry
from apps.catalog.errors import CallError, from_transport
from apps.catalog.models import CustomApp
from apps.catalog.spec import Action, CallContext, Effect, Field, FieldType
from apps.catalog.transport import TransportError
from apps.common.errors import Conflict, ServiceError, ValidationFailed
from apps.common.masking import mask_json
from apps.connections.accounts import account_of, secrets_of
from apps.connections.exchanges import Exchange
from apps.connections.models import Connection
from apps.connections.senders import Recording, sender_for
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workflows.engine.coercion import UnfitError, coerce, is_empty
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

CALL_SECONDS = 10.0
log = structlog.get_logger(__name__)
_AS_JSON = frozenset({FieldType.OBJECT, FieldType.LIST, FieldType.ANY})


@dataclass(frozen=True, slots=True)
class Tried:
    """What a trial came to. `outputs` are label, path-found value and whether there is one."""

    exchange: Exchange | None
    outputs: list[tuple[Field, Any]] = field(default_factory=list)
    error: str = ""


def try_action(
    row: CustomApp,
    connection: Connection,
    key: str,
    texts: Mapping[str, str],
    *,
    actor: Actor,
    confirmed: bool,
) -> Tried:
    """Make the call once. No transaction may be open.

    Raises `ValidationFailed` naming the input, and `Conflict` for an app that is
    switched off or a call that changes something and was not confirmed.
    """
    require(actor, row.workspace, Permission.MANAGE_APPS)
    require(actor, row.workspace, Permission.TEST_CONNECTIONS)
    action = registry.get_app(row.key).action(key)
    if action is None or connection.workspace_id != row.workspace_id or connection.app != row.key:
        raise ValidationFailed("There is no such action or connection.", code="unknown")
    if not row.enabled:
        raise Conflict(
            f"“{row}” is switched off, so nothing of it is called.",
            code="app_switched_off",
            remedy="Look at it, then switch it on.",
        )
    inputs = read_inputs(action, texts)
    if action.effect is not Effect.READ and not connection.sandbox and not confirmed:
        raise Conflict(
            f"“{action.name}” changes something at the real account “{connection}”.",
            code="unconfirmed",
            remedy="Tick that it may, then try again.",
        )
    tried = _called(connection, action, inputs)
    audit.record(
        row.workspace,
        actor=actor,
        verb="custom_app.tried",
        target=row,
        after={"action": action.key, "connection": connection.name, "answer": _status(tried)},
    )
    return tried


def read_inputs(action: Action, texts: Mapping[str, str]) -> dict[str, Any]:
    """Return what was entered as the inputs' types; raises `ValidationFailed` naming the input."""
    inputs: dict[str, Any] = {}
    for spec in action.inputs:
        text = texts.get(spec.key, "")
        if is_empty(text):
            if spec.required:
                raise ValidationFailed(f"“{spec.label}” is empty.", code="required", field=spec.key)
            continue
        try:
            value = safe_json.loads(text.encode("utf-8", "surrogatepass")) if spec.type in _AS_JSON else text
            inputs[spec.key] = coerce(spec, value)
        except UnfitError as error:
            message = f"“{spec.label}” {error.message}"
            raise ValidationFailed(message, code=error.code, field=spec.key, remedy=error.remedy) from None
        except UnsafeJSONError as error:
            message = f"“{spec.label}” is no JSON: {error.message}"
            raise ValidationFailed(message, code=error.code, field=spec.key) from None
    return inputs


def _called(connection: Connection, action: Action, inputs: Mapping[str, Any]) -> Tried:
    try:
        account, known = account_of(connection), secrets_of(connection)
    except ServiceError as error:
        return Tried(None, error=error.as_text())
    recording = Recording(sender_for(connection).send, known)
    context = CallContext(
        inputs=inputs,
        account=account,
        send=recording,
        key=secrets.token_hex(32),
        event_time=int(datetime.now(UTC).timestamp()),
        deadline=CALL_SECONDS,
    )
    outputs: Mapping[str, Any] = {}
    said = ""
    try:
        outputs = action.call(context)
    except TransportError as failure:
        said = _said(from_transport(failure))
    except CallError as error:
        said = _said(error)
    except Exception as failure:  # As in a run: a mistake of ours is told, not thrown at the page.
        log.exception("custom_app.trial_failed", app=connection.app, action=action.key)
        said = f"The call could not be made or its answer not be read ({type(failure).__name__})."
    shown = mask_json(dict(outputs), known)
    found = [(spec, shown.get(spec.key)) for spec in action.outputs] if outputs else []
    exchange = recording.exchanges[-1] if recording.exchanges else None
    return Tried(exchange, found, said)


def _said(error: CallError) -> str:
    return f"{error.message} {error.remedy}".strip()


def _status(tried: Tried) -> str:
    if tried.exchange is None:
        return "not called"
    return str(tried.exchange["status"] or "no answer")
