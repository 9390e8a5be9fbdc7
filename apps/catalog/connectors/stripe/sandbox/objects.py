"""Made-up customers, charges, invoices and subscriptions, modelled on the samples."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from apps.catalog.connectors.stripe.sandbox.replies import Reply, State, missing

BALANCE: Mapping[str, Any] = {
    "object": "balance",
    "available": [{"amount": 125_000, "currency": "usd", "source_types": {"card": 125_000}}],
    "livemode": False,
    "pending": [{"amount": 4_900, "currency": "usd", "source_types": {"card": 4_900}}],
}

_SAMPLES = Path(__file__).parent.parent / "samples"


@dataclass(frozen=True, slots=True)
class Kind:
    """A resource: its ids, the sample that it is modelled on and what differs from it.

    `emails` are the places of its person's address.
    """

    name: str
    prefix: str
    sample: str
    emails: tuple[tuple[str, ...], ...]
    changes: Mapping[str, Any] = field(default_factory=dict)


KINDS: Mapping[str, Kind] = {
    "customers": Kind("customer", "cus_", "customer-created", (("email",),)),
    "charges": Kind(
        "charge",
        "ch_",
        "charge-failed",
        (("billing_details", "email"), ("receipt_email",)),
        {
            "status": "succeeded",
            "paid": True,
            "captured": True,
            "amount_captured": 4900,
            "disputed": True,
            "failure_code": None,
            "failure_message": None,
            "outcome": {"network_status": "approved_by_network", "reason": None, "type": "authorized"},
            "receipt_url": "https://pay.stripe.com/receipts/example",
        },
    ),
    "invoices": Kind("invoice", "in_", "invoice-paid", (("customer_email",),)),
    "subscriptions": Kind("subscription", "sub_", "subscription-created", ()),
}

_ID = re.compile(r"[a-z]+_[A-Za-z0-9_]{1,200}")
# The objects that the samples name belong to the samples' person.
_OF_SAMPLES = frozenset({"cus_R8kTq2LwPzNf4J", "ch_3SVn8aLm2VtXe0Zb0rTq6XyC"})


def retrieve(resource: str, object_id: str, state: State) -> Reply:
    """Return the object: from the state, else made up, else Stripe's 404."""
    kind = KINDS[resource]
    held = state.get("objects", {}).get(resource, {}).get(object_id)
    if held is not None:
        return Reply(200, held)
    plausible = object_id.startswith(kind.prefix) and _ID.fullmatch(object_id)
    if not plausible or "missing" in object_id or "wrongmode" in object_id:
        return missing(kind.name, object_id)
    if "deleted" in object_id and resource == "customers":
        return Reply(200, {"id": object_id, "object": kind.name, "deleted": True})
    return Reply(200, _made_up(kind, object_id))


def _made_up(kind: Kind, object_id: str) -> dict[str, Any]:
    model: dict[str, Any] = json.loads(_model(kind.sample))
    made = {**model, **kind.changes}
    if object_id in {model["id"], *_OF_SAMPLES}:
        return {**made, "id": object_id}
    address = f"{object_id.lower()}@example.com"
    for *above, last in kind.emails:
        target = made
        for name in above:
            target = target[name]
        target[last] = address
    return {**made, "id": object_id}


@cache
def _model(sample: str) -> str:
    """Return the sample's object as text, so that every caller gets its own copy."""
    event = json.loads((_SAMPLES / f"{sample}.json").read_text(encoding="utf-8"))
    return json.dumps(event["data"]["object"])
