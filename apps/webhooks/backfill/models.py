"""A backfill, and the events that its dry count has found."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from apps.connections.models import Connection
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace

MOST_PER_MINUTE = 600


class BackfillQuerySet(models.QuerySet["Backfill"]):
    """Transitions of backfills; each tells whether it changed the row."""

    def due(self, *, at: datetime) -> "BackfillQuerySet":
        """Return those at which there is something to do now."""
        busy = (Backfill.Status.COUNTING, Backfill.Status.RUNNING)
        free = Q(lease_until=None) | Q(lease_until__lt=at)
        return self.filter(free, status__in=busy, next_at__lte=at)

    def turn(self, *, before: tuple[str, ...], to: str, at: datetime, **columns: object) -> bool:
        """Change the status where it is one of `before`."""
        found = self.filter(status__in=before)
        return bool(found.update(status=to, next_at=at, failures=0, reason="", remedy="", **columns))


class Backfill(models.Model):
    """Past events of a window, run through one workflow at so many a minute.

    First the events are counted, which runs nothing; a person then starts it. `stage`
    and `position` tell how far the count is.
    """

    class Status(models.TextChoices):
        COUNTING = "counting", "Counting"
        READY = "ready", "Ready to start"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        FINISHED = "done", "Finished"
        STOPPED = "stopped", "Stopped"
        FAILED = "failed", "Failed"

    class Stage(models.TextChoices):
        STORED = "stored", "What arrived here"
        LISTED = "listed", "What the provider lists"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="backfills", db_index=False
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="backfills")
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="backfills")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    since = models.DateTimeField()
    until = models.DateTimeField()
    per_minute = models.PositiveSmallIntegerField()
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.COUNTING)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.STORED)
    position = models.CharField(max_length=1000, blank=True)
    reason = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    objects = BackfillQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(since__lt=models.F("until")), name="webhooks_backfill_window"),
            models.CheckConstraint(
                condition=Q(per_minute__gte=1, per_minute__lte=MOST_PER_MINUTE),
                name="webhooks_backfill_rate",
            ),
            models.UniqueConstraint(
                fields=("workflow",),
                condition=Q(status__in=("counting", "ready", "running", "paused")),
                name="webhooks_backfill_one_open_per_workflow",
            ),
        )
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="webhooks_backfill_newest"),
            # The sweep: what is due.
            models.Index(
                fields=("next_at",),
                condition=Q(status__in=("counting", "running")),
                name="webhooks_backfill_due",
            ),
        )

    def __str__(self) -> str:
        return f"Backfill of {self.workflow}"

    def get_absolute_url(self) -> str:
        """Return the address of its page in the admin."""
        return reverse("admin:webhooks_backfill_change", args=[self.pk])

    @property
    def open(self) -> bool:
        """Tell whether it may still run something."""
        return self.status in (
            self.Status.COUNTING,
            self.Status.READY,
            self.Status.RUNNING,
            self.Status.PAUSED,
        )


class BackfillEvent(models.Model):
    """One event of a backfill's window. Without a delivery it is known from the provider's list alone."""

    class State(models.TextChoices):
        WAITING = "waiting", "To be run"
        STARTED = "started", "Run"
        ALREADY_RAN = "already_ran", "Ran before"
        NOT_MATCHING = "not_matching", "Left out by the workflow's conditions"
        UNUSABLE = "unusable", "Can't be run"

    backfill = models.ForeignKey(Backfill, on_delete=models.CASCADE, related_name="events", db_index=False)
    event_id = models.CharField(max_length=255)
    event_type = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    delivery_code = models.UUIDField(null=True)
    state = models.CharField(max_length=12, choices=State.choices)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ("occurred_at", "id")
        constraints = (
            models.UniqueConstraint(fields=("backfill", "event_id"), name="webhooks_backfill_event_once"),
        )
        indexes = (
            # The next ones to run, oldest first, and the counts by state.
            models.Index(
                fields=("backfill", "state", "occurred_at", "id"), name="webhooks_backfill_event_next"
            ),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"
