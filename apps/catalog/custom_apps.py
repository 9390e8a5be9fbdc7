"""Operators' own apps: made, changed, switched, exported, imported, removed; the audit trail tells it."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.catalog import custom, custom_rows, registry
from apps.catalog.custom.changes import Use, broken_uses
from apps.catalog.custom.declaration import MAX_BYTES, Declaration
from apps.catalog.models import CustomApp
from apps.common.errors import Conflict, ValidationFailed
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

MOST_APPS = 50
"""Of one workspace."""

FORMAT = "tandem-app"
_RESERVED_KEYS = frozenset(
    {"admin", "api", "app", "custom", "filter", "run", "steps", "tandem", "trigger", "v1"}
)


def create_app(
    workspace: Workspace, *, actor: Actor, declaration: Mapping[str, Any], enabled: bool = True
) -> CustomApp:
    """Add an app. Raises `ValidationFailed` with every problem, `Conflict` for a key that is taken."""
    require(actor, workspace, Permission.MANAGE_APPS)
    declared = _checked(declaration)
    _refuse_key(declared.key)
    if CustomApp.objects.filter(workspace=workspace).count() >= MOST_APPS:
        raise Conflict(
            f"This workspace has {MOST_APPS} apps of its own already.",
            code="too_many_apps",
            remedy="Remove one that nobody uses.",
        )
    try:
        with transaction.atomic():
            row = CustomApp.objects.create(
                workspace=workspace,
                key=declared.key,
                name=declared.name,
                declaration=declared.to_json(),
                enabled=enabled,
                created_by=actor.user,
            )
            audit.record(
                workspace,
                actor=actor,
                verb="custom_app.created" if enabled else "custom_app.imported",
                target=row,
                after={"key": row.key, "base_url": declared.base_url},
            )
    except IntegrityError:
        raise _key_taken(declared.key) from None
    custom_rows.SOURCE.look_again()
    return row


def save_app(
    row: CustomApp, *, actor: Actor, declaration: Mapping[str, Any], revision: int, uses: Sequence[Use]
) -> CustomApp:
    """Replace the declaration if `revision` is still its newest.

    `uses` are the parts that published workflows and unfinished runs need: a
    change that would take one from them is refused with their names. The key
    can't be changed. Raises `ValidationFailed` or `Conflict`.
    """
    require(actor, row.workspace, Permission.MANAGE_APPS)
    declared = _checked(declaration)
    if declared.key != row.key:
        raise ValidationFailed(
            "The key of an app can't be changed: addresses and workflows hold it.",
            code="key_fixed",
            field="key",
        )
    former = custom.parse(row.declaration)
    _refuse_breaking(row, former, declared, uses)
    with transaction.atomic():
        won = CustomApp.objects.filter(pk=row.pk, revision=revision).update(
            declaration=declared.to_json(),
            name=declared.name,
            revision=revision + 1,
            changed_at=timezone.now(),
        )
        if not won:
            raise _stale(row)
        audit.record(
            row.workspace,
            actor=actor,
            verb="custom_app.changed",
            target=row,
            before={"base_url": former.base_url, **_counts(former)},
            after={"base_url": declared.base_url, **_counts(declared)},
        )
    row.refresh_from_db()
    custom_rows.SOURCE.look_again()
    return row


def set_enabled(row: CustomApp, *, actor: Actor, enabled: bool) -> bool:
    """Offer an app, or offer it for nothing new; returns whether that changed anything."""
    require(actor, row.workspace, Permission.MANAGE_APPS)
    with transaction.atomic():
        won = CustomApp.objects.filter(pk=row.pk, revision=row.revision, enabled=not enabled).update(
            enabled=enabled, revision=row.revision + 1, changed_at=timezone.now()
        )
        if won:
            verb = f"custom_app.switched_{'on' if enabled else 'off'}"
            audit.record(row.workspace, actor=actor, verb=verb, target=row)
    row.refresh_from_db()
    custom_rows.SOURCE.look_again()
    return bool(won)


def delete_app(row: CustomApp, *, actor: Actor, users: Sequence[str]) -> None:
    """Remove an app that nothing needs; `users` name connections and workflows that do.

    Raises `Conflict` naming them.
    """
    require(actor, row.workspace, Permission.MANAGE_APPS)
    if users:
        raise Conflict(
            f"“{row}” is needed by {_listed(users)}.",
            code="app_in_use",
            remedy="Switch it off instead: it is then offered for nothing new.",
        )
    with transaction.atomic():
        audit.record(
            row.workspace, actor=actor, verb="custom_app.removed", target=row, before={"key": row.key}
        )
        row.delete()
    custom_rows.SOURCE.look_again()


def export_app(row: CustomApp, *, actor: Actor) -> bytes:
    """Return the app as a file: its declaration, in which no secret is. The trail tells it."""
    require(actor, row.workspace, Permission.MANAGE_APPS)
    with transaction.atomic():
        audit.record(row.workspace, actor=actor, verb="custom_app.exported", target=row)
    data = {"format": FORMAT, "app": row.declaration}
    return json.dumps(data, indent=2, ensure_ascii=False).encode() + b"\n"


def import_app(workspace: Workspace, *, actor: Actor, content: bytes, key: str = "") -> CustomApp:
    """Add an app from a file, switched off: nothing is called until a person switches it on.

    `key` replaces the file's where that is taken. Raises `ValidationFailed` or `Conflict`.
    """
    require(actor, workspace, Permission.MANAGE_APPS)
    if len(content) > MAX_BYTES * 2:
        raise ValidationFailed("The file is too large to be an app's.", code="too_large", field="file")
    try:
        data = safe_json.loads(content)
    except UnsafeJSONError as error:
        raise ValidationFailed(
            f"The file can't be read: {error.message}",
            code=error.code,
            field="file",
            remedy="Export it again.",
        ) from None
    declaration = data.get("app") if isinstance(data, dict) and data.get("format") == FORMAT else None
    if not isinstance(declaration, dict):
        raise ValidationFailed(
            "This is no app's file.",
            code="wrong_format",
            field="file",
            remedy="Press Export on an app of your own, here or in another installation.",
        )
    wanted = {**declaration, "key": key} if key else declaration
    return create_app(workspace, actor=actor, declaration=wanted, enabled=False)


def _checked(declaration: Mapping[str, Any]) -> Declaration:
    try:
        return custom.checked(dict(declaration))
    except custom.InvalidDeclarationError as error:
        first = error.problems[0]
        place = ".".join(map(str, first.path))
        raise ValidationFailed(
            f"{place}: {first.message}" if place else first.message,
            code="invalid_app",
            remedy=first.remedy,
            details=[
                {"path": list(each.path), "message": each.message, "remedy": each.remedy}
                for each in error.problems
            ],
        ) from None


def _refuse_key(key: str) -> None:
    if registry.is_built_in(key):
        raise ValidationFailed(
            f"“{key}” is an app that the product knows already.",
            code="key_built_in",
            field="key",
            remedy="Use it under Connections, or choose another key for your own.",
        )
    if key in _RESERVED_KEYS:
        raise ValidationFailed(
            f"“{key}” is used by the product itself.",
            code="key_reserved",
            field="key",
            remedy="Choose another.",
        )
    if CustomApp.objects.filter(key=key).exists():
        raise _key_taken(key)


def _key_taken(key: str) -> Conflict:
    return Conflict(
        f"The key “{key}” is taken in this installation.",
        code="key_taken",
        field="key",
        remedy=f"Choose another, such as “{key}2”.",
    )


def _refuse_breaking(row: CustomApp, before: Declaration, after: Declaration, uses: Sequence[Use]) -> None:
    broken = broken_uses(before, after, uses)
    if not broken:
        return
    details = [{"message": each.message, "workflow": each.user} for each in broken]
    raise Conflict(
        f"This would break what is published: {broken[0].message}",
        code="app_in_use",
        remedy="Add a new action or trigger beside the old one, or publish the workflows without it first.",
        details=details,
    )


def _stale(row: CustomApp) -> Conflict:
    return Conflict(
        f"“{row}” was changed since you opened this page.",
        code="stale_app",
        remedy="Reload the page, then make your change again.",
    )


def _counts(declaration: Declaration) -> dict[str, int]:
    return {"actions": len(declaration.actions), "triggers": len(declaration.triggers)}


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f"“{name}”" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
