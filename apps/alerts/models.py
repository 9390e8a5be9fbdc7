"""Who is told: alerts, the channels that carry them, what was sent, and what the watch remembers."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.urls import reverse

from apps.alerts.kinds import RANK, Severity, label_of
from apps.alerts.watching.models import Rhythm, Watch
from apps.connections.models import Connection
from apps.workspaces.models import Workspace

__all__ = ["Alert", "Channel", "Notice", "Rhythm", "Watch"]


class AlertQuerySet(models.QuerySet["Alert"]):
    """Named reads; transitions are conditional UPDATEs that tell how many they won."""

    def standing(self) -> "AlertQuerySet":
        """Return what is wrong now, whether or not a person knows it."""
        return self.filter(status__in=Alert.STANDING)

    def to_tell(self, *, at: datetime) -> "AlertQuerySet":
        """Return the alerts about which the channels may have to be told, the longest due first."""
        return self.filter(look_at__lte=at).order_by("look_at")

    def grow(self, *, times: int, at: datetime, **told: Any) -> int:
        """Count what happened again, with its newest words; returns how many alerts that found."""
        return self.filter(status__in=Alert.STANDING).update(
            count=F("count") + times,
            last_at=at,
            look_at=Coalesce(F("look_at"), at),  # A later look that is planned is soon enough.
            **told,
        )

    def acknowledge(self, *, by: int | None, at: datetime) -> int:
        """Note that a person knows; nothing more is sent about it until it is over."""
        return self.filter(status=Alert.Status.OPEN).update(
            status=Alert.Status.ACKNOWLEDGED, acknowledged_by=by, acknowledged_at=at
        )

    def close(self, *, at: datetime) -> int:
        """Note that it is over."""
        return self.filter(status__in=Alert.STANDING).update(
            status=Alert.Status.CLOSED, closed_at=at, look_at=at
        )


class Alert(models.Model):
    """One thing that is wrong, from the first sign until it is over.

    Of one `kind` and `subject` at most one stands in a workspace; what happens
    again meanwhile is counted. `url` is the path of the page that shows it.
    `look_at` is when the channels are to be looked at next, null when there is
    nothing new to tell.
    """

    class Status(models.TextChoices):
        OPEN = "open", "Open"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        CLOSED = "closed", "Closed"

    STANDING = (Status.OPEN, Status.ACKNOWLEDGED)

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="alerts", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=40)
    subject = models.CharField(max_length=120)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.OPEN)
    message = models.TextField()
    remedy = models.TextField(blank=True)
    url = models.CharField(max_length=400, blank=True)
    count = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    acknowledged_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    acknowledged_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)

    objects = AlertQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "kind", "subject"),
                condition=Q(status__in=("open", "acknowledged")),
                name="alerts_alert_standing_once",
            ),
        )
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="alerts_alert_newest"),
            # What the channels may have to be told.
            models.Index(
                fields=("look_at",), condition=Q(look_at__isnull=False), name="alerts_alert_to_tell"
            ),
            # The standing ones of a kind, for the watch that ends them.
            models.Index(
                fields=("kind",),
                condition=Q(status__in=("open", "acknowledged")),
                name="alerts_alert_of_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind_label}: {self.message}"[:200]

    def get_absolute_url(self) -> str:
        """Return the address of the alert's page in the admin."""
        return reverse("admin:alerts_alert_change", args=[self.pk])

    @property
    def kind_label(self) -> str:
        """Return the kind in words."""
        return label_of(self.kind)

    @property
    def stands(self) -> bool:
        """Tell whether it is still wrong."""
        return self.status in self.STANDING


