"""Events of authorised accounts: they come through their client's one webhook and are routed by account."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import structlog

from apps.catalog import registry
from apps.catalog.errors import SignatureError
from apps.catalog.spec import App
from apps.common.errors import ServiceError
from apps.connections.models import Endpoint, PlatformEndpoint
from apps.connections.oauth import grants, platforms
from apps.webhooks import arrivals
from apps.webhooks.arrivals import Arrival
from apps.webhooks.endpoints import SECRET_UNREADABLE, TOKEN, RefusedError
from apps.webhooks.envelopes import read_top_level
from apps.webhooks.models import Delivery

log = structlog.get_logger(__name__)

ACCOUNT_UNREADABLE = "account_unreadable"
ACCOUNT_DETACHED = "account_detached"
UNPLACED = frozenset({ACCOUNT_UNREADABLE, ACCOUNT_DETACHED})


@dataclass(frozen=True, slots=True)
class PlatformDelivery:
    """A verified request and the endpoints of the connections that it is for.

    Without any, `nobody` says why it is nobody's here.
    """

    app: str
    arrival: Arrival
    endpoints: list[Endpoint]
    nobody: str = ""


def at_path(path: str) -> PlatformEndpoint | None:
    """Return the client's webhook at a path, `<app>/<token>`; None where there is none."""
    app_key, _, token = path.strip("/").partition("/")
    return platforms.find(app_key, token) if TOKEN.fullmatch(token) else None


def verified(path: str, headers: Mapping[str, str], body: bytes, *, at: datetime) -> PlatformDelivery | None:
    """Return the request as it verifies and whom it is for; None where no client's webhook is at the path.

    Raises `RefusedError` for what does not verify, and for what somebody here may
    want and nobody can be given: `UNPLACED` tells those, which are to be sent again.
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
    return _placed(platform, app, arrival)


def _placed(platform: PlatformEndpoint, app: App, arrival: Arrival) -> PlatformDelivery:
    account, livemode = _account_of(app, arrival)
    if not account and arrival.event is None:
        # Whose it is can't be told, so that it can't be kept; it may be anybody's.
        log.error("webhook.platform_event_unplaced", app=app.key, problem=arrival.problem)
        message = f"Whose event this is can't be read. {arrival.problem} Send it again."
        raise RefusedError(None, code=ACCOUNT_UNREADABLE, message=message)
    if not account:
        log.error("webhook.platform_event_without_account", app=app.key)
        return PlatformDelivery(app.key, arrival, [], "The event names no account, so it is no connection's.")
    found = platforms.endpoints_of(platform, account, livemode=livemode)
    if not found and platforms.is_authorised(app.key, account, livemode=livemode):
        log.error("webhook.platform_account_detached", app=app.key)
        message = "The connection of this account takes no events from this address now. Send it again."
        raise RefusedError(None, code=ACCOUNT_DETACHED, message=message)
    if not found:
        log.warning("webhook.platform_account_unknown", app=app.key)
    # Another installation's, or an account that was disconnected.
    nobody = "No connection here uses this account in this mode; the event was not kept."
    return PlatformDelivery(app.key, arrival, found, "" if found else nobody)


def _account_of(app: App, arrival: Arrival) -> tuple[str, bool | None]:
    """Return account and mode; of a body that can't be read as an event, what its top level tells."""
    if arrival.event is not None:
        return arrival.event.account or "", arrival.event.livemode
    if app.webhook is None or app.webhook.read_account is None:
        return "", None
    return app.webhook.read_account(read_top_level(arrival.body))


def note_end(delivery: PlatformDelivery) -> None:
    """Break the connections of an account that has taken its authorisation back."""
    oauth, event = registry.get_app(delivery.app).auth.oauth, delivery.arrival.event
    if oauth is None or event is None or not oauth.ended_event or event.type != oauth.ended_event:
        return
    for endpoint in delivery.endpoints:
        grants.note_taken_back(endpoint.connection, at=delivery.arrival.at)
