"""How requests are verified, kept and read, as each connection says."""

import json
import secrets
from collections.abc import Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

from apps.catalog import signatures
from apps.catalog.connectors.webhook import document, example
from apps.catalog.connectors.webhook.auth import SECRET
from apps.catalog.connectors.webhook.settings import Settings, put_at, read_settings
from apps.catalog.errors import UnreadableEventError
from apps.catalog.signatures import Hmac, NoVerification
from apps.catalog.spec import Event, ReceivedRequest, Verified, WebhookScheme
from apps.language.times import LAST_SECOND


def read_event(payload: Mapping[str, Any]) -> Event:
    """Read the envelope of a kept request; raises `UnreadableEventError`."""
    event_id, kind, at = (payload.get(name) for name in ("id", "type", "received_at"))
    if not isinstance(event_id, str) or not 0 < len(event_id) <= document.MAX_ID:
        raise UnreadableEventError("The request has no id.")
    if not isinstance(kind, str) or not 0 < len(kind) <= document.MAX_TYPE:
        raise UnreadableEventError("The request has no type.")
    if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at <= LAST_SECOND:
        raise UnreadableEventError("The request has no time.")
    return Event(id=event_id, type=kind, occurred_at=at, origins=document.origins_of(payload.get("origin")))


def new_event_id() -> str:
    """Return an id in the form of those that requests without one are given."""
    return f"req_{secrets.token_hex(12)}"


def new_secret() -> str:
    """Return a signing secret for the sandbox."""
    return secrets.token_urlsafe(32)


def refresh_sample(payload: Mapping[str, Any], event_id: str, now: int) -> dict[str, Any]:
    """Return the sample as a new request at `now` (unix seconds)."""
    told = {name: value for name, value in payload.items() if name != "origin"}  # A person sends it, no call.
    return {**told, "id": event_id, "received_at": now}


@lru_cache(maxsize=512)
def _bound(values: tuple[tuple[str, str], ...]) -> WebhookScheme:
    return SCHEME.model_copy(update=_parts(read_settings(dict(values))))


def bound(values: Mapping[str, str]) -> WebhookScheme:
    """Return the scheme of a connection with these values."""
    return _bound(tuple(sorted((key, str(value)) for key, value in values.items())))


def _parts(settings: Settings) -> dict[str, Any]:
    """Return what of the scheme a connection's settings decide."""
    verification = settings.verification

    def verify(headers: Mapping[str, str], body: bytes, known: Sequence[str], now: float) -> Verified:
        return signatures.verify(verification, headers, body, known, now)

    return {
        "verify": verify,
        "sign": partial(signatures.sign, verification),
        "unverified": isinstance(verification, NoVerification),
        "pack": partial(document.pack, settings),
        "request_of": partial(_request_of, settings),
        "manual_command": example.command(verification),
    }


def _request_of(settings: Settings, payload: Mapping[str, Any]) -> ReceivedRequest:
    """Return the request that a sample stands for; its id stands where the connection looks for it."""
    parts: Any = {name: payload.get(name) for name in ("headers", "query", "body")}
    if settings.id_from:
        parts = put_at(settings.id_from, parts, payload.get("id"))
    headers = {"content-type": str(payload.get("content_type", ""))}
    return ReceivedRequest(
        headers={**headers, **{name: str(value) for name, value in parts["headers"].items()}},
        query=example.query_of(parts["query"]),
        body=_body_of(parts["body"], headers["content-type"]),
        at=int(payload.get("received_at", 0)),
    )


def _body_of(body: Any, kind: str) -> bytes:
    """Return a kept body as it may have been sent; a form is read from JSON, too."""
    if body is None:
        return b""
    if isinstance(body, str) and "json" not in kind:
        return body.encode()
    return json.dumps(body, separators=(",", ":")).encode()


SCHEME = WebhookScheme(
    # Which connection it is for decides; unbound, it asks for a signature.
    **_parts(Settings(Hmac())),
    read_event=read_event,
    refresh_sample=refresh_sample,
    new_event_id=new_event_id,
    new_secret=new_secret,
    secret_field=SECRET,
    manual_help=(
        "Give this address to the program that shall start workflows, and let it send a POST: JSON, a form "
        "or plain text. Its fields are offered in the workflow's editor as soon as one request has come."
    ),
    bound=bound,
)
