"""Customer.io's actions: what each sends and what comes back."""

from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio import fields, payloads, ulid
from apps.catalog.connectors.customerio.client import PROVIDER, Api, build, exchange, items, person_path
from apps.catalog.errors import Certainty, Retryable
from apps.catalog.spec import Action, CallContext, Effect, Idempotency

_TRACK = ("site_id", "track_api_key")
_TRACK_DOCS = "https://customer.io/docs/api/track/"
_APP_DOCS = "https://customer.io/docs/api/app/"


def identify_person(context: CallContext) -> dict[str, Any]:
    """Create or update a person. Raises a `CallError`, or what `send` raises."""
    identifier, body = payloads.identify_person(context.inputs)
    _track(context, "PUT", person_path(identifier), body)
    return {"identifier": identifier}


def track_event(context: CallContext) -> dict[str, Any]:
    """Record an event under an id that a repeated call makes again."""
    identifier, body = payloads.track_event(context.inputs)
    body["id"] = ulid.derive(context.event_time, context.key)
    body.setdefault("timestamp", context.event_time)
    _track(context, "POST", f"{person_path(identifier)}/events", body)
    return {"event_id": body["id"], "identifier": identifier, "timestamp": body["timestamp"]}


def delete_person(context: CallContext) -> dict[str, Any]:
    """Delete a person; an unknown one is no error at Customer.io."""
    identifier = payloads.delete_person(context.inputs)
    _track(context, "DELETE", person_path(identifier), {})
    return {"identifier": identifier}


def send_transactional_email(context: CallContext) -> dict[str, Any]:
    """Send one e-mail. Nothing makes a repeated call harmless.

    An answer without a delivery id is uncertain: the mail may be on its way.
    """
    body = payloads.send_email(context.inputs)
    request = build(context.account, Api.APP, "POST", "/v1/send/email", body)
    answer = exchange(context.send, request, Api.APP, deadline=context.deadline)
    delivery_id = answer.get("delivery_id")
    if not isinstance(delivery_id, str) or not delivery_id:
        raise Retryable(
            f"{PROVIDER} accepted the e-mail but named no delivery.",
            code="unreadable_answer",
            certainty=Certainty.UNCERTAIN,
            remedy="Look at the person's activity in Customer.io before sending again.",
        )
    return {
        "delivery_id": delivery_id,
        "queued_at": answer.get("queued_at"),
        "send_at": answer.get("send_at"),
    }


def list_transactional_messages(context: CallContext) -> dict[str, Any]:
    """List the workspace's transactional messages as choices for a field."""
    request = build(context.account, Api.APP, "GET", "/v1/transactional")
    answer = exchange(context.send, request, Api.APP, deadline=context.deadline)
    found = [message for message in items(answer.get("messages")) if message.get("id") is not None]
    return {"options": [{"value": str(message["id"]), "label": _label(message)} for message in found]}


def _label(message: Mapping[str, Any]) -> str:
    number = message["id"]
    name = message.get("name") or message.get("trigger_name")
    return f"{name} ({number})" if name else f"Message {number}"


def _track(context: CallContext, method: str, path: str, body: Mapping[str, Any]) -> None:
    request = build(context.account, Api.TRACK, method, path, body)
    exchange(context.send, request, Api.TRACK, deadline=context.deadline)


def _check_identify(inputs: Mapping[str, Any]) -> None:
    payloads.identify_person(inputs)


def _check_track(inputs: Mapping[str, Any]) -> None:
    payloads.track_event(inputs)


def _check_delete(inputs: Mapping[str, Any]) -> None:
    payloads.delete_person(inputs)


def _check_send(inputs: Mapping[str, Any]) -> None:
    payloads.send_email(inputs)


ACTIONS = (
    Action(
        key="identify-person",
        name="Identify Person",
        description="Creates a person or updates the attributes of one.",
        inputs=fields.IDENTIFY_INPUTS,
        outputs=fields.IDENTIFY_OUTPUTS,
        effect=Effect.UPSERT,
        idempotency=Idempotency.NATURAL,
        call=identify_person,
        check=_check_identify,
        requires=_TRACK,
        docs_url=f"{_TRACK_DOCS}#operation/identify",
    ),
    Action(
        key="track-event",
        name="Track Custom Event",
        description="Records that a person did something, which can start campaigns.",
        inputs=fields.TRACK_INPUTS,
        outputs=fields.TRACK_OUTPUTS,
        effect=Effect.CREATE,
        idempotency=Idempotency.EVENT_ID,
        call=track_event,
        check=_check_track,
        requires=_TRACK,
        provider_id="event_id",
        docs_url=f"{_TRACK_DOCS}#operation/track",
    ),
    Action(
        key="send-transactional-email",
        name="Send Transactional Email",
        description="Sends one of the workspace's transactional messages to an address.",
        inputs=fields.SEND_INPUTS,
        outputs=fields.SEND_OUTPUTS,
        effect=Effect.CREATE,
        idempotency=Idempotency.NONE,
        call=send_transactional_email,
        check=_check_send,
        requires=("app_api_key",),
        provider_id="delivery_id",
        docs_url=f"{_APP_DOCS}#operation/sendEmail",
    ),
    Action(
        key="delete-person",
        name="Delete Person",
        description="Deletes a person and everything that Customer.io knows of them.",
        inputs=(fields.IDENTIFIER,),
        outputs=fields.IDENTIFY_OUTPUTS,
        effect=Effect.DELETE,
        idempotency=Idempotency.NATURAL,
        call=delete_person,
        check=_check_delete,
        requires=_TRACK,
        danger=(
            "This deletes the person with all attributes, events and messages in Customer.io and can't be "
            "undone. A later call about the same identifier creates a new, empty person."
        ),
        docs_url=f"{_TRACK_DOCS}#operation/delete",
    ),
    Action(
        key="list-transactional-messages",
        name="List Transactional Messages",
        description="Lists the workspace's transactional messages, to choose one in a step.",
        inputs=(),
        outputs=fields.OPTIONS_OUTPUTS,
        effect=Effect.READ,
        idempotency=Idempotency.NATURAL,
        call=list_transactional_messages,
        requires=("app_api_key",),
        docs_url=f"{_APP_DOCS}#operation/listTransactional",
        hidden=True,
    ),
)
