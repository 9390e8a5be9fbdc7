"""Making and changing objects in the sandbox: parameters are laid over the model."""

from typing import Any

from apps.catalog.connectors.stripe.sandbox.models import KINDS
from apps.catalog.connectors.stripe.sandbox.objects import held, keep, look_up
from apps.catalog.connectors.stripe.sandbox.overlay import Moment, Params, overlay
from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, error, missing
from apps.catalog.connectors.stripe.sandbox.shapes import PRICE

# What belongs to the call and not to the object.
_NOT_KEPT = frozenset(
    {
        "cancellation_details", "confirm", "default_price_data", "expand", "flow_data", "invoice_settings",
        "items", "line_items", "off_session", "payment_behavior", "pending_invoice_items_behavior", "pricing",
        "product_data", "source", "subscription_data", "trial_period_days",
    }
)  # fmt: skip
_DAY = 86_400


def create(resource: str, params: Params, state: State, at: Moment) -> tuple[Reply, State]:
    """Make an object; the reply is Stripe's refusal where something is missing."""
    kind = KINDS[resource]
    if kind.required is None:
        return error(404, f"Unrecognized request URL (POST: /v1/{resource})."), state
    for name in kind.required:
        if not params.get(name):
            said = f"Missing required param: {name}."
            return error(400, said, code="parameter_missing", param=name), state
    own = params.get("id") if resource == "coupons" else None
    if own is not None and own in held(resource, state):
        return error(400, "Coupon already exists.", code="resource_already_exists", param="id"), state
    fresh = {**kind.copy(), **kind.fresh, "id": own or _new_id(kind.prefix, at), "created": at.now}
    made = overlay(fresh, {name: value for name, value in params.items() if name not in _NOT_KEPT})
    refused, made, state = _FINISH.get(resource, _as_it_is)(made, params, state, at)
    return (refused, state) if refused else (Reply(200, made), keep(resource, made, state))


def _new_id(prefix: str, at: Moment) -> str:
    return at.id(prefix) if prefix else at.id("Sandbox", 8)


def update(resource: str, object_id: str, params: Params, state: State) -> tuple[Reply, State]:
    """Change an object."""
    found = look_up(resource, object_id, state)
    if found is None:
        return missing(KINDS[resource].name, object_id), state
    changed = overlay(found, {name: value for name, value in params.items() if name not in _NOT_KEPT})
    if resource == "subscriptions":
        changed = {**changed, "items": _items_changed(changed["items"], params.get("items"))}
        details = params.get("cancellation_details")
        if isinstance(details, dict):
            changed["cancellation_details"] = {**changed["cancellation_details"], **details}
        if changed["cancel_at_period_end"]:
            changed["cancel_at"] = changed["items"]["data"][0]["current_period_end"]
    return Reply(200, changed), keep(resource, changed, state)


Finished = tuple[Reply | None, dict[str, Any], State]


def _as_it_is(made: dict[str, Any], _: Params, state: State, __: Moment) -> Finished:
    return None, made, state


def _price_of(line: Any, state: State) -> dict[str, Any]:
    """Return the price of a line of parameters, made up where the state has none."""
    price_id = line.get("price") if isinstance(line, dict) else line
    return look_up("prices", str(price_id), state) or dict(PRICE)


def _lines(value: Any) -> list[dict[str, Any]]:
    return [line for line in value if isinstance(line, dict)] if isinstance(value, list) else []


def _total(lines: list[dict[str, Any]], state: State) -> int:
    return sum((_price_of(line, state)["unit_amount"] or 0) * int(line.get("quantity", 1)) for line in lines)


def _items_changed(items: dict[str, Any], changes: Any) -> dict[str, Any]:
    data = list(items["data"])
    for change in _lines(changes):
        place = next((n for n, item in enumerate(data) if item["id"] == change.get("id")), None)
        if place is not None:
            price = {**data[place]["price"], "id": change.get("price", data[place]["price"]["id"])}
            quantity = int(change.get("quantity", data[place]["quantity"]))
            data[place] = {**data[place], "price": price, "quantity": quantity}
    return {**items, "data": data}


