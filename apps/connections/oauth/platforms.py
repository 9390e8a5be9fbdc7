"""The one webhook of a client: the events of every account that authorised it come through it.

It stands with the union of what all those connections need, registered with the
client's own key. What somebody has just asked for stays in the union for two
minutes, until the asker's own row tells it, so that two who publish at once do
not take each other's event types away.
"""

import hashlib
import time
import uuid
from typing import Any

from django.db.models import QuerySet
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.errors import Permanent
from apps.catalog.spec import Account, RegistrationContext, WebhookScheme
from apps.common import crypto
from apps.common.errors import Conflict
from apps.connections import leases, senders
from apps.connections.addresses import webhook_url
from apps.connections.models import Connection, Endpoint, EventSubscription
from apps.connections.oauth.clients import client_of
from apps.connections.oauth.models import OAuthClient, OAuthGrant, PlatformEndpoint
from apps.connections.oauth.sealing import OAuthUnreadableError
from apps.connections.subscriptions import alive, reservation

CALL_SECONDS = 10.0
WAIT_SECONDS = 4.0
KEPT_SECRETS = 2
MAX_CONNECTIONS = 50
"""Connections of one account at the most, since each event of it is stored for each of them."""


def attach(endpoint: Endpoint) -> None:
    """Let a connection's events come through its client's webhook, in the caller's transaction.

    Its own address keeps a signing secret that nobody but us knows, for sample events.
    """
    from apps.connections import credentials

    client = OAuthClient.objects.get(app=endpoint.connection.app)
    platform, _ = PlatformEndpoint.objects.get_or_create(client=client)
    scheme = registry.get_app(endpoint.connection.app).webhook
    endpoint.platform = platform
    if scheme is not None and not endpoint.secret:
        endpoint.secret = credentials.seal_signing(endpoint, [scheme.new_secret()])
    endpoint.save(update_fields=["platform", "secret"])


def stand(platform: PlatformEndpoint, endpoint: Endpoint, event_types: set[str]) -> dict[str, Any]:
    """Make the client's webhook stand with these event types too; return the connection's columns.

    Raises a `CallError` and what the sender raises, and `Conflict` while another changes it.
    """
    with leases.held(platform, wait=WAIT_SECONDS) as token:
        platform.refresh_from_db()
        reserved = [*_reserved_by_others(platform, endpoint), [*reservation(event_types), endpoint.pk]]
        # Before the call: whoever comes next reads it, however this one ends.
        PlatformEndpoint.objects.filter(pk=platform.pk).update(reserved=reserved)
        union = _needed(platform) | {each for types, _, _ in reserved for each in types}
        registered_id, url, version = _ensure(platform, endpoint, union, token)
    return {
        "state": Endpoint.State.REGISTERED,
        "state_reason": "",
        "provider_id": registered_id,
        "url": url,
        "event_types": sorted(event_types),
        "api_version": version,
        "registered_at": timezone.now(),
    }


def fall(platform: PlatformEndpoint, endpoint: Endpoint) -> None:
    """Take away what this connection alone needed, and the webhook when nobody needs any of it."""
    with leases.held(platform, wait=WAIT_SECONDS) as token:
        platform.refresh_from_db()
        reserved = _reserved_by_others(platform, endpoint)
        PlatformEndpoint.objects.filter(pk=platform.pk).update(reserved=reserved)
        union = _needed(platform, without=endpoint) | {each for types, _, _ in reserved for each in types}
        if union:
            _ensure(platform, endpoint, union, token)
            return
        scheme = _scheme(platform)
        if platform.provider_id and scheme.remove is not None:
            scheme.remove(_context(platform, endpoint, set(platform.event_types)))
        rows = PlatformEndpoint.objects.filter(pk=platform.pk, lease_token=token)
        rows.update(provider_id="", url="", event_types=[], secret=b"", registered_at=None)


def find(app_key: str, token: str) -> PlatformEndpoint | None:
    """Return the client's webhook with this token."""
    rows = PlatformEndpoint.objects.select_related("client")
    return rows.filter(token=token, client__app=app_key).first()


def secrets_of(platform: PlatformEndpoint) -> tuple[str, ...]:
    """Return the signing secrets, newest first; raises `OAuthUnreadableError`."""
    if not platform.secret:
        return ()
    try:
        return tuple(crypto.unseal_json(platform.secret, bound_to=_binding(platform)))
    except crypto.SealError as error:
        raise OAuthUnreadableError(f"The signing secret can't be opened. {error.message}") from None


def endpoints_of(platform: PlatformEndpoint, account_id: str, *, livemode: bool | None) -> list[Endpoint]:
    """Return the endpoints of the connections that an event of this account and mode is for."""
    grants = _grants(platform.client.app, account_id, livemode=livemode)
    rows = Endpoint.objects.select_related("connection").filter(platform=platform)
    return list(rows.filter(connection__grant__in=grants).order_by("pk"))


