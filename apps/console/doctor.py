"""What is wrong with this installation, and what to do about it."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.core import checks
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.urls import reverse

from apps.catalog import registry
from apps.catalog.spec import App
from apps.common import crypto
from apps.connections.models import Connection, Endpoint, OAuthClient, OAuthGrant, PlatformEndpoint
from apps.connections.schemes import is_unverified
from apps.runs.models import Approval, Heartbeat, Run
from apps.runs.worker import heartbeats
from apps.schedules.models import DueTime
from apps.schedules.rules import unreadable_reason

FRESH = timedelta(seconds=15)
"""How old a worker's heartbeat may be."""

BACKLOG_AGE = timedelta(minutes=1)
OVERDUE = timedelta(minutes=2)
"""How long after its time a schedule must have run; the worker looks once a second."""


class Level(StrEnum):
    """How bad a finding is."""

    OK = "ok"
    WARNING = "warning"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at. `remedy` is empty when nothing need be done."""

    subject: str
    level: Level
    message: str
    remedy: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Return the finding for programs."""
        return asdict(self)


def examine(*, now: datetime | None = None) -> list[Finding]:
    """Look at settings, database, worker, keys, connections, webhooks, schedules, approvals, in this order.

    What needs the database is left out when it does not answer.
    """
    at = now or datetime.now(UTC)
    findings = [*_settings(), *_database()]
    if all(finding.level is not Level.BROKEN for finding in findings if finding.subject == "database"):
        findings += [*_worker(at), *_keys(), *_connections(), *_webhooks(), *_schedules(at), *_approvals()]
    return findings


def _settings() -> Iterator[Finding]:
    messages = checks.run_checks(include_deployment_checks=False)
    for message in messages:
        level = Level.BROKEN if message.level >= checks.ERROR else Level.WARNING
        yield Finding("settings", level, str(message.msg), str(message.hint or ""))
    if not messages:
        yield Finding("settings", Level.OK, "No problem found.")
    if not settings.PUBLIC_URL and not any("PUBLIC_URL" in str(message.msg) for message in messages):
        yield Finding(
            "settings",
            Level.WARNING,
            "PUBLIC_URL is not set, so that webhooks are registered by hand.",
            "Set PUBLIC_URL to the address that providers can reach, for example https://tandem.example.com.",
        )


def _database() -> Iterator[Finding]:
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        yield Finding(
            "database", Level.BROKEN, "The database does not answer.", "Check DATABASE_URL and the server."
        )
        return
    if waiting:
        yield Finding(
            "database",
            Level.BROKEN,
            f"{len(waiting)} migrations have not been applied.",
            "Run python manage.py migrate.",
        )
    else:
        yield Finding("database", Level.OK, f"{connection.vendor} answers and is migrated.")


