"""What arrived: verified deliveries, their deduplication, and counts of what was refused."""

import uuid

from django.db import models
from django.db.models import F, Q
from django.urls import reverse

from apps.connections.models import Connection, Endpoint
from apps.webhooks.confirmations.models import EffectReport, ReportCursor
from apps.workspaces.models import Workspace

__all__ = ["Delivery", "EffectReport", "Refusal", "ReportCursor", "Seen"]


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    """Transitions of deliveries; each tells whether it changed a row."""

    def accept_ignored(self, pk: int) -> bool:
        """Turn an ignored delivery into an accepted one; of simultaneous calls one wins."""
        ignored = self.filter(pk=pk, status=Delivery.Status.IGNORED)
        return bool(ignored.update(status=Delivery.Status.ACCEPTED, reason=""))

    def count_duplicate(self, pk: int) -> bool:
        """Count one more arrival of the delivery's event."""
        return bool(self.filter(pk=pk).update(duplicates=F("duplicates") + 1))


class Delivery(models.Model):
    """One verified request that a provider sent, stored raw.

    `body` is the sealed, compressed request body (working state), empty once the
    replay window is over. Its fields were read by `language.safe_json` first; an
    unreadable one is quarantined. `duplicates` counts how often the same event
    came again.
    """

    class Status(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        IGNORED = "ignored", "Ignored"
        QUARANTINED = "quarantined", "Quarantined"

    class Source(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        SCHEDULE = "schedule", "Schedule"
        SAMPLE = "sample", "Sample"
        TEST = "test", "Test"
        RECOVERED = "recovered", "Recovered"

    # Written once per event: columns that lead an index below get none of their own.
    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    source = models.CharField(max_length=12, choices=Source.choices, default=Source.WEBHOOK)
    status = models.CharField(max_length=12, choices=Status.choices)
    reason = models.CharField(max_length=300, blank=True)
    event_id = models.CharField(max_length=255, blank=True)
    event_type = models.CharField(max_length=120, blank=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    late = models.BooleanField(default=False)
    duplicates = models.PositiveIntegerField(default=0)
    body = models.BinaryField(default=bytes)
    body_size = models.PositiveIntegerField()

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        constraints = (
            models.CheckConstraint(
                condition=Q(status="accepted") | (Q(status__in=("ignored", "quarantined")) & ~Q(reason="")),
                name="webhooks_delivery_reason_unless_accepted",
            ),
        )
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="webhooks_delivery_newest"),
            # The deliveries of one connection, newest first.
            models.Index(fields=("connection", "-id"), name="webhooks_delivery_of_conn"),
            # The list of one workspace filtered by a status other than the usual.
            models.Index(
                fields=("workspace", "status", "-id"),
                condition=Q(status__in=("ignored", "quarantined")),
                name="webhooks_delivery_unusual",
            ),
            # Search by the provider's event id.
            models.Index(fields=("event_id",), name="webhooks_delivery_event"),
        )

    def __str__(self) -> str:
        return f"{self.event_type or 'Unreadable body'} {self.event_id}".strip()

    def get_absolute_url(self) -> str:
        """Return the address of the delivery's page in the admin."""
        return reverse("admin:webhooks_delivery_change", args=[self.pk])

    @property
    def body_binding(self) -> str:
        """Name the row and field that the sealed body belongs to; it opens nowhere else."""
        return f"webhooks.Delivery:{self.code}:body"


class Seen(models.Model):
    """An event that was handled; kept 40 days after it, whatever else is pruned.

    `delivery_code` names the delivery as long as it is kept. It is no foreign
    key, so that the row can be written first and outlives the delivery.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+", db_index=False)
    event_hash = models.BinaryField(max_length=32)
    delivery_code = models.UUIDField()
    event_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("connection", "event_hash"), name="webhooks_seen_event_once"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Refusal(models.Model):
    """How often requests to an endpoint were refused, by reason; nothing else of them is kept.

    Without an endpoint: requests to a bare address that no endpoint's secret signed.
    """

    endpoint = models.ForeignKey(
        Endpoint, null=True, on_delete=models.CASCADE, related_name="refusals", db_index=False
    )
    reason = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        ordering = ("-last_at",)
        verbose_name = "refused requests"
        verbose_name_plural = "refused requests"
        constraints = (
            models.UniqueConstraint(fields=("endpoint", "reason"), name="webhooks_refusal_once_per_reason"),
            # Databases take every NULL for another one.
            models.UniqueConstraint(
                fields=("reason",),
                condition=Q(endpoint__isnull=True),
                name="webhooks_refusal_once_without_endpoint",
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason}: {self.count}"


# Their own modules, so that this one stays short; Django finds models here.
from apps.webhooks.quarantine.models import Quarantined  # noqa: E402, I001
from apps.webhooks.backfill.models import Backfill, BackfillEvent  # noqa: E402
from apps.webhooks.forgetting.models import Erasure  # noqa: E402
from apps.webhooks.reconciliation.models import Gap, Proof, Reconciliation  # noqa: E402

__all__ = [
    "Backfill",
    "BackfillEvent",
    "Delivery",
    "DeliveryQuerySet",
    "Erasure",
    "Gap",
    "Proof",
    "Quarantined",
    "Reconciliation",
    "Refusal",
    "Seen",
]
