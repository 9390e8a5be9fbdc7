"""Customer.io's deliveries: their signature, their envelope, and samples made anew.

Signatures: https://customer.io/docs/journeys/webhooks/.
Signed is `v0:<timestamp>:<raw body>`, by HMAC-SHA256 under the signing key's
characters as they are shown (they look like hex and are not decoded).
"""

import hashlib
import hmac
import json
import re
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import Any

from apps.catalog.connectors.customerio import ulid
from apps.catalog.connectors.customerio.events import event_type_of
from apps.catalog.connectors.customerio.origins import origins
from apps.catalog.errors import SignatureError, UnreadableEventError
from apps.catalog.spec import Event, Verified
from apps.language.times import LAST_SECOND

WINDOW = 300
"""Seconds around now; a delivery dated outside of them is accepted and marked.

Customer.io states no window, and whether a delivery that is repeated for days
is signed anew is not documented. A refusal would hold up every later event
behind it for an hour at a time, also where only this machine's clock is wrong,
in either direction. What guards against repetition is the event's id.
"""

_VERSION = "v0"
_TIMESTAMP = "x-cio-timestamp"
_SIGNATURE = "x-cio-signature"
_DIGITS = re.compile(r"[0-9]{1,12}")
_HEX = re.compile(r"[0-9a-f]{64}")
_MAX_ID = 255
_MAX_TYPE = 100
_NUMBER = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?")


def verify(headers: Mapping[str, str], body: bytes, known: Sequence[str], now: float) -> Verified:
    """Accept a delivery that one of the known keys signed; `late` where its time is far from now.

    Raises `SignatureError`. Every key is compared, each in constant time.
    """
    usable = [(index, key) for index, key in enumerate(known) if key.strip()]
    if not usable:
        raise SignatureError("No signing key is stored for this address.", code="no_secret")
    stamp, given = headers.get(_TIMESTAMP, "").strip(), headers.get(_SIGNATURE, "").strip().lower()
    if not stamp or not given:
        raise SignatureError(
            "The headers X-CIO-Timestamp and X-CIO-Signature are not both there.", code="missing_header"
        )
    given = given.removeprefix(f"{_VERSION}=")
    if not _DIGITS.fullmatch(stamp) or not _HEX.fullmatch(given):
        raise SignatureError(
            "The headers X-CIO-Timestamp and X-CIO-Signature can't be read.", code="malformed_header"
        )
    # A list, not a search: every comparison is made, so the time taken tells nothing.
    matching = [index for index, key in usable if hmac.compare_digest(_digest(key, stamp, body), given)]
    if not matching:
        raise SignatureError("No signing key matches this body.", code="no_match")
    return Verified(late=abs(now - int(stamp)) > WINDOW, secret_index=matching[0])


def _digest(key: str, stamp: str, body: bytes) -> str:
    signed = f"{_VERSION}:{stamp}:".encode("ascii") + body
    return hmac.new(key.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def sign(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """Return the headers that Customer.io sends with the body."""
    stamp = str(timestamp)
    return {"X-CIO-Timestamp": stamp, "X-CIO-Signature": _digest(secret, stamp, body)}


def read_event(payload: Mapping[str, Any]) -> Event:
    """Read id, type and time; raises `UnreadableEventError`.

    The time is a number or the digits of one; where it is missing, the moment
    inside the event's ULID stands in.
    """
    event_id = payload.get("event_id")
    if not isinstance(event_id, str) or not 0 < len(event_id.strip()) <= _MAX_ID:
        raise UnreadableEventError("The event has no event_id.")
    kind = event_type_of(payload)
    if not 0 < len(kind) <= _MAX_TYPE:
        raise UnreadableEventError("The event has no object_type and metric, which together are its type.")
    occurred_at = seconds_of(payload.get("timestamp"))
    if occurred_at is None:
        occurred_at = ulid.seconds_of(event_id)
    if occurred_at is None:
        raise UnreadableEventError("The event has no time in unix seconds under “timestamp”.")
    return Event(id=event_id.strip(), type=kind, occurred_at=occurred_at, origins=origins(payload))


def amend(payload: Mapping[str, Any], said: Event) -> dict[str, Any]:
    """Return the payload as the reporting event that a person says it is; raises `UnreadableEventError`."""
    if not isinstance(payload.get("data"), Mapping):
        raise UnreadableEventError("The body has no object under “data”, so it is no reporting event.")
    found, at = payload.get("event_id"), seconds_of(payload.get("timestamp"))
    moment = said.occurred_at if at is None else at
    event_id = said.id or (found.strip() if isinstance(found, str) else "")
    if not event_id:
        written = json.dumps(payload, sort_keys=True).encode("utf-8")
        event_id = ulid.derive(moment, hashlib.sha256(written).hexdigest())
    kind, _, metric = said.type.partition(".")
    return {**payload, "event_id": event_id, "object_type": kind, "metric": metric, "timestamp": moment}


def seconds_of(value: Any) -> int | None:
    """Return whole unix seconds from a number or its digits; milliseconds are told by their size."""
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = float(value)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= LAST_SECOND * 1000:
        return None
    return int(value if value <= LAST_SECOND else value / 1000)


def new_event_id() -> str:
    """Return an id in the form of Customer.io's."""
    return ulid.derive(int(time.time()), secrets.token_hex(10))


def new_secret() -> str:
    """Return a signing key in the form of Customer.io's, for the sandbox."""
    return secrets.token_hex(32)


def refresh_sample(payload: Mapping[str, Any], event_id: str, now: int) -> dict[str, Any]:
    """Return the sample as a new event at `now` (unix seconds), about a new message to the same person."""
    fresh = {**payload, "event_id": event_id, "timestamp": now}
    data = payload.get("data")
    if isinstance(data, Mapping):
        fresh["data"] = dict(data)
        if isinstance(data.get("delivery_id"), str):
            digest = hashlib.sha256(f"{event_id}:{data['delivery_id']}".encode()).hexdigest()
            fresh["data"]["delivery_id"] = f"RMTn{digest[:20]}"
    return fresh
