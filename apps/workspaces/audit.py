"""The audit trail: who changed what, written in the change's own transaction."""

from collections.abc import Mapping
from typing import Any

from django.db import models

from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry, Workspace


def record(
    workspace: Workspace,
    *,
    actor: Actor,
    verb: str,
    target: models.Model,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> AuditEntry:
    """Write one entry. `verb` is `<thing>.<past verb>` ("connection.created"); values never hold a secret."""
    return AuditEntry.objects.create(
        workspace=workspace,
        actor=actor.user,
        actor_label=actor.label[:150],
        verb=verb,
        target_type=target._meta.label_lower,
        target_code=str(getattr(target, "code", target.pk)),
        target_label=str(target)[:200],
        before=dict(before or {}),
        after=dict(after or {}),
    )
