"""Renewing tokens that expire: ahead of their end, one renewal at a time, its answer never lost.

A provider that rotates refresh tokens takes each of them once, so two renewals
at a time would break the connection. A lease in the grant's row lets one be sent;
no transaction is open meanwhile. What comes back is written wherever the token
that was renewed is still the stored one, lease or no lease: the former token is
worth nothing any more.

An answer that does not come leaves open whether the provider has rotated the
token. It is tried once more when the lease has run out: had the first renewal not
happened, the second one does; had it happened, the token in hand was spent anyway.
Where a provider ends the whole grant over a token that comes twice (RFC 9700,
4.14.2), only the rest of the access token's life is lost by that, so after a
second unclear answer nothing is sent before that life is over.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.errors import CallError, Certainty, NeedsHuman, Retryable
from apps.catalog.spec import Granted
from apps.common.errors import ServiceError
from apps.connections import credentials
from apps.connections.models import Connection
from apps.connections.oauth import grants, sealing, tokens
from apps.connections.oauth.clients import client_of
from apps.connections.oauth.models import OAuthGrant
from apps.connections.values import put_values
from apps.workspaces import audit
from apps.workspaces.access import Actor

LEASE = timedelta(seconds=30)
"""Longer than a call may take, and the pause after an unclear answer."""

SOON = timedelta(minutes=1)
LATER = timedelta(minutes=15)
MARGIN = timedelta(seconds=10)
"""A token with less life than this may end on its way to the provider."""

FAILED = "The token could not be renewed: "
"""How a status reason begins that a later renewal takes back."""

log = structlog.get_logger(__name__)


def freshen(connection: Connection) -> None:
    """Renew the connection's token if that is due, before a call is made with it.

    For forms, tests and registration: it may take as long as a call. No transaction
    may be open. Another renewal under way is not waited for while the token still holds.
    """
    grant = OAuthGrant.objects.due(at=timezone.now()).filter(connection=connection).first()
    if grant is None:
        return
    grant.connection = connection
    if refresh(grant):
        connection.refresh_from_db()


def is_expired(connection: Connection, ends_at: datetime | None, *, at: datetime) -> bool:
    """Tell whether the connection's token, granted until `ends_at`, has ended or ends on its way."""
    if ends_at is None or ends_at > at + MARGIN:
        return False
    oauth = registry.get_app(connection.app).auth.oauth
    return oauth is not None and oauth.refreshes


def refresh(grant: OAuthGrant) -> bool:
    """Send one renewal if it is due and nobody else sends one; returns whether the token is new.

    Never raises for what the provider does: the connection's status tells it.
    """
    now, token = timezone.now(), uuid.uuid4()
    if not OAuthGrant.objects.take(grant.pk, token=token, at=now, until=now + LEASE):
        return False
    connection = grant.connection
    grant.refresh_from_db(fields=["sealed", "generation", "unclear", "client_id", "expires_at"])
    connection.refresh_from_db()
    if connection.status == Connection.Status.DISCONNECTED:
        _put_off(grant, until=None)
        return False
    try:
        granted = _renewed(grant)
    except CallError as error:
        _failed(grant, error)
        return False
    except ServiceError as error:
        _over(grant, error.as_text())
        return False
    return _store(grant, granted)


def _renewed(grant: OAuthGrant) -> Granted:
    client = client_of(grant.connection.app)
    if (client.keys.client_id, client.keys.base_url) != (grant.client_id, grant.connection.base_url):
        raise ServiceError(
            "The OAuth client is not the one that authorised this connection.",
            remedy="Press Authorize again.",
        )
    return tokens.renew(client, sealing.unseal_renewal(grant)["refresh_token"])


def _store(grant: OAuthGrant, granted: Granted) -> bool:
    now = timezone.now()
    ends, refresh_at = grants.times(granted, at=now)
    with transaction.atomic():
        connection = Connection.objects.select_for_update().get(pk=grant.connection_id)
        grant.connection = connection
        columns: dict[str, Any] = {
            "expires_at": ends,
            "refresh_at": refresh_at or (ends - min(grants.AHEAD, (ends - now) / 3) if ends else None),
            "generation": grant.generation + 1,
            "unclear": 0,
            "lease_token": None,
            "lease_until": None,
        }
        if granted.refresh_token:
            parts = {"refresh_token": granted.refresh_token}
            columns["sealed"] = sealing.seal_renewal(grant, parts)
        # Authorised again or given keys of its own meanwhile: this answer is of no use any more.
        rows = OAuthGrant.objects.filter(pk=grant.pk, generation=grant.generation)
        if connection.status == Connection.Status.DISCONNECTED or not rows.update(**columns):
            return False
        app = registry.get_app(connection.app)
        kept = {**connection.values, **credentials.unseal(connection)}
        label = connection.label
        put_values(connection, app, granted.values, kept=kept)
        connection.label, connection.revision = label, connection.revision + 1
        if connection.status_reason.startswith(FAILED):
            connection.status, connection.status_reason = Connection.Status.CONNECTED, ""
            connection.status_changed_at = now
        connection.save()
    log.info("oauth.renewed", connection=connection.pk)
    return True


def _failed(grant: OAuthGrant, error: CallError) -> None:
    """Put off or give up, by what is known of the renewal that failed."""
    now = timezone.now()
    log.warning("oauth.not_renewed", connection=grant.connection_id, code=error.code)
    if isinstance(error, NeedsHuman) and error.code == "authorization_over":
        _over(grant, f"{error.message} {error.remedy}")
    elif isinstance(error, Retryable) and error.certainty is Certainty.NOT_DONE:
        _put_off(grant, until=now + max(SOON, timedelta(seconds=error.after or 0)))
    elif isinstance(error, Retryable):
        again = now + LEASE
        if grant.unclear:
            again = max(grant.expires_at or now, now + min(SOON * 2**grant.unclear, LATER))
        _put_off(grant, until=again, unclear=grant.unclear + 1)
    else:
        # The client was refused, not the grant: every connection of the app waits for the operator.
        _put_off(grant, until=now + LATER)
        _tell(grant, Connection.Status.NEEDS_ATTENTION, f"{FAILED}{error.message} {error.remedy}")


def _put_off(grant: OAuthGrant, *, until: datetime | None, unclear: int | None = None) -> None:
    rows = OAuthGrant.objects.filter(pk=grant.pk, generation=grant.generation)
    counted = {} if unclear is None else {"unclear": min(unclear, 20)}
    rows.update(refresh_at=until, lease_token=None, lease_until=None, **counted)


def _over(grant: OAuthGrant, said: str) -> None:
    """Break the connection: only a person can authorise it again. Another's newer token is left alone."""
    with transaction.atomic():
        rows = OAuthGrant.objects.filter(pk=grant.pk, generation=grant.generation)
        if rows.update(refresh_at=None, lease_token=None, lease_until=None):
            _tell(grant, Connection.Status.BROKEN, f"{FAILED}{said}")


def _tell(grant: OAuthGrant, status: Connection.Status, reason: str) -> None:
    connection, now = grant.connection, timezone.now()
    with transaction.atomic():
        rows = Connection.objects.usable().filter(pk=connection.pk).exclude(status=Connection.Status.BROKEN)
        if rows.update(status=status, status_reason=reason, status_changed_at=now):
            audit.record(
                connection.workspace,
                actor=Actor.system("token renewal"),
                verb="connection.broken" if status == Connection.Status.BROKEN else "connection.tested",
                target=connection,
                before={"status": connection.status},
                after={"status": status, "reason": reason},
            )
    connection.refresh_from_db()
