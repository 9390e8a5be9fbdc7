"""Whether a connection works: the test call, and what it says about the credentials."""

from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.errors import CallError, NeedsHuman, Retryable, from_transport
from apps.catalog.spec import App, Checked
from apps.catalog.transport import TransportError
from apps.connections.accounts import account_of
from apps.connections.credentials import CredentialsUnreadableError
from apps.connections.models import Connection
from apps.connections.oauth import refreshing
from apps.connections.senders import sender_for
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.roles import Permission

Status = Connection.Status


@dataclass(frozen=True, slots=True)
class _Outcome:
    status: Connection.Status
    reason: str = ""
    learned: dict[str, str] = field(default_factory=dict)


def test_connection(connection: Connection, *, actor: Actor) -> Connection:
    """Make the app's test call and store what it says: status, reason, label, learned values.

    Refused credentials break the connection; a missing permission, a warning or
    a provider that can't be reached make it need attention, unless it is broken
    already. No transaction may be open, as a call is made. Never raises for
    what the provider does; raises `NotAllowed`, and `Conflict` when disconnected.
    """
    require(actor, connection.workspace, Permission.TEST_CONNECTIONS)
    connection.refresh_from_db()
    outcome = _try_out(connection)
    _store(connection, outcome, actor=actor)
    connection.refresh_from_db()
    return connection


test_connection.__test__ = False  # type: ignore[attr-defined]  # Not a test of pytest's.


def confirm_broken(connection: Connection, *, reason: str) -> bool | None:
    """Tell whether refused credentials (401) are really refused; then the connection is broken.

    False when the test call passes; None when it can't be answered now, which
    says nothing: the call that was refused may then be tried again. `reason` is
    what the refused call said. No transaction may be open.
    """
    connection.refresh_from_db()
    if connection.status in (Status.BROKEN, Status.DISCONNECTED):
        return True
    app = registry.get_app(connection.app)
    try:
        _check(app, connection)
    except CredentialsUnreadableError as error:
        said = error.as_text()
    except NeedsHuman as error:
        said = _said(error)
    except (CallError, TransportError):
        return None
    else:
        return False
    with transaction.atomic():
        rows = Connection.objects.filter(revision=connection.revision)
        if rows.mark_broken(connection.pk, reason=said or reason, at=timezone.now()):
            audit.record(
                connection.workspace,
                actor=Actor.system("test call"),
                verb="connection.broken",
                target=connection,
                before={"status": connection.status},
                after={"status": Status.BROKEN, "reason": said},
            )
    connection.refresh_from_db()
    return connection.status == Status.BROKEN


def _check(app: App, connection: Connection) -> Checked:
    refreshing.freshen(connection)
    return app.auth.test(account_of(connection), sender_for(connection).send)


def _try_out(connection: Connection) -> _Outcome:
    app = registry.get_app(connection.app)
    try:
        checked = _check(app, connection)
    except CredentialsUnreadableError as error:
        return _Outcome(Status.BROKEN, error.as_text())
    except TransportError as failure:
        return _of_error(connection, app, from_transport(failure))
    except CallError as error:
        return _of_error(connection, app, error)
    learned = {key: value for key, value in checked.learned.items() if not connection.values.get(key)}
    if checked.warnings:
        return _Outcome(Status.NEEDS_ATTENTION, "\n".join(checked.warnings), learned)
    return _Outcome(Status.CONNECTED, "", learned)


def _of_error(connection: Connection, app: App, error: CallError) -> _Outcome:
    if isinstance(error, NeedsHuman):
        return _Outcome(Status.BROKEN, _said(error))
    reason = _said(error)
    if isinstance(error, Retryable) and error.status is None:
        reason = f"{app.name} can't be reached: {reason} Test again later."
    return _Outcome(Status.BROKEN if connection.status == Status.BROKEN else Status.NEEDS_ATTENTION, reason)


def _said(error: CallError) -> str:
    return f"{error.message} {error.remedy}".strip()


def _store(connection: Connection, outcome: _Outcome, *, actor: Actor) -> None:
    """Write the outcome, unless the connection was changed while it was being tried."""
    now = timezone.now()
    columns: dict[str, object] = {
        "status": outcome.status,
        "status_reason": outcome.reason,
        "checked_at": now,
    }
    if outcome.status != connection.status:
        columns["status_changed_at"] = now
    if outcome.learned:
        columns |= _learned(connection, outcome.learned)
    with transaction.atomic():
        rows = Connection.objects.usable().filter(pk=connection.pk, revision=connection.revision)
        if rows.update(**columns):
            audit.record(
                connection.workspace,
                actor=actor,
                verb="connection.tested",
                target=connection,
                before={"status": connection.status},
                after={"status": outcome.status, "learned": outcome.learned},
            )


def _learned(connection: Connection, learned: dict[str, str]) -> dict[str, object]:
    """Return the columns of values that the provider told; secret fields are never learned."""
    app = registry.get_app(connection.app)
    shown = {each.key for each in app.auth.fields if not each.secret}
    values = {**connection.values, **{key: value for key, value in learned.items() if key in shown}}
    label = app.auth.label({**account_of(connection).values, **values})
    return {"values": values, "label": label[:60], "revision": connection.revision + 1}
