"""The rows of what providers report about a call of ours, and how far the reports have been read."""

from django.db import models
from django.db.models import Q

from apps.runs.models import Effect


class EffectReport(models.Model):
    """One thing that a provider reported about the effect whose id it gave: delivered, opened, bounced.

    `trouble` marks what did not reach the person. `by_machine` marks an opening or a
    click that no person made. `detail` is the provider's reason, without addresses in it.
    """

    effect = models.ForeignKey(Effect, on_delete=models.CASCADE, related_name="reports", db_index=False)
    event_id = models.CharField(max_length=255)
    channel = models.CharField(max_length=20)
    metric = models.CharField(max_length=40)
    detail = models.CharField(max_length=300, blank=True)
    trouble = models.BooleanField(default=False)
    by_machine = models.BooleanField(default=False)
    happened_at = models.DateTimeField()
    received_at = models.DateTimeField()

    class Meta:
        ordering = ("happened_at", "pk")
        constraints = (
            # Also serves the reports of one effect.
            models.UniqueConstraint(fields=("effect", "event_id"), name="webhooks_effectreport_event_once"),
        )
        indexes = (
            # The effects that came to nothing at the person's end.
            models.Index(fields=("effect",), condition=Q(trouble=True), name="webhooks_report_trouble"),
        )

    def __str__(self) -> str:
        return f"{self.channel} {self.metric}"


class ReportCursor(models.Model):
    """How far the deliveries have been read for reports; there is one row."""

    last_delivery = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.last_delivery)