def _subscription(made: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    (model,) = made["items"]["data"][:1]
    data = [
        {
            **model,
            "id": at.id(f"si_{number}"),
            "price": _price_of(line, state),
            "quantity": int(line.get("quantity", 1)),
            "current_period_start": at.now,
            "current_period_end": at.now + 30 * _DAY,
            "created": at.now,
        }
        for number, line in enumerate(_lines(params["items"]))
    ]
    days = str(params.get("trial_period_days", ""))
    end = at.now + int(days) * _DAY if days.isdecimal() else made["trial_end"]
    trial = {"status": "trialing", "trial_start": at.now, "trial_end": end} if end else {"status": "active"}
    return None, {**made, **trial, "items": {**made["items"], "data": data}}, state


def _payment_intent(made: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    if params.get("confirm") == "true" and made["payment_method"]:
        return paid(made, state, at)
    status = "requires_confirmation" if made["payment_method"] else "requires_payment_method"
    return None, {**made, "status": status}, state


def paid(intent: dict[str, Any], state: State, at: Moment) -> Finished:
    """Return a payment intent with its payment made, held, or declined, as its payment method says."""
    if "declined" in str(intent["payment_method"]):
        return declined(), intent, state
    if intent["capture_method"] == "manual":
        return None, {**intent, "status": "requires_capture", "amount_capturable": intent["amount"]}, state
    done = {"status": "succeeded", "amount_received": intent["amount"], "latest_charge": at.id("ch_")}
    return None, {**intent, **done}, state


def declined() -> Reply:
    """Return Stripe's answer to a card that the bank declines."""
    return error(
        402,
        "Your card was declined.",
        code="card_declined",
        kind="card_error",
        decline_code="generic_decline",
    )


def _charge(made: dict[str, Any], params: Params, state: State, _: Moment) -> Finished:
    if "declined" in str(params.get("source", "")):
        return declined(), made, state
    return None, {**made, "amount_captured": made["amount"] if made.get("captured") else 0}, state


def _refund(made: dict[str, Any], params: Params, state: State, _: Moment) -> Finished:
    intent = look_up("payment_intents", str(params.get("payment_intent", "")), state)
    charge_id = str(params.get("charge") or (intent or {}).get("latest_charge") or "")
    charge = look_up("charges", charge_id, state)
    if charge is None:
        return missing("charge", charge_id or "?", param="charge"), made, state
    left = charge["amount"] - charge["amount_refunded"]
    amount = made["amount"] if "amount" in params else left
    if amount > left or left == 0:
        said = f"Refund amount ({amount}) is greater than unrefunded amount on charge ({left})."
        return (
            error(400, said, code="charge_already_refunded" if left == 0 else "", param="amount"),
            made,
            state,
        )
    back = charge["amount_refunded"] + amount
    state = keep("charges", {**charge, "amount_refunded": back, "refunded": back == charge["amount"]}, state)
    about = {"charge": charge_id, "payment_intent": charge["payment_intent"], "customer": charge["customer"]}
    return None, {**made, **about, "amount": amount, "currency": charge["currency"]}, state


def _invoice(made: dict[str, Any], params: Params, state: State, _: Moment) -> Finished:
    waiting = [
        item
        for item in held("invoiceitems", state).values()
        if item["customer"] == made["customer"] and item["invoice"] is None
    ]
    taken = waiting if params.get("pending_invoice_items_behavior") == "include" else []
    for item in taken:
        state = keep("invoiceitems", {**item, "invoice": made["id"]}, state)
    total = sum(item["amount"] for item in taken)
    customer = look_up("customers", str(made["customer"]), state) or {}
    draft = {
        "status": "draft", "number": None, "hosted_invoice_url": None, "invoice_pdf": None,
        "attempt_count": 0,
        "amount_due": total, "amount_paid": 0, "amount_remaining": total, "total": total, "subtotal": total,
        "customer_email": customer.get("email"), "customer_name": customer.get("name"),
        "lines": {**made["lines"], "data": []},
        "status_transitions": {**made["status_transitions"], "paid_at": None, "finalized_at": None},
    }  # fmt: skip
    return None, {**made, **draft}, state


def _invoice_item(made: dict[str, Any], params: Params, state: State, _: Moment) -> Finished:
    pricing = params.get("pricing")
    if "amount" not in params and not isinstance(pricing, dict):
        return (
            error(400, "Missing required param: amount.", code="parameter_missing", param="amount"),
            made,
            state,
        )
    if isinstance(pricing, dict):
        price = _price_of(pricing, state)
        made = {**made, "amount": price["unit_amount"] * made["quantity"], "currency": price["currency"]}
    return None, made, state


def _checkout_session(made: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    lines = _lines(params.get("line_items"))
    if made["mode"] != "setup" and not lines:
        said = "Missing required param: line_items."
        return error(400, said, code="parameter_missing", param="line_items"), made, state
    total = _total(lines, state) if lines else None
    page = {
        "url": f"https://checkout.stripe.com/c/pay/{made['id']}",
        "amount_total": total,
        "amount_subtotal": total,
        "expires_at": made["expires_at"] if "expires_at" in params else at.now + _DAY,
    }
    return None, {**made, **page}, state


def _payment_link(made: dict[str, Any], _: Params, state: State, at: Moment) -> Finished:
    return None, {**made, "url": at.id("https://buy.stripe.com/test_", 14)}, state


def _portal_session(made: dict[str, Any], _: Params, state: State, at: Moment) -> Finished:
    return None, {**made, "url": at.id("https://billing.stripe.com/p/session/test_", 14)}, state


def _promotion_code(made: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    return None, made if "code" in params else {**made, "code": at.id("", 8).upper()}, state


def _product(made: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    data = params.get("default_price_data")
    if not isinstance(data, dict):
        return None, made, state
    reply, state = create("prices", {**data, "product": made["id"]}, state, at)
    return (
        (None, {**made, "default_price": reply.body["id"]}, state)
        if reply.status == 200
        else (reply, made, state)
    )


def _price(made: dict[str, Any], params: Params, state: State, at: Moment) -> Finished:
    data = params.get("product_data")
    if isinstance(data, dict):
        reply, state = create("products", data, state, at)
        if reply.status != 200:
            return reply, made, state
        made = {**made, "product": reply.body["id"]}
    kind = "recurring" if made["recurring"] else "one_time"
    return None, {**made, "type": kind, "unit_amount_decimal": str(made["unit_amount"])}, state


_FINISH = {
    "billing_portal/sessions": _portal_session,
    "charges": _charge,
    "checkout/sessions": _checkout_session,
    "invoiceitems": _invoice_item,
    "invoices": _invoice,
    "payment_intents": _payment_intent,
    "payment_links": _payment_link,
    "prices": _price,
    "products": _product,
    "promotion_codes": _promotion_code,
    "refunds": _refund,
    "subscriptions": _subscription,
}
