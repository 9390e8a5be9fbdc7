"""A connection given up: decided under its row's lock, then its webhook taken away."""

from django.db import transaction
from django.utils import timezone

from apps.catalog import registry
from apps.common.errors import ServiceError
from apps.connections import registration
from apps.connections.models import Connection, Endpoint, OAuthGrant, SandboxState
from apps.connections.oauth import grants
from apps.connections.uses import refuse_unusable, refuse_used
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission


def disconnect(connection: Connection, *, actor: Actor) -> None:
    """Forget the secrets, free the name, remove the webhook and give back what was authorised.

    Runs and deliveries keep their log.

    Raises `Conflict` naming the users while there are any, and nothing is
    touched then. No transaction may be open. A provider that can't be reached,
    or refuses, does not hold it up: the reason then says what is left to delete
    there by hand.
    """
    require(actor, connection.workspace, Permission.MANAGE_CONNECTIONS)
    last = _give_up(connection, actor)
    left = _take_webhook_away(last, actor)
    valid = grants.end(last)
    with transaction.atomic():
        reason = f"{left} {valid}".strip()
        Connection.objects.filter(pk=connection.pk).update(status_reason=reason)
        Endpoint.objects.filter(connection=connection).update(secret=b"")
        SandboxState.objects.filter(connection=connection).delete()
        if left:
            audit.record(
                connection.workspace,
                actor=actor,
                verb="webhook.left_at_provider",
                target=connection,
                after={"reason": left},
            )
    connection.refresh_from_db()


def _give_up(connection: Connection, actor: Actor) -> Connection:
    """Disconnect for good what nothing uses; return the row as it was, with its keys, for the last call.

    Under the row's lock, which publishing takes before it writes a use: whoever
    comes second is refused. Until the webhook is gone the reason says that it
    may still stand, should this process end before.
    """
    with transaction.atomic():
        last = Connection.objects.select_for_update().get(pk=connection.pk)
        refuse_unusable(last)
        refuse_used(last)
        Connection.objects.filter(pk=last.pk).update(
            status=Connection.Status.DISCONNECTED,
            status_reason=_by_hand(last),
            status_changed_at=timezone.now(),
            credentials=b"",
            hints={},
            revision=last.revision + 1,
        )
        OAuthGrant.objects.filter(connection=last).update(sealed=b"", refresh_at=None)
        audit.record(last.workspace, actor=actor, verb="connection.disconnected", target=last)
    return last


def _take_webhook_away(connection: Connection, actor: Actor) -> str:
    """Remove the webhook at the provider; return what an operator must do by hand, "" when nothing."""
    left = _by_hand(connection)
    try:
        registration.remove(connection, actor=actor)
    except ServiceError as error:
        return f"{error.message} {left}" if left else ""
    return ""


def _by_hand(connection: Connection) -> str:
    """Return what to delete at the provider, "" when we put nothing there for this connection alone."""
    own = Endpoint.objects.filter(connection=connection, platform=None)
    provider_id = own.values_list("provider_id", flat=True).first()
    name = registry.get_app(connection.app).name
    return f"Delete the webhook {provider_id} at {name} by hand." if provider_id else ""
