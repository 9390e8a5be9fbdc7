"""The webhook of a connection at its provider: one, with the union of the event types in use.

Calls to the provider are made under a lease of the endpoint's row and outside
any transaction. Publishing only widens; what nobody needs any more is taken
away by `settle`. What was widened for a publishing that has not written its
subscriptions yet is reserved for two minutes, so that a `settle` meanwhile
leaves it alone.
"""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from apps.catalog import registry
from apps.catalog.errors import NeedsHuman
from apps.common.errors import Conflict, ServiceError
from apps.connections import credentials, health, leases
from apps.connections.addresses import webhook_url
from apps.connections.models import Connection, Endpoint
from apps.connections.standing import UNVERIFIABLE, RegistrationError, fall, stand
from apps.connections.subscriptions import alive, needed, reservation, subscribe, unsubscribe
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

__all__ = [
    "enable",
    "endpoint_of",
    "repair",
    "settle",
    "signing_secrets",
    "subscribe",
    "unsubscribe",
    "webhook_url",
    "widen",
]


def endpoint_of(connection: Connection) -> Endpoint:
    """Return the connection's endpoint, made when first asked for.

    A sandbox's has a signing secret from the start, so that sample events can be signed.
    """
    found = Endpoint.objects.filter(connection=connection).first()
    if found is None:
        fresh = Endpoint(connection=connection)
        scheme = registry.get_app(connection.app).webhook
        if connection.sandbox and scheme is not None:
            fresh.secret = credentials.seal_signing(fresh, [scheme.new_secret()])
        found, _ = Endpoint.objects.get_or_create(
            connection=connection, defaults={"token": fresh.token, "secret": fresh.secret}
        )
    found.connection = connection
    return found


def widen(connection: Connection, *, event_types: set[str], actor: Actor) -> Endpoint:
    """Make these event types registered besides those in use; call it before publishing.

    No transaction may be open. Raises `ServiceError` and changes nothing when
    the provider can't be reached or refuses. Without a public address, or where
    the operator has pasted a signing secret, nothing is called: the endpoint is
    `BY_HAND` and its page says what to do.
    """
    require(actor, connection.workspace, Permission.PUBLISH)
    endpoint = endpoint_of(connection)
    with _reporting(connection, actor), leases.held(endpoint) as token:
        endpoint.refresh_from_db()
        # Not the subscriptions alone: another publishing may be about to write its own.
        union = needed(endpoint) | set(endpoint.event_types) | event_types
        _store(endpoint, token, stand(endpoint, union), actor=actor, reserve=event_types)
    return endpoint


def settle(connection: Connection, *, actor: Actor) -> Endpoint:
    """Narrow the webhook to what is in use, and remove it when nothing is.

    Call it after the transaction that ended a use. A provider that fails
    changes nothing that was decided: the endpoint's reason says so, and Repair
    tries again. Nothing is called when what is registered is what is in use.
    """
    endpoint = endpoint_of(connection)
    if needed(endpoint) == set(endpoint.event_types) and _is_well(endpoint):
        return endpoint
    try:
        return _bring_to_use(connection, actor=actor)
    except ServiceError as error:
        reason = f"{error.message} Repair tries again."
        Endpoint.objects.filter(pk=endpoint.pk).update(state_reason=reason)
        endpoint.refresh_from_db()
        return endpoint


def repair(connection: Connection, *, actor: Actor) -> Endpoint:
    """Make the provider's webhook what it must be, whatever happened to it there.

    Raises `ServiceError` when that fails.
    """
    require(actor, connection.workspace, Permission.MANAGE_CONNECTIONS)
    return _bring_to_use(connection, actor=actor)


def enable(connection: Connection, *, actor: Actor) -> Endpoint | None:
    """Enable a webhook that has waited for the signing secret, once it was entered; else do nothing.

    A provider that fails changes nothing: the endpoint's reason says so, and Repair tries again.
    """
    endpoint = Endpoint.objects.filter(connection=connection, state=Endpoint.State.WAITING_FOR_KEY).first()
    return settle(connection, actor=actor) if endpoint is not None else None


