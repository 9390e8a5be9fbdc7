"""Steps that an object takes: an invoice is finalized, a payment captured, a subscription ended.

An object of the state must stand where the step begins, as at Stripe; one
that is made up always does.
"""

from collections.abc import Callable, Mapping
from typing import Any

from apps.catalog.connectors.stripe.sandbox.models import KINDS
from apps.catalog.connectors.stripe.sandbox.objects import held, keep, look_up
from apps.catalog.connectors.stripe.sandbox.overlay import Moment, Params
from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, error, missing
from apps.catalog.connectors.stripe.sandbox.writing import Finished, declined, paid

Step = Callable[[dict[str, Any], Params, State, Moment], Finished]


def _finalize(invoice: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    number = f"SANDBOX-{state.get('count', 0) + 1:04d}"
    final = {
        "status": "open" if invoice["amount_due"] else "paid",
        "number": invoice["number"] or number,
        "auto_advance": params.get("auto_advance", "false") == "true",
        "hosted_invoice_url": f"https://invoice.stripe.com/i/{invoice['id']}",
        "invoice_pdf": f"https://pay.stripe.com/invoice/{invoice['id']}/pdf",
        "status_transitions": {**invoice["status_transitions"], "finalized_at": at.now},
    }
    return None, {**invoice, **final}, state


def _send(invoice: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    if invoice["status"] == "draft":
        _, invoice, state = _finalize(invoice, params, state, at)
    return None, invoice, state


def _pay(invoice: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    if "declined" in str(params.get("payment_method", "")):
        return declined(), invoice, state
    done = {
        "status": "paid",
        "amount_paid": invoice["amount_due"],
        "amount_remaining": 0,
        "attempt_count": invoice["attempt_count"] + 1,
        "status_transitions": {**invoice["status_transitions"], "paid_at": at.now},
    }
    return None, {**invoice, **done}, state


def _void(invoice: dict[str, Any], _: Params, state: State, __: Moment) -> Finished:
    return None, {**invoice, "status": "void"}, state


def _confirm(intent: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    return paid(
        {**intent, "payment_method": params.get("payment_method", intent["payment_method"])}, state, at
    )


def _capture(intent: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    amount = int(params.get("amount_to_capture", intent["amount"]))
    if amount > intent["amount"]:
        said = "The amount to capture is greater than what is held."
        return error(400, said, code="amount_too_large", param="amount_to_capture"), intent, state
    charge = intent["latest_charge"] or at.id("ch_")
    done = {"status": "succeeded", "amount_received": amount, "amount_capturable": 0, "latest_charge": charge}
    return None, {**intent, **done}, state


def _cancel(intent: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    reason = params.get("cancellation_reason")
    done = {
        "status": "canceled",
        "canceled_at": at.now,
        "cancellation_reason": reason,
        "amount_capturable": 0,
    }
    return None, {**intent, **done}, state


_STEPS: Mapping[tuple[str, str], tuple[Step, tuple[str, ...], str]] = {
    ("invoices", "finalize"): (_finalize, ("draft",), "invoice_not_editable"),
    ("invoices", "send"): (_send, ("open", "draft"), "invoice_not_editable"),
    ("invoices", "pay"): (_pay, ("open", "draft"), "invoice_not_payable"),
    ("invoices", "void"): (_void, ("open", "uncollectible"), "invoice_not_editable"),
    ("payment_intents", "confirm"): (
        _confirm,
        ("requires_confirmation", "requires_payment_method", "requires_action"),
        "payment_intent_unexpected_state",
    ),
    ("payment_intents", "capture"): (_capture, ("requires_capture",), "payment_intent_unexpected_state"),
    ("payment_intents", "cancel"): (
        _cancel,
        ("requires_payment_method", "requires_confirmation", "requires_action", "requires_capture"),
        "payment_intent_unexpected_state",
    ),
}
"""By resource and verb: the step, the states that it begins in, and the code of the refusal elsewhere."""


def take(
    resource: str, object_id: str, verb: str, params: Params, state: State, at: Moment
) -> tuple[Reply, State] | None:
    """Take the step; None where the resource has none of this name."""
    known = _STEPS.get((resource, verb))
    if known is None:
        return None
    step, begins, code = known
    found = look_up(resource, object_id, state)
    if found is None:
        return missing(KINDS[resource].name, object_id), state
    if object_id not in held(resource, state):
        found = {**found, "status": begins[0]}
    if found["status"] not in begins:
        said = f"This {KINDS[resource].name} is {found['status']}, so that it can't {verb}."
        return error(400, said, code=code), state
    refused, changed, state = step(found, params, state, at)
    return (refused, state) if refused else (Reply(200, changed), keep(resource, changed, state))


def end(
    resource: str, object_id: str, params: Params, state: State, at: Moment
) -> tuple[Reply, State] | None:
    """Answer a DELETE; None where the resource has none."""
    found = look_up(resource, object_id, state) if resource in KINDS else None
    if resource not in {"customers", "subscriptions"}:
        return None
    if found is None or found.get("deleted") or found.get("status") == "canceled":
        return missing(KINDS[resource].name, object_id), state
    if resource == "customers":
        gone = {"id": object_id, "object": "customer", "deleted": True}
        return Reply(200, gone), keep(resource, gone, state)
    details = params.get("cancellation_details")
    told = details if isinstance(details, dict) else {}
    ended = {
        **found,
        "status": "canceled",
        "canceled_at": at.now,
        "ended_at": at.now,
        "cancel_at_period_end": False,
        "cancellation_details": {
            **found["cancellation_details"],
            "reason": "cancellation_requested",
            **told,
        },
    }
    return Reply(200, ended), keep(resource, ended, state)
