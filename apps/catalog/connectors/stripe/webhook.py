"""Stripe's deliveries: their signature, their envelope, and samples made anew.

Signatures: https://docs.stripe.com/webhooks/signature. The digest is taken over
the raw bytes, where the SDK's verifier takes text: a body that is not UTF-8 but
rightly signed is Stripe's all the same.
"""

import hashlib
import hmac
import json
import re
import secrets
import string
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from apps.catalog.connectors.stripe.origins import origins
from apps.catalog.errors import SignatureError, UnreadableEventError
from apps.catalog.spec import Event, Verified
from apps.language.times import LAST_SECOND

TOLERANCE = 300
"""Seconds that a delivery's timestamp may lie in the past or in the future."""

_HEADER = "stripe-signature"
_DIGITS = re.compile(r"[0-9]{1,12}")
_EVENT_ID = re.compile(r"evt_[!-~]{1,251}")
_ALPHABET = string.ascii_letters + string.digits
_MANY = 32  # More signatures than a header can rightly have; rolling a secret makes two.


def verify(headers: Mapping[str, str], body: bytes, known: Sequence[str], now: float) -> Verified:
    """Accept a delivery that one of the known secrets signed within the window.

    Raises `SignatureError`. Every secret is compared with every `v1` signature,
    each in constant time; other schemes (`v0`, test events) count for nothing.
    """
    usable = [(index, secret) for index, secret in enumerate(known) if secret.strip()]
    if not usable:
        raise SignatureError("No signing secret is stored for this address.", code="no_secret")
    header = headers.get(_HEADER, "")
    if not header:
        raise SignatureError("The header Stripe-Signature is missing.", code="missing_header")
    stamp, signatures = _parse(header)
    matching = [index for index, secret in usable if _matches(secret, stamp, body, signatures)]
    if not matching:
        raise SignatureError("No signature matches this body.", code="no_match")
    age = now - int(stamp)
    if age > TOLERANCE:
        raise SignatureError(f"The signature is more than {TOLERANCE} seconds old.", code="too_old")
    if age < -TOLERANCE:
        raise SignatureError(
            f"The signature is dated more than {TOLERANCE} seconds in the future.", code="in_future"
        )
    return Verified(secret_index=matching[0])


def _parse(header: str) -> tuple[str, list[bytes]]:
    """Return the timestamp as it was signed and the `v1` signatures; raises `SignatureError`."""
    pairs = [item.strip().partition("=") for item in header.split(",", _MANY)]
    stamps = [value for name, _, value in pairs if name == "t"]
    signatures = [value.encode("utf-8", "replace") for name, _, value in pairs if name == "v1" and value]
    if len(stamps) != 1 or not _DIGITS.fullmatch(stamps[0]) or not signatures:
        raise SignatureError("The header Stripe-Signature can't be read.", code="malformed_header")
    return stamps[0], signatures


def _matches(secret: str, stamp: str, body: bytes, signatures: Sequence[bytes]) -> bool:
    expected = _digest(secret, stamp, body).encode("ascii")
    # Every comparison is made, so the time taken tells nothing about which one matched.
    return sum(hmac.compare_digest(expected, signature) for signature in signatures) > 0


def _digest(secret: str, stamp: str, body: bytes) -> str:
    signed = stamp.encode("ascii") + b"." + body
    return hmac.new(secret.encode("utf-8"), signed, hashlib.sha256).hexdigest()


def sign(body: bytes, secret: str, timestamp: int) -> dict[str, str]:
    """Return the header that Stripe sends with the body."""
    return {"Stripe-Signature": f"t={timestamp},v1={_digest(secret, str(timestamp), body)}"}


def read_event(payload: Mapping[str, Any]) -> Event:
    """Read a snapshot event's envelope; raises `UnreadableEventError`."""
    if payload.get("object") == "v2.core.event":
        raise UnreadableEventError(
            "This is a thin event, which carries no object. Register the endpoint with snapshot payloads."
        )
    event_id, kind, created = (payload.get(name) for name in ("id", "type", "created"))
    if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        raise UnreadableEventError("The event has no id that starts with evt_.")
    if not isinstance(kind, str) or not 0 < len(kind) <= 255:
        raise UnreadableEventError("The event has no type.")
    if isinstance(created, bool) or not isinstance(created, int) or not 0 <= created <= LAST_SECOND:
        raise UnreadableEventError("The event has no time in unix seconds under “created”.")
    account, livemode = read_account(payload)
    return Event(
        id=event_id,
        type=kind,
        occurred_at=created,
        livemode=livemode,
        account=account or None,
        origins=origins(payload),
    )


