"""Connections: made, mended and given up. Every change writes the audit trail in its transaction."""

import difflib
from collections.abc import Collection, Mapping

from django.db import transaction
from django.utils import timezone

from apps.catalog import registry, switches
from apps.catalog.spec import App
from apps.common.errors import Conflict, ValidationFailed
from apps.connections import credentials, entries, registration
from apps.connections.accounts import lent_to
from apps.connections.giving_up import disconnect
from apps.connections.health import confirm_broken, test_connection
from apps.connections.models import Connection, SandboxCall, SandboxState
from apps.connections.oauth import grants
from apps.connections.own import own_connection
from apps.connections.uses import clear_uses, refuse_unusable, rename_user, set_uses, touch_used
from apps.connections.values import put_values, secret_keys, unique_name
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

__all__ = [
    "clear_sandbox",
    "clear_uses",
    "confirm_broken",
    "create_connection",
    "disconnect",
    "own_connection",
    "reconnect",
    "rename_connection",
    "rename_user",
    "set_uses",
    "test_connection",
    "touch_used",
]


def create_connection(
    workspace: Workspace,
    *,
    actor: Actor,
    app: str,
    name: str,
    values: Mapping[str, str],
    base_url: str = "",
    sandbox: bool = False,
) -> Connection:
    """Store an account's credentials; the connection is untested until `test_connection`.

    A sandbox needs no values and takes none: it is connected at once. Raises
    `ValidationFailed` naming the field, or `Conflict` for a name that is taken.
    """
    require(actor, workspace, Permission.MANAGE_CONNECTIONS)
    declared = _app(workspace, app)
    _refuse_switched_off(declared)
    _refuse_without_account(declared)
    entered = dict(declared.auth.sandbox_values) if sandbox else entries.clean_values(declared, values)
    entries.check_together(declared, entered)
    if sandbox and base_url.strip():
        raise ValidationFailed("A sandbox calls nobody, so it has no base address.", field="base_url")
    _refuse_second_address(declared, base_url)
    address = entries.clean_base_url(base_url)
    if not sandbox:
        entries.refuse_unencrypted(declared, address)
    connection = Connection(
        workspace=workspace,
        app=declared.key,
        name=entries.clean_name(name),
        sandbox=sandbox,
        base_url=address,
        status=Connection.Status.CONNECTED if sandbox else Connection.Status.UNTESTED,
        status_changed_at=timezone.now(),
        created_by=actor.user,
    )
    put_values(connection, declared, entered)
    with unique_name(connection), transaction.atomic():
        connection.save()
        if declared.webhook is not None:
            registration.endpoint_of(connection)
        audit.record(
            workspace,
            actor=actor,
            verb="connection.created",
            target=connection,
            after={"app": connection.app, "sandbox": sandbox, **_shown(connection)},
        )
    return connection


def reconnect(
    connection: Connection,
    *,
    actor: Actor,
    values: Mapping[str, str],
    base_url: str | None = None,
    remove: Collection[str] = (),
) -> Connection:
    """Replace credentials: what is given replaces, what is left empty is kept, `remove` forgets.

    Another base address demands every secret anew, since the old ones were
    entered for another receiver. The connection is untested afterwards. Raises
    `ValidationFailed` naming the field, or `Conflict`.
    """
    require(actor, connection.workspace, Permission.MANAGE_CONNECTIONS)
    connection.refresh_from_db()
    refuse_unusable(connection)
    declared = _app(connection.workspace, connection.app)
    before = {**_shown(connection), "base_url": connection.base_url}
    given = entries.clean_values(declared, values)
    _refuse_second_address(declared, base_url or "")
    address = connection.base_url if base_url is None else entries.clean_base_url(base_url)
    if not connection.sandbox:
        entries.refuse_unencrypted(declared, address)
    moved = "The base address" if address != connection.base_url else _rebound(connection, given, remove)
    stored = _kept(connection, declared, {*given, *remove}, moved=moved)
    kept = {key: value for key, value in stored.items() if key not in remove}
    entries.check_together(declared, {**lent_to(connection), **kept, **given})
    revision = connection.revision
    connection.base_url = address
    put_values(connection, declared, given, kept=kept)
    replaced = [key for key in connection.hints if key in given]
    with transaction.atomic():
        won = (
            Connection.objects.usable()
            .filter(pk=connection.pk, revision=revision)
            .update(
                base_url=connection.base_url,
                credentials=connection.credentials,
                values=connection.values,
                hints=connection.hints,
                label=connection.label,
                revision=revision + 1,
                status=Connection.Status.CONNECTED if connection.sandbox else Connection.Status.UNTESTED,
                status_reason="",
                status_changed_at=timezone.now(),
            )
        )
        if not won:
            raise _changed(connection)
        grants.forget_replaced(connection, given)
        audit.record(
            connection.workspace,
            actor=actor,
            verb="connection.reconnected",
            target=connection,
            before=before,
            after={**_shown(connection), "base_url": address, **dict.fromkeys(replaced, "replaced")},
        )
    connection.refresh_from_db()
    return connection