def _worker(at: datetime) -> Iterator[Finding]:
    fresh = Heartbeat.objects.filter(beat_at__gte=at - FRESH)
    drains = fresh.filter(kind=heartbeats.DRAIN).count()
    oldest = Run.objects.filter(status=Run.Status.QUEUED, due_at__lte=at).order_by("due_at").first()
    if not drains:
        yield Finding(
            "worker",
            Level.BROKEN,
            "No worker gave a sign of life in the last 15 seconds; events are accepted, nothing runs.",
            "Start one: python manage.py worker (or scale the Procfile's worker line to 1).",
        )
    elif oldest is not None and at - oldest.due_at > BACKLOG_AGE:
        minutes = int((at - oldest.due_at).total_seconds() // 60)
        yield Finding(
            "worker",
            Level.WARNING,
            f"A worker runs ({drains} loops), but the oldest queued run has waited {minutes} min.",
            "Add a worker process, or look for a slow provider in the run log.",
        )
    else:
        yield Finding("worker", Level.OK, f"A worker runs ({drains} loops).")


def _keys() -> Iterator[Finding]:
    if not any(key.strip() for key in settings.FIELD_KEYS):
        yield Finding(
            "keys",
            Level.BROKEN,
            "FIELD_KEYS is not set, so that no stored credential can be read.",
            "Set FIELD_KEYS to the keys that this installation had; docs/settings.md tells how to make one.",
        )
        return
    unknown = 0
    old = 0
    for sealed in _sealed():
        key = crypto.key_id_of(bytes(sealed))
        if key not in crypto.known_key_ids():
            unknown += 1
        elif key != crypto.current_key_id():
            old += 1
    if unknown:
        yield Finding(
            "keys",
            Level.BROKEN,
            f"{unknown} credentials or signing secrets are sealed with a key that FIELD_KEYS does not have.",
            "Put the former key back behind the current one in FIELD_KEYS, or reconnect these connections.",
        )
    elif old:
        yield Finding(
            "keys",
            Level.WARNING,
            f"{old} credentials or signing secrets are still sealed with a former key.",
            "Keep that key in FIELD_KEYS; reconnecting seals credentials anew. "
            "Bodies of deliveries need it for 30 days.",
        )
    else:
        yield Finding("keys", Level.OK, "Every connection can be opened with the current key.")


def _sealed() -> Iterator[bytes]:
    """Yield what is sealed for as long as a connection stands: credentials, signing secrets, OAuth's keys."""
    usable = Connection.objects.usable()
    columns = (
        usable.values_list("credentials", flat=True),
        Endpoint.objects.filter(connection__in=usable).values_list("secret", flat=True),
        OAuthGrant.objects.filter(connection__in=usable).values_list("sealed", flat=True),
        OAuthClient.objects.values_list("secret", flat=True),
        PlatformEndpoint.objects.values_list("secret", flat=True),
    )
    for column in columns:
        yield from (bytes(each) for each in column.iterator() if each)


def _connections() -> Iterator[Finding]:
    rows = Connection.objects.usable().select_related("workspace").order_by("workspace", "name")
    for row in rows:
        if row.status == Connection.Status.BROKEN:
            yield Finding(
                "connections",
                Level.BROKEN,
                f"“{row}” in “{row.workspace}” is broken: {row.status_reason}",
                "Open the connection and reconnect it; its parked runs then go on.",
            )
        elif row.status == Connection.Status.NEEDS_ATTENTION:
            yield Finding(
                "connections",
                Level.WARNING,
                f"“{row}” in “{row.workspace}”: {row.status_reason}",
                "Open it and test it.",
            )
    if not any(row.status in (Connection.Status.BROKEN, Connection.Status.NEEDS_ATTENTION) for row in rows):
        yield Finding("connections", Level.OK, f"{len(rows)} connections, none broken.")


def _webhooks() -> Iterator[Finding]:
    listening = Endpoint.objects.filter(connection__subscriptions__isnull=False).distinct()
    listening = listening.exclude(connection__app__in=[app.key for app in registry.APPS if _is_internal(app)])
    listening = listening.select_related("connection").order_by("connection__name")
    for endpoint in listening:
        name = f"The webhook of “{endpoint.connection}”"
        if endpoint.state == Endpoint.State.FAILED:
            yield Finding(
                "webhooks",
                Level.BROKEN,
                f"{name} is not registered: {endpoint.state_reason}",
                "Open the connection and choose Repair.",
            )
        elif is_unverified(endpoint.connection):
            yield Finding(
                "webhooks",
                Level.WARNING,
                f"{name} verifies nothing: anybody who knows its address can start workflows.",
                "Open the connection, press Reconnect and choose a signature or a shared secret.",
            )
        elif not endpoint.secret and not _has_pasted_secret(endpoint.connection):
            yield Finding(
                "webhooks",
                Level.BROKEN,
                f"{name} has no signing secret, so that every delivery is refused.",
                "Open the connection: it shows how to register the webhook, and takes its signing secret.",
            )
        elif endpoint.state_reason:
            yield Finding(
                "webhooks", Level.WARNING, f"{name}: {endpoint.state_reason}", "Open the connection."
            )
        elif endpoint.last_delivery_at is None:
            yield Finding(
                "webhooks",
                Level.OK if endpoint.connection.sandbox else Level.WARNING,
                f"{name} has received nothing yet.",
                "" if endpoint.connection.sandbox else "Send a test event from the provider's page.",
            )
    if not listening:
        yield Finding("webhooks", Level.OK, "Nothing is published, so none is needed.")


def _schedules(at: datetime) -> Iterator[Finding]:
    """Say nothing of schedules while each is on time."""
    overdue = DueTime.objects.due(at=at - OVERDUE).of_live_versions()
    count, oldest = overdue.count(), overdue.first()
    if oldest is not None:
        yield Finding(
            "schedules",
            Level.BROKEN,
            f"{count} schedule{'' if count == 1 else 's'} overdue, since {oldest.due_at:%Y-%m-%d %H:%M} UTC.",
            "Start a worker, or look at its log. What was missed is then run once, late, or skipped, "
            "as each workflow says.",
        )
    for row in DueTime.objects.without_time().select_related("workflow", "version"):
        if reason := unreadable_reason(row.version):
            yield Finding(
                "schedules",
                Level.BROKEN,
                f"“{row.workflow.name}” is not started any more: {reason}",
                "Open the workflow, choose its times anew and publish it.",
            )


def _approvals() -> Iterator[Finding]:
    """Say nothing of approvals while none waits."""
    count = Approval.objects.pending().count()
    if count:
        many = "1 approval waits" if count == 1 else f"{count} approvals wait"
        where = f"{settings.PUBLIC_URL or settings.LOCAL_URL}{reverse('admin:runs_approval_changelist')}"
        yield Finding("approvals", Level.OK, f"{many} for a decision: {where}?status__exact=pending")


def _is_internal(app: App) -> bool:
    return app.webhook is not None and app.webhook.internal


def _has_pasted_secret(row: Connection) -> bool:
    try:
        scheme = registry.get_app(row.app).webhook
    except registry.UnknownKeyError:
        return False
    return scheme is not None and scheme.secret_field in row.hints
