"""Actions that send messages. Nothing makes a repeated call of them harmless."""

import time
from collections.abc import Mapping
from typing import Any

from apps.catalog.connectors.customerio import limits, payloads
from apps.catalog.connectors.customerio.actions.calls import APP_DOCS, APP_KEYS, ask
from apps.catalog.connectors.customerio.client import PROVIDER
from apps.catalog.connectors.customerio.fields import messages as fields
from apps.catalog.errors import Certainty, Retryable
from apps.catalog.spec import Action, CallContext, Effect, Idempotency


def send_transactional_email(context: CallContext) -> dict[str, Any]:
    """Send one e-mail.

    An answer without a delivery id is uncertain: the mail may be on its way.
    """
    body = payloads.send_email(context.inputs)
    # Only here is the time known: the engine, which checks the inputs, has no clock.
    limits.send_ahead(body.get("send_at"), now=time.time())
    answer = ask(context, "POST", "/v1/send/email", body)
    delivery_id = answer.get("delivery_id")
    if not isinstance(delivery_id, str) or not delivery_id:
        raise _unnamed(
            "accepted the e-mail but named no delivery", "Look at the person's activity in Customer.io"
        )
    return {
        "delivery_id": delivery_id,
        "queued_at": answer.get("queued_at"),
        "send_at": answer.get("send_at"),
    }


def trigger_broadcast(context: CallContext) -> dict[str, Any]:
    """Send a broadcast to everybody named.

    An answer without a trigger id is uncertain: the broadcast may be on its way.
    """
    number, body = payloads.trigger_broadcast(context.inputs)
    answer = ask(context, "POST", f"/v1/campaigns/{number}/triggers", body)
    trigger_id = answer.get("id")
    if isinstance(trigger_id, bool) or not isinstance(trigger_id, int | str) or trigger_id == "":
        raise _unnamed(
            "accepted the broadcast but named no triggering",
            "Look at the broadcast's triggers in Customer.io",
        )
    return {"trigger_id": str(trigger_id)}


def _unnamed(what: str, remedy: str) -> Retryable:
    return Retryable(
        f"{PROVIDER} {what}.",
        code="unreadable_answer",
        certainty=Certainty.UNCERTAIN,
        remedy=f"{remedy} before sending again.",
    )


def _check_send(inputs: Mapping[str, Any]) -> None:
    payloads.send_email(inputs)


def _check_broadcast(inputs: Mapping[str, Any]) -> None:
    payloads.trigger_broadcast(inputs)


SEND_EMAIL = Action(
    key="send-transactional-email",
    name="Send Transactional Email",
    description="Sends one of the workspace's transactional messages to an address.",
    inputs=fields.SEND_INPUTS,
    outputs=fields.SEND_OUTPUTS,
    effect=Effect.CREATE,
    idempotency=Idempotency.NONE,
    call=send_transactional_email,
    check=_check_send,
    requires=APP_KEYS,
    provider_id="delivery_id",
    docs_url=f"{APP_DOCS}#operation/sendEmail",
)
TRIGGER_BROADCAST = Action(
    key="send-broadcast",
    name="Trigger Broadcast",
    description="Sends an API-triggered broadcast to the people named. Customer.io takes one in ten seconds.",
    inputs=fields.BROADCAST_INPUTS,
    outputs=fields.BROADCAST_OUTPUTS,
    effect=Effect.CREATE,
    idempotency=Idempotency.NONE,
    call=trigger_broadcast,
    check=_check_broadcast,
    requires=APP_KEYS,
    danger=(
        "This sends messages to everybody in the audience at once, with every event that starts the "
        "workflow, and can't be called back."
    ),
    provider_id="trigger_id",
    docs_url=f"{APP_DOCS}#operation/triggerBroadcast",
    one_of=(("emails", "ids", "per_user_data", "recipients", "data_file_url"),),
)