def read_account(payload: Mapping[str, Any]) -> tuple[str, bool | None]:
    """Return the connected account that a body names, "" for none, and its mode."""
    account, livemode = payload.get("account"), payload.get("livemode")
    return account if isinstance(account, str) else "", livemode if isinstance(livemode, bool) else None


def amend(payload: Mapping[str, Any], said: Event) -> dict[str, Any]:
    """Return the payload as the event that a person says it is; raises `UnreadableEventError`."""
    data, found, created = (payload.get(name) for name in ("data", "id", "created"))
    if not isinstance(data, Mapping) or not isinstance(data.get("object"), Mapping):
        raise UnreadableEventError("The body has no object under “data.object”, so it is no event.")
    event_id = said.id or (found if isinstance(found, str) and _EVENT_ID.fullmatch(found) else "")
    if not event_id:
        written = json.dumps(payload, sort_keys=True).encode("utf-8")
        event_id = f"evt_{hashlib.sha256(written).hexdigest()[:24]}"
    dated = isinstance(created, int) and not isinstance(created, bool) and 0 <= created <= LAST_SECOND
    at = created if dated else said.occurred_at
    return {**payload, "object": "event", "id": event_id, "type": said.type, "created": at}


def new_event_id() -> str:
    """Return an id in the form of Stripe's."""
    return f"evt_{_random(24)}"


def new_secret() -> str:
    """Return a signing secret in the form of Stripe's, for the sandbox."""
    return f"whsec_{_random(32)}"


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


# Where Stripe's objects keep unix seconds; a number elsewhere is an amount or a count.
_TIME_KEY = re.compile(
    r"created|created_at|updated_at|.+_at|due_by|due_date|start_date|.*period_(start|end)|trial_(start|end)"
    r"|start|end|billing_cycle_anchor|next_payment_attempt|available_on"
)
_EARLIEST = 1_000_000_000  # Smaller numbers under such a key are no times of today.


def refresh_sample(payload: Mapping[str, Any], event_id: str, now: int) -> dict[str, Any]:
    """Return the sample as a new event at `now` (unix seconds), about a new object.

    All times keep their distance to the event's. The object's id is derived
    from the event's and replaced wherever it appears; other ids stay, so that
    looking up the customer still finds the person of the sample.
    """
    created = payload.get("created")
    shift = now - created if isinstance(created, int) else 0
    renamed = dict(_renamed_ids(payload, event_id))
    fresh: dict[str, Any] = _refreshed(payload, "", shift, renamed)
    return {**fresh, "id": event_id, "created": now}


def _renamed_ids(payload: Mapping[str, Any], event_id: str) -> Iterator[tuple[str, str]]:
    data, request = payload.get("data"), payload.get("request")
    about = data.get("object") if isinstance(data, Mapping) else None
    for owner in (about, request):
        old = owner.get("id") if isinstance(owner, Mapping) else None
        if isinstance(old, str) and "_" in old:
            stem, _, tail = old.rpartition("_")
            yield old, f"{stem}_{_derived(event_id + old, len(tail))}"


def _derived(seed: str, length: int) -> str:
    digest = hashlib.sha512(seed.encode("utf-8")).digest()
    return "".join(_ALPHABET[digest[place % len(digest)] % len(_ALPHABET)] for place in range(length))


def _refreshed(value: Any, key: str, shift: int, renamed: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {name: _refreshed(item, name, shift, renamed) for name, item in value.items()}
    if isinstance(value, list):
        return [_refreshed(item, key, shift, renamed) for item in value]
    if isinstance(value, str):
        for old, new in renamed.items():
            value = value.replace(old, new)
        return value
    if isinstance(value, int) and value >= _EARLIEST and _TIME_KEY.fullmatch(key):
        return value + shift
    return value
