"""Events of authorised accounts: they come through their client's one webhook and are routed by account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from apps.catalog import registry
from apps.catalog.errors import SignatureError
from apps.common.errors import ServiceError
from apps.connections.models import Endpoint, PlatformEndpoint
from apps.connections.oauth import grants, platforms
from apps.webhooks import arrivals
from apps.webhooks.arrivals import Arrival
from apps.webhooks.endpoints import SECRET_UNREADABLE, TOKEN, RefusedError
from apps.webhooks.models import Delivery

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PlatformDelivery:
    """A verified request and the endpoints of the connections that it is for."""

    app: str
    arrival: Arrival
    endpoints: list[Endpoint]


def at_path(path: str) -> PlatformEndpoint | None:
    """Return the client's webhook at a path, `<app>/<token>`; None where there is none."""
    app_key, _, token = path.strip("/").partition("/")
    return platforms.find(app_key, token) if TOKEN.fullmatch(token) else None


def verified(path: str, headers: Mapping[str, str], body: bytes, *, at: datetime) -> PlatformDelivery | None:
    """Return the request as it verifies and whom it is for; None where no client's webhook is at the path.

    Raises `RefusedError` for what does not verify.
    """
    platform = at_path(path)
    if platform is None:
        return None
    app = registry.get_app(platform.client.app)
    if app.webhook is None:
        return None
    try:
        seal = app.webhook.verify(headers, body, platforms.secrets_of(platform), at.timestamp())
    except SignatureError as error:
        raise RefusedError(None, code=error.code, message=error.message) from None
    except ServiceError:
        message = "The request can't be verified now."
        raise RefusedError(None, code=SECRET_UNREADABLE, message=message) from None
    arrival = arrivals.read(app, body, at=at, late=seal.late, source=Delivery.Source.WEBHOOK, headers=headers)
    event = arrival.event
    if event is None or not event.account:
        # Without an account it is no tenant's, so that there is nowhere to keep it.
        log.error("webhook.platform_event_unrouted", app=app.key, problem=arrival.problem)
        return PlatformDelivery(app.key, arrival, [])
    found = platforms.endpoints_of(platform, event.account, livemode=event.livemode)
    if not found:
        log.warning("webhook.platform_account_unknown", app=app.key)
    return PlatformDelivery(app.key, arrival, found)


def note_end(delivery: PlatformDelivery) -> None:
    """Break the connections of an account that has taken its authorisation back."""
    oauth, event = registry.get_app(delivery.app).auth.oauth, delivery.arrival.event
    if oauth is None or event is None or not oauth.ended_event or event.type != oauth.ended_event:
        return
    for endpoint in delivery.endpoints:
        grants.note_taken_back(endpoint.connection, at=delivery.arrival.at)
