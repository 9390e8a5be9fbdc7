"""What operators have switched off: it stays declared, and is not offered for anything new."""

from django.db import transaction

from apps.catalog import registry
from apps.catalog.custom_rows import SOURCE
from apps.catalog.models import Action, App, Trigger
from apps.common.errors import NotAllowed
from apps.workspaces import audit
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace


def switched_off() -> frozenset[str]:
    """Return the refs of triggers and actions that are switched off, by themselves or with their app."""
    off = [
        ref
        for rows in (Trigger.objects, Action.objects)
        for ref in rows.switched_off().values_list("ref", flat=True)
    ]
    for app in SOURCE.switched_off():
        off += [registry.trigger_ref(app, trigger) for trigger in app.triggers]
        off += [registry.action_ref(app, action) for action in app.actions]
    return frozenset(off)


def apps_switched_off() -> frozenset[str]:
    """Return the keys of the apps that are switched off."""
    own = (app.key for app in SOURCE.switched_off())
    return frozenset([*App.objects.filter(enabled=False).values_list("key", flat=True), *own])


def set_enabled(row: App | Trigger | Action, *, actor: Actor, enabled: bool) -> bool:
    """Switch a row on or off; returns whether that changed anything. Every workspace's trail tells it.

    Only the system and superusers may, as it holds for all workspaces.
    """
    if actor.user is not None and not actor.user.is_superuser:
        raise NotAllowed("Only an operator of this installation can switch parts of the catalog off.")
    with transaction.atomic():
        rows = type(row)._default_manager.filter(pk=row.pk, enabled=not enabled)
        if not rows.update(enabled=enabled):
            return False
        verb = f"catalog.{row._meta.model_name}_switched_{'on' if enabled else 'off'}"
        for workspace in Workspace.objects.all():
            audit.record(workspace, actor=actor, verb=verb, target=row)
    row.enabled = enabled
    return True