def remove(connection: Connection, *, actor: Actor) -> Endpoint | None:
    """Take the webhook away for good, with the keys that `connection` holds; None where there is none.

    The row has forgotten them by then, so it is not read again. Raises
    `ServiceError` when the provider fails.
    """
    endpoint = Endpoint.objects.filter(connection=connection).first()
    if endpoint is None:
        return None
    endpoint.connection = connection
    with _reporting(connection, actor), leases.held(endpoint) as token:
        endpoint.refresh_from_db()
        endpoint.connection = connection
        _store(endpoint, token, fall(endpoint), actor=actor)
    return endpoint


def signing_secrets(connection: Connection) -> tuple[str, ...]:
    """Return the secrets that may sign a delivery: the endpoint's, newest first, then the pasted one.

    Raises `CredentialsUnreadableError` when they are there but can't be read.
    """
    scheme = registry.get_app(connection.app).webhook
    if scheme is None or connection.status == Connection.Status.DISCONNECTED:
        return ()
    try:
        stored = credentials.unseal_signing(connection.endpoint)
    except Endpoint.DoesNotExist:
        stored = ()
    if scheme.secret_field not in connection.hints:
        return stored
    pasted = credentials.unseal(connection)[scheme.secret_field]
    # A sandbox's values are the same everywhere, and so no proof of anything.
    if pasted == registry.get_app(connection.app).auth.sandbox_values.get(scheme.secret_field):
        return stored
    return stored if pasted in stored else (*stored, pasted)


def _bring_to_use(connection: Connection, *, actor: Actor) -> Endpoint:
    endpoint = endpoint_of(connection)
    with _reporting(connection, actor), leases.held(endpoint) as token:
        endpoint.refresh_from_db()
        union = needed(endpoint)
        _store(endpoint, token, stand(endpoint, union) if union else fall(endpoint), actor=actor)
    return endpoint


@contextmanager
def _reporting(connection: Connection, actor: Actor) -> Iterator[None]:
    """Show on the endpoint what the provider refused; a refused key is confirmed by the test call."""
    try:
        yield
    except RegistrationError as error:
        if error.code != "unreachable":
            rows = Endpoint.objects.filter(connection=connection)
            rows.update(state_reason=error.as_text())
            # Registered before or not: what can't be verified is refused at the door.
            failed = rows if error.code == UNVERIFIABLE else rows.filter(state=Endpoint.State.NONE)
            failed.update(state=Endpoint.State.FAILED)
        if isinstance(error.__cause__, NeedsHuman):
            health.confirm_broken(connection, reason=error.message)
        raise


def _store(
    endpoint: Endpoint,
    token: uuid.UUID,
    columns: dict[str, Any],
    *,
    actor: Actor,
    reserve: set[str] | None = None,
) -> None:
    """Write what stands now, unless the lease was lost, with the audit entry of a change."""
    connection, before = endpoint.connection, {"state": endpoint.state, "event_types": endpoint.event_types}
    with transaction.atomic():
        row = Endpoint.objects.select_for_update().filter(pk=endpoint.pk, lease_token=token).first()
        if row is None:
            raise Conflict(
                f"Changing the webhook of connection “{connection}” took too long; somebody else has begun.",
                code="registration_busy",
                remedy="Look at the connection, then try again.",
            )
        reserved = alive(row.reserved)
        if reserve:
            reserved.append(reservation(reserve))
        Endpoint.objects.filter(pk=row.pk).update(**columns, reserved=reserved)
        endpoint.refresh_from_db()
        endpoint.connection = connection
        after = {"state": endpoint.state, "event_types": endpoint.event_types}
        if after != before:
            verb = "webhook.changed" if endpoint.event_types else "webhook.removed"
            audit.record(
                connection.workspace, actor=actor, verb=verb, target=connection, before=before, after=after
            )


def _is_well(endpoint: Endpoint) -> bool:
    if endpoint.state_reason or endpoint.state == Endpoint.State.FAILED:
        return False
    if endpoint.state == Endpoint.State.WAITING_FOR_KEY and signing_secrets(endpoint.connection):
        return False
    return bool(endpoint.event_types) == (endpoint.state != Endpoint.State.NONE)
