"""Writes to an own app that reach into other rooms: who needs it, and whose keys it makes useless."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from apps.catalog import custom, custom_apps
from apps.catalog.custom.changes import Use, sends_otherwise
from apps.catalog.custom_rows import SOURCE
from apps.catalog.models import CustomApp
from apps.common.errors import Conflict, ServiceError, ValidationFailed
from apps.connections import moved
from apps.connections.models import Connection
from apps.console.custom_apps.parts import origin
from apps.runs.models import Effect, Run
from apps.workflows.custom_uses import uses_of
from apps.workflows.models import Workflow
from apps.workspaces.access import Actor


def save(row: CustomApp, *, actor: Actor, declaration: Mapping[str, Any], revision: int) -> list[str]:
    """Change an app; returns the names of the connections whose keys must be entered again.

    Raises `ValidationFailed`, also for a secret that would become plain, or
    `Conflict` naming the workflows that the change would break.
    """
    former = row.declaration
    before = origin(former)
    try:
        with transaction.atomic():
            custom_apps.save_app(
                row, actor=actor, declaration=declaration, revision=revision, uses=needed_by(row)
            )
            _refuse_baring(row)
            _refuse_diverting(row, former)
            broken: list[str] = []
            if origin(row.declaration) != before:
                what = (
                    "base address" if before[0] != row.declaration["base_url"] else "way of signing requests"
                )
                reason = f"The {what} of {row.name} was changed, so every key must be entered again."
                broken = moved.break_moved(row.workspace, row.key, actor=actor, reason=reason)
    except ServiceError:
        row.refresh_from_db()  # What was refused after it was written is rolled back.
        raise
    finally:
        # Only now: while it was not committed, another thread may have read the former declaration again.
        SOURCE.look_again()
    moved.renew_sandboxes(row.workspace, row.key)
    return broken


def delete(row: CustomApp, *, actor: Actor) -> None:
    """Remove an app that no connection and no workflow names; raises `Conflict`."""
    custom_apps.delete_app(row, actor=actor, users=users_of(row))


def needed_by(row: CustomApp) -> list[Use]:
    """Return what live workflows and unfinished runs need of the app."""
    unfinished = Run.objects.filter(workspace=row.workspace).exclude(status__in=Run.FINISHED)
    versions = unfinished.order_by().values_list("version_id", flat=True).distinct()
    return uses_of(row.workspace, row.key, also=versions)


def users_of(row: CustomApp) -> list[str]:
    """Return the names of connections and workflows, drafts too, that name the app.

    A disconnected connection counts: its deliveries and runs are shown in the app's words.
    """
    connections = [each.name for each in Connection.objects.filter(workspace=row.workspace, app=row.key)]
    published = [use.user for use in needed_by(row)]
    drafts = [
        workflow.name
        for workflow in Workflow.objects.filter(workspace=row.workspace).only("name", "draft")
        if _names(workflow.draft, row.key)
    ]
    return list(dict.fromkeys([*connections, *published, *drafts]))


def _refuse_baring(row: CustomApp) -> None:
    """Raise `ValidationFailed` for a plain field of which a connection holds a secret.

    What connections hold decides, not the former declaration: a field that was
    removed and comes back as a plain one is refused too.
    """
    plain = {
        field["key"]: index for index, field in enumerate(row.declaration["auth"]) if not field["secret"]
    }
    for connection in moved.connections_of(row.workspace, row.key):
        key = next((key for key in connection.hints if key in plain and not connection.sandbox), None)
        if key is None:
            continue
        label = row.declaration["auth"][plain[key]]["label"]
        message = f"“{label}” stays secret: connection “{connection}” holds one."
        remedy = "Add a new field that is not secret, with another key."
        raise ValidationFailed(
            message,
            code="invalid_app",
            remedy=remedy,
            details=[{"path": ["auth", plain[key], "secret"], "message": message, "remedy": remedy}],
        )


def _refuse_diverting(row: CustomApp, former: Mapping[str, Any]) -> None:
    """Raise `Conflict` while a call of unknown outcome would be repeated elsewhere or with other content."""
    refs = sends_otherwise(custom.parse(former), custom.parse(row.declaration))
    unknown = Effect.objects.filter(
        workspace=row.workspace, action__in=refs, status__in=(Effect.Status.PENDING, Effect.Status.UNKNOWN)
    ).exclude(run__status__in=Run.FINISHED)
    names = sorted(set(unknown.order_by().values_list("run__version__workflow__name", flat=True)))
    if names:
        raise Conflict(
            f"The outcome of a call is not known in a run of {', '.join(f'“{name}”' for name in names[:5])}, "
            "and it must not be repeated differently.",
            code="outcome_unknown",
            remedy="Wait until the run has ended, decide it or cancel it, then make the change again.",
            details=[{"message": f"“{name}” waits for the outcome.", "workflow": name} for name in names],
        )


def _names(draft: Mapping[str, Any], key: str) -> bool:
    refs = [draft.get("trigger", {}).get("trigger", "")]
    refs += [step.get("action", "") for step in draft.get("steps", ())]
    return any(str(ref).partition(".")[0] == key for ref in refs)