class Channel(models.Model):
    """A way to people: mail addresses, a Slack channel or an address of their own.

    `secret` is the sealed JSON of what must not be shown: `{"url"}` of Slack,
    `{"url", "signing_secret"}` of a webhook; `hint` is the last four characters
    of it. `kinds` are those it is told about, none meaning all. About one alert
    it is told once, and again at most every `period_minutes`.
    """

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        SLACK = "slack", "Slack"
        WEBHOOK = "webhook", "Webhook"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="alert_channels")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    name = models.CharField(max_length=80)
    enabled = models.BooleanField(default=True)
    kinds = models.JSONField(default=list)
    min_severity = models.CharField(max_length=10, choices=Severity.choices, default=Severity.WARNING)
    period_minutes = models.PositiveIntegerField(default=60)
    tell_resolved = models.BooleanField(default=True)
    recipients = models.JSONField(default=list)
    connection = models.ForeignKey(Connection, null=True, on_delete=models.SET_NULL, related_name="+")
    secret = models.BinaryField(default=bytes)
    host = models.CharField(max_length=260, blank=True)
    hint = models.CharField(max_length=8, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("name",)
        constraints = (
            models.UniqueConstraint(fields=("workspace", "name"), name="alerts_channel_name_once"),
            models.CheckConstraint(
                condition=Q(period_minutes__gte=5, period_minutes__lte=10_080),
                name="alerts_channel_period_sane",
            ),
        )

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        """Return the address of the channel's page in the admin."""
        return reverse("admin:alerts_channel_change", args=[self.pk])

    @property
    def secret_binding(self) -> str:
        """Name the row, kind and host that the sealed secret belongs to; it opens nowhere else."""
        return f"alerts.Channel:{self.code}:{self.kind}:{self.host}"

    @property
    def period(self) -> timedelta:
        """Return how long it is not told again about the same alert."""
        return timedelta(minutes=self.period_minutes)

    def wants(self, alert: Alert) -> bool:
        """Tell whether it is to be told about alerts like this one."""
        bad_enough = RANK[Severity(alert.severity)] >= RANK[Severity(self.min_severity)]
        return self.enabled and bad_enough and (not self.kinds or alert.kind in self.kinds)


class NoticeQuerySet(models.QuerySet["Notice"]):
    """Named reads; transitions are conditional UPDATEs that tell how many they won."""

    def due(self, *, at: datetime) -> "NoticeQuerySet":
        """Return the messages that are to be handed over, the longest due first."""
        return self.filter(next_at__lte=at).order_by("next_at")

    def lease(self, pk: int, *, at: datetime, until: datetime) -> bool:
        """Take one that is due for one attempt; of simultaneous calls one wins."""
        rows = self.filter(pk=pk, next_at__lte=at)
        return bool(rows.update(status=Notice.Status.QUEUED, next_at=until, attempts=F("attempts") + 1))

    def begin(self, pk: int, *, attempt: int, until: datetime) -> bool:
        """Begin the attempt that was leased; False where another one has it, or it has begun before."""
        rows = self.filter(pk=pk, attempts=attempt, status=Notice.Status.QUEUED)
        return bool(rows.update(status=Notice.Status.SENDING, next_at=until))


class Notice(models.Model):
    """One message about an alert on one channel, and what came of it.

    `number` counts the messages of an alert on a channel, which makes each of
    them at most one row. `told` is the alert's count when it was planned, `since`
    how many came since the message before. `next_at` is when the next attempt is
    due, null when there is none. A test's has no alert.
    """

    class Sort(models.TextChoices):
        OPENED = "opened", "First message"
        AGAIN = "again", "Again"
        RESOLVED = "resolved", "Resolved"
        TEST = "test", "Test"

    class Status(models.TextChoices):
        QUEUED = "queued", "Being sent"
        SENDING = "sending", "Being handed over"
        WAITING = "waiting", "Trying again"
        SENT = "sent", "Sent"
        FAILED = "failed", "Not sent"
        DROPPED = "dropped", "Not needed any more"

    alert = models.ForeignKey(
        Alert, null=True, on_delete=models.CASCADE, related_name="notices", db_index=False
    )
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notices", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sort = models.CharField(max_length=10, choices=Sort.choices)
    number = models.PositiveIntegerField(default=1)
    told = models.PositiveIntegerField(default=0)
    since = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.QUEUED)
    attempts = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    next_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    error = models.TextField(blank=True)
    remedy = models.TextField(blank=True)

    objects = NoticeQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("alert", "channel", "number"), name="alerts_notice_numbered_once"
            ),
        )
        indexes = (
            # What is to be handed over.
            models.Index(fields=("next_at",), condition=Q(next_at__isnull=False), name="alerts_notice_due"),
            # The messages of one channel, newest first.
            models.Index(fields=("channel", "-id"), name="alerts_notice_of_channel"),
        )

    def __str__(self) -> str:
        return f"{self.get_sort_display()} · {self.get_status_display()}"
