"""What arrived: verified deliveries, their deduplication, and counts of what was refused."""

import uuid

from django.db import models

from apps.connections.models import Connection, Endpoint
from apps.workspaces.models import Workspace


class Delivery(models.Model):
    """One verified request that a provider sent, stored raw.

    `body` is the sealed, compressed request body (working state). Its fields
    were read by `language.safe_json` first; an unreadable one is quarantined.
    `duplicates` counts how often the same event came again.
    """

    class Status(models.TextChoices):
        ACCEPTED = "accepted", "Accepted"
        IGNORED = "ignored", "Ignored"
        QUARANTINED = "quarantined", "Quarantined"

    class Source(models.TextChoices):
        WEBHOOK = "webhook", "Webhook"
        SAMPLE = "sample", "Sample"
        RECOVERED = "recovered", "Recovered"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="deliveries")
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="deliveries")
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

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="webhooks_delivery_newest"),
            # Search by the provider's event id.
            models.Index(fields=("event_id",), name="webhooks_delivery_event"),
        )

    def __str__(self) -> str:
        return f"{self.event_type or 'unreadable'} {self.event_id}".strip()


class Seen(models.Model):
    """An event that was handled; kept 40 days after it, whatever else is pruned."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="+")
    event_hash = models.BinaryField(max_length=32)
    delivery = models.ForeignKey(Delivery, null=True, on_delete=models.SET_NULL, related_name="+")
    event_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("connection", "event_hash"), name="webhooks_seen_event_once"),
        )

    def __str__(self) -> str:
        return str(self.pk)


class Refusal(models.Model):
    """How often requests to an endpoint were refused, by reason; nothing else of them is kept."""

    endpoint = models.ForeignKey(Endpoint, null=True, on_delete=models.CASCADE, related_name="refusals")
    reason = models.CharField(max_length=40)
    count = models.PositiveBigIntegerField(default=0)
    last_at = models.DateTimeField()

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("endpoint", "reason"), nulls_distinct=False, name="webhooks_refusal_once_per_reason"
            ),
        )

    def __str__(self) -> str:
        return f"{self.reason}: {self.count}"
