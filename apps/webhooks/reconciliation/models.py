"""How far each connection was compared with its provider's list, and what was missing."""

import uuid

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from apps.connections.models import Connection
from apps.workspaces.models import Workspace


class Reconciliation(models.Model):
    """The comparison of one connection.

    Everything up to `cursor` was compared. The window under way is read page by page:
    `position` is the provider's own, moved only with what the page before it held, and
    `window_types` are asked for in all of its pages. One holder of the lease works at it
    at a time. It is looked at again at `next_at`.
    """

    class Stage(models.TextChoices):
        LISTED = "listed", "Listed"
        UNDELIVERED = "undelivered", "Undelivered"

    connection = models.OneToOneField(Connection, on_delete=models.CASCADE, related_name="reconciliation")
    cursor = models.DateTimeField(null=True)
    window_since = models.DateTimeField(null=True)
    window_until = models.DateTimeField(null=True)
    window_types = models.JSONField(default=list)
    stage = models.CharField(max_length=12, choices=Stage.choices, default=Stage.LISTED)
    position = models.CharField(max_length=1000, blank=True)
    expected = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    recovered = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)
    next_at = models.DateTimeField(default=timezone.now)
    checked_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    error_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)

    class Meta:
        ordering = ("connection__name",)
        verbose_name = "reconciliation"
        indexes = (
            # The sweep: what is due.
            models.Index(fields=("next_at",), name="webhooks_reconcile_due"),
        )

    def __str__(self) -> str:
        return f"Reconciliation of {self.connection}"

    def get_absolute_url(self) -> str:
        """Return the address of its page in the admin."""
        return reverse("admin:webhooks_reconciliation_change", args=[self.pk])


class Proof(models.Model):
    """A window that was compared from end to end; the counts leave out what an earlier one counted."""

    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, related_name="proofs", db_index=False
    )
    since = models.DateTimeField()
    until = models.DateTimeField()
    at = models.DateTimeField()
    expected = models.PositiveIntegerField(default=0)
    received = models.PositiveIntegerField(default=0)
    recovered = models.PositiveIntegerField(default=0)
    missing = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.CheckConstraint(condition=Q(since__lte=models.F("until")), name="webhooks_proof_window"),
        )
        indexes = (
            # The last proofs of a connection, and the sums of thirty days.
            models.Index(fields=("connection", "-id"), name="webhooks_proof_newest"),
        )

    def __str__(self) -> str:
        return f"{self.since:%Y-%m-%d %H:%M} – {self.until:%Y-%m-%d %H:%M}"


class Gap(models.Model):
    """An event that the provider lists and that had not arrived.

    `event_id` is the event's id or, where the provider's list has none, the fact that
    the list tells. `note` says what in a recovered event is of now, not of then.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        RECOVERED = "recovered", "Recovered"
        ARRIVED = "arrived", "Arrived late"
        CLOSED = "closed", "Closed by hand"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="gaps", db_index=False)
    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="gaps", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    event_id = models.CharField("event", max_length=255)
    event_type = models.CharField(max_length=120)
    occurred_at = models.DateTimeField()
    found_at = models.DateTimeField()
    status = models.CharField(max_length=12, choices=Status.choices)
    reason = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    note = models.CharField(max_length=300, blank=True)
    delivery_code = models.UUIDField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = "missing event"
        constraints = (
            models.UniqueConstraint(fields=("connection", "event_id"), name="webhooks_gap_once"),
            models.CheckConstraint(
                condition=~Q(status="recovered") | Q(delivery_code__isnull=False),
                name="webhooks_gap_recovered_has_delivery",
            ),
        )
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="webhooks_gap_newest"),
            # What is open of one connection.
            models.Index(fields=("connection",), condition=Q(status="open"), name="webhooks_gap_open"),
        )

    def __str__(self) -> str:
        return f"{self.event_type} {self.event_id}"

    def get_absolute_url(self) -> str:
        """Return the address of its page in the admin."""
        return reverse("admin:webhooks_gap_change", args=[self.pk])