def refuse_too_many(app_key: str, account_id: str, *, without: int | None) -> None:
    """Raise `Conflict` where as many other connections have this account as may."""
    others = OAuthGrant.objects.of_account(app_key, account_id)
    if without is not None:
        others = others.exclude(connection_id=without)
    if others.count() >= MAX_CONNECTIONS:
        raise Conflict(
            f"{MAX_CONNECTIONS} connections of this installation have the account {account_id}, "
            "which is as many as can get its events.",
            code="too_many_connections",
            remedy="Use one of them, or disconnect one that nothing uses and press Authorize again.",
        )


def is_authorised(app_key: str, account_id: str, *, livemode: bool | None) -> bool:
    """Tell whether a connection in use has this account in this mode, wherever its events go."""
    return _grants(app_key, account_id, livemode=livemode).exists()


def _grants(app_key: str, account_id: str, *, livemode: bool | None) -> QuerySet[OAuthGrant]:
    grants = OAuthGrant.objects.of_account(app_key, account_id)
    return grants if livemode is None else grants.filter(livemode=livemode)


def _ensure(
    platform: PlatformEndpoint, endpoint: Endpoint, event_types: set[str], token: uuid.UUID
) -> tuple[str, str, str]:
    """Register, and write what stands now while the lease holds; return id, address and API version."""
    scheme, known = _scheme(platform), secrets_of(platform)
    if scheme.ensure is None:
        raise Permanent("This app's webhooks are registered by hand.", code="by_hand_only")
    oauth = registry.get_app(platform.client.app).auth.oauth
    ended = {oauth.ended_event} if oauth is not None and oauth.ended_event else set()
    registered = scheme.ensure(_context(platform, endpoint, event_types | ended, have_secret=bool(known)))
    told = [registered.secret] if registered.secret else []
    kept = [*told, *(each for each in known if each not in told)][:KEPT_SECRETS]
    if not kept or (not told and registered.id != platform.provider_id):
        raise Permanent(
            f"No signing secret was told for the webhook {registered.id} of the platform, "
            "so its deliveries can't be verified.",
            code="secret_not_told",
            remedy="Press Repair on the connection's page, which registers it anew.",
        )
    won = PlatformEndpoint.objects.filter(pk=platform.pk, lease_token=token).update(
        provider_id=registered.id,
        url=registered.url,
        event_types=sorted(registered.event_types),
        secret=crypto.seal_json(kept, bound_to=_binding(platform)),
        registered_at=timezone.now(),
    )
    if not won:
        raise Conflict(
            "Changing the platform's webhook took too long; somebody else has begun.",
            code="registration_busy",
            remedy="Look at the connection, then try again.",
        )
    return registered.id, registered.url, registered.api_version


def _needed(platform: PlatformEndpoint, *, without: Endpoint | None = None) -> set[str]:
    """Return what published workflows of every connection listen for, and what is about to be."""
    rows = Endpoint.objects.filter(platform=platform)
    rows = rows.exclude(connection__status=Connection.Status.DISCONNECTED)
    if without is not None:
        rows = rows.exclude(pk=without.pk)
    subscriptions = EventSubscription.objects.filter(connection__endpoint__in=rows)
    reserved = {
        each for row in rows.values_list("reserved", flat=True) for types, _ in alive(row) for each in types
    }
    return set(subscriptions.values_list("event_type", flat=True)) | reserved


def _reserved_by_others(platform: PlatformEndpoint, endpoint: Endpoint) -> list[list[Any]]:
    """Return what other connections have just asked for: rows of event types, unix seconds, endpoint."""
    now = time.time()
    return [row for row in platform.reserved if row[1] > now and row[2] != endpoint.pk]


def _context(
    platform: PlatformEndpoint, endpoint: Endpoint, event_types: set[str], *, have_secret: bool = True
) -> RegistrationContext:
    client = client_of(platform.client.app)
    return RegistrationContext(
        account=Account(values={client.oauth.lends: client.keys.secret}, base_url=client.keys.base_url),
        send=leases.bounded(senders.live_send),
        url=webhook_url(endpoint) or platform.url,
        event_types=tuple(sorted(event_types)),
        marker={"tandem_platform": str(platform.code)},
        key=hashlib.sha256(f"platform|{platform.code}|{platform.token}".encode()).hexdigest(),
        known_id=platform.provider_id or None,
        have_secret=have_secret,
        connect=True,
        deadline=CALL_SECONDS,
    )


def _scheme(platform: PlatformEndpoint) -> WebhookScheme:
    scheme = registry.get_app(platform.client.app).webhook
    if scheme is None:
        raise Permanent("This app sends no events.", code="no_webhook")
    return scheme


def _binding(platform: PlatformEndpoint) -> str:
    return f"connections.PlatformEndpoint.secret|{platform.token}"
