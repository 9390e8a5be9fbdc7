"""Stripe's list of events, and a listed event as its webhook would have brought it.

The list (https://docs.stripe.com/api/events/list) reaches back 30 days, newest
first. It shows bodies in the account's default version, not the endpoint's, so the
object is read again at the pinned version where the two releases differ.
"""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from apps.catalog.connectors.stripe.client import API_VERSION, Caller, invoke, invoke_path
from apps.catalog.connectors.stripe.event_types import EVENT_TYPES
from apps.catalog.errors import Permanent
from apps.catalog.spec import EventPage, ListContext, Listed, LookContext, Rebuilt, Reconcile

PAGE = 100
TYPES_AT_ONCE = 20
"""More types a list call does not take."""

KEEPS_DAYS = 30

_KNOWN = frozenset(EVENT_TYPES)
_PATHS = {
    "charge": "charges",
    "checkout.session": "checkout/sessions",
    "coupon": "coupons",
    "credit_note": "credit_notes",
    "customer": "customers",
    "dispute": "disputes",
    "invoice": "invoices",
    "invoiceitem": "invoiceitems",
    "mandate": "mandates",
    "payment_intent": "payment_intents",
    "payment_link": "payment_links",
    "payment_method": "payment_methods",
    "payout": "payouts",
    "plan": "plans",
    "price": "prices",
    "product": "products",
    "promotion_code": "promotion_codes",
    "quote": "quotes",
    "refund": "refunds",
    "review": "reviews",
    "setup_intent": "setup_intents",
    "subscription": "subscriptions",
    "subscription_schedule": "subscription_schedules",
    "tax_rate": "tax_rates",
    "topup": "topups",
    "transfer": "transfers",
}


def list_page(context: ListContext) -> EventPage:
    """Return one page; twenty types are asked for at a time, one group of them after the other."""
    group, after = _place(context.position)
    types = sorted(context.event_types)
    asked = types[group * TYPES_AT_ONCE : (group + 1) * TYPES_AT_ONCE]
    if not asked:
        return EventPage(())
    params: dict[str, Any] = {
        "types": asked,
        "created": {"gte": context.since, "lte": context.until},
        "limit": PAGE,
    }
    if context.undelivered:
        params["delivery_success"] = False
    if after:
        params["starting_after"] = after
    caller = Caller(context.account, context.send, context.deadline)
    answer = invoke(caller, "events.list", params=params)
    rows = [row for row in _objects(answer.get("data")) if _is_event(row)]
    account_id = context.account.values.get("account_id", "")
    return EventPage(tuple(_listed(row, account_id) for row in rows), _next(answer, group, len(types)))


def find(context: LookContext, event_id: str) -> Listed | None:
    """Return one event, None when Stripe keeps it no more."""
    caller = Caller(context.account, context.send, context.deadline)
    try:
        row = invoke(caller, "events.retrieve", event_id)
    except Permanent as error:
        if error.status == 404:
            return None
        raise
    return _listed(row, context.account.values.get("account_id", "")) if _is_event(row) else None


def rebuild(context: LookContext, payload: Mapping[str, Any]) -> Rebuilt:
    """Return the event with its object in the pinned version.

    Within one named release the versions do not break, so that such a body stays as
    it was at the event. A body of another release gets the object as it is now; what
    was deleted, or can't be read by its id, stays as it was listed.
    """
    version = payload.get("api_version")
    if _release(version) == _release(API_VERSION):
        return Rebuilt(payload)
    data = payload.get("data")
    about = data.get("object") if isinstance(data, Mapping) else None
    kind, object_id = (about.get("object"), about.get("id")) if isinstance(about, Mapping) else ("", "")
    path = _PATHS.get(str(kind))
    if path is None or not isinstance(object_id, str) or not object_id:
        return Rebuilt(payload, f"As Stripe lists it, in API version {version or 'unknown'}.")
    caller = Caller(context.account, context.send, context.deadline)
    try:
        now = invoke_path(caller, "get", f"/v1/{path}/{quote(object_id, safe='')}", params={})
    except Permanent as error:
        if error.status != 404:
            raise
        now = {"deleted": True}
    if now.get("deleted"):
        return Rebuilt(payload, f"The object is gone; as Stripe lists it, in API version {version}.")
    fresh = {**payload, "api_version": API_VERSION, "data": {**dict(data or {}), "object": now}}
    return Rebuilt(fresh, f"The object was read again in API version {API_VERSION} and is as it is now.")


def pretend(context: LookContext, payload: Mapping[str, Any]) -> None:
    """Put an event into the list of the sandbox; Stripe itself has no such call."""
    caller = Caller(context.account, context.send, context.deadline)
    text = json.dumps(payload, separators=(",", ":"))
    invoke_path(caller, "post", "/v1/events", params={"event": text}, key=f"pretend-{payload.get('id')}")


def _place(position: str) -> tuple[int, str]:
    if not position:
        return 0, ""
    group, _, after = position.partition(":")
    return int(group), after


def _next(answer: Mapping[str, Any], group: int, types: int) -> str:
    rows = _objects(answer.get("data"))
    if answer.get("has_more") is True and rows:
        return f"{group}:{rows[-1].get('id')}"
    return f"{group + 1}:" if (group + 1) * TYPES_AT_ONCE < types else ""


def _listed(row: Mapping[str, Any], account_id: str) -> Listed:
    # A webhook of a platform names the account; the account's own list leaves it out.
    payload = {**row, "account": account_id} if account_id and not row.get("account") else row
    return Listed(id=str(row["id"]), type=str(row["type"]), occurred_at=int(row["created"]), payload=payload)


def _is_event(row: Mapping[str, Any]) -> bool:
    texts = isinstance(row.get("id"), str) and isinstance(row.get("type"), str)
    return texts and isinstance(row.get("created"), int)


def _objects(value: Any) -> list[dict[str, Any]]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def _release(version: Any) -> str:
    return version.rpartition(".")[2] if isinstance(version, str) and "." in version else ""


RECONCILE = Reconcile(
    list_page=list_page,
    covers=_KNOWN.__contains__,
    keeps_days=KEEPS_DAYS,
    by_hand=(
        "Open the event in the Stripe Dashboard under Developers → Events and resend it to this endpoint; "
        "Stripe allows that for 15 days."
    ),
    lists_undelivered=True,
    find=find,
    rebuild=rebuild,
    pretend=pretend,
)