def rename_connection(connection: Connection, *, actor: Actor, name: str) -> Connection:
    """Give a connection another name. Raises `ValidationFailed`, or `Conflict` for one that is taken."""
    require(actor, connection.workspace, Permission.MANAGE_CONNECTIONS)
    before, connection.name = connection.name, entries.clean_name(name)
    with unique_name(connection), transaction.atomic():
        connection.save(update_fields=["name"])
        audit.record(
            connection.workspace,
            actor=actor,
            verb="connection.renamed",
            target=connection,
            before={"name": before},
            after={"name": connection.name},
        )
    return connection


def clear_sandbox(connection: Connection, *, actor: Actor) -> None:
    """Forget a sandbox's calls and memory, as if it were new."""
    require(actor, connection.workspace, Permission.MANAGE_CONNECTIONS)
    with transaction.atomic():
        SandboxCall.objects.filter(connection=connection).delete()
        SandboxState.objects.filter(connection=connection).delete()
        audit.record(connection.workspace, actor=actor, verb="connection.sandbox_cleared", target=connection)


def _app(workspace: Workspace, key: str) -> App:
    """Return an app that the workspace has. Raises `ValidationFailed`."""
    try:
        return registry.within(workspace.pk).get_app(key)
    except registry.UnknownKeyError as error:
        near = difflib.get_close_matches(key, error.candidates, n=1)
        hint = f"Did you mean “{near[0]}”?" if near else f"There are {', '.join(error.candidates)}."
        raise ValidationFailed(
            f"There is no app “{key}”.", code="unknown_app", field="app", remedy=hint
        ) from None


def _refuse_without_account(app: App) -> None:
    """Raise `ValidationFailed` for an app whose one connection a workspace gets by itself."""
    if not app.needs_account:
        raise ValidationFailed(
            f"{app.name} needs no account, so there is nothing to connect.",
            code="no_account_needed",
            field="app",
            remedy="Choose it in a workflow.",
        )


def _refuse_switched_off(app: App) -> None:
    """Raise `ValidationFailed` for an app that is offered for nothing new; what is connected goes on."""
    if app.key in switches.apps_switched_off():
        raise ValidationFailed(
            f"{app.name} is switched off in this installation.",
            code="app_switched_off",
            field="app",
            remedy="An operator can switch it on again under Catalog.",
        )


def _refuse_second_address(app: App, base_url: str) -> None:
    """Raise `ValidationFailed` for a base address that would take nobody's place."""
    if base_url.strip() and not entries.takes_base_url(app):
        raise ValidationFailed(f"A connection to {app.name} has no base address.", field="base_url")


def _rebound(connection: Connection, given: Mapping[str, str], remove: Collection[str]) -> str:
    """Return what says where or how the secrets are sent and is about to change, "" where nothing is."""
    for field in credentials.binding_fields(connection.app):
        before = connection.values.get(field.key, "")
        if given.get(field.key, "" if field.key in remove else before) != before:
            return f"“{field.label}”"
    return ""


def _kept(connection: Connection, app: App, replaced: Collection[str], *, moved: str) -> dict[str, str]:
    """Return the stored values that stay; secrets only for where they were entered for.

    `moved` names what changed of that, "" where nothing did. A secret whose field
    is gone or no secret any more goes: it must never become a plain value.
    """
    shown = {key: str(value) for key, value in connection.values.items()}
    try:
        secrets = {} if moved else credentials.unseal(connection)
        why = f"{moved} changed"
    except credentials.CredentialsUnreadableError:
        secrets, why = {}, "What is stored can't be read"
    labels = {field.key: field.label for field in app.auth.fields}
    still = secret_keys(app)
    missing = [key for key in connection.hints if key in still and key not in {*secrets, *replaced}]
    if missing:
        raise ValidationFailed(
            f"{why}, so “{labels.get(missing[0], missing[0])}” must be entered again.",
            code="secret_needed",
            field=missing[0],
            remedy="Enter every key that this connection had.",
        )
    return {**shown, **{key: value for key, value in secrets.items() if key in still}}


def _shown(connection: Connection) -> dict[str, str]:
    """Return what the audit trail may hold: plain values, and secrets only as “set”."""
    return {**connection.values, **dict.fromkeys(connection.hints, "set")}


def _changed(connection: Connection) -> Conflict:
    return Conflict(
        f"Connection “{connection}” was changed meanwhile.",
        code="stale_connection",
        remedy="Look at it again, then enter the keys once more.",
    )
