"""Failed runs by their cause, so that many of the same are looked at and mended at once."""

import uuid
from datetime import datetime

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace


class CauseQuerySet(models.QuerySet["Cause"]):
    """Named reads of causes."""

    def open(self) -> "CauseQuerySet":
        """Return the causes of which runs are still failed and nobody has put them aside."""
        return self.filter(Exists(DeadLetter.objects.open().filter(cause=OuterRef("pk"))))


class Cause(models.Model):
    """What failed in the same way: workflow, step, error code, and the message without its particulars.

    `digest` is the hash of these; `example` the newest run of it that was seen.
    """

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="failure_causes", db_index=False
    )
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="failure_causes")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    digest = models.CharField(max_length=64)
    step = models.CharField(max_length=400, blank=True)
    step_name = models.CharField(max_length=120, blank=True)
    error_code = models.CharField(max_length=60, blank=True)
    pattern = models.CharField(max_length=300)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    example = models.ForeignKey("runs.Run", null=True, on_delete=models.SET_NULL, related_name="+")

    objects = CauseQuerySet.as_manager()

    class Meta:
        ordering = ("-last_at", "-id")
        verbose_name = "dead letters"
        verbose_name_plural = "dead letters"
        constraints = (
            models.UniqueConstraint(fields=("workflow", "digest"), name="runs_cause_once_per_workflow"),
        )
        indexes = (
            # The page of one workspace, what failed last first.
            models.Index(fields=("workspace", "-last_at", "-id"), name="runs_cause_newest"),
        )

    def __str__(self) -> str:
        return self.pattern


class DeadLetterQuerySet(models.QuerySet["DeadLetter"]):
    """Named reads; transitions tell how many rows they won."""

    def open(self) -> "DeadLetterQuerySet":
        """Return the letters whose run is still failed and that nobody has put aside."""
        return self.filter(dismissed_at=None, run__status="failed")

    def dismiss(self, *, at: datetime) -> int:
        """Put these aside; returns how many were not yet."""
        return self.filter(dismissed_at=None).update(dismissed_at=at, retry_at=None)

    def to_retry(self, *, at: datetime) -> "DeadLetterQuerySet":
        """Return the letters whose run is to be retried now, the longest due first."""
        return self.filter(retry_at__lte=at).order_by("retry_at", "id")

    def take(self, pk: int, *, at: datetime) -> bool:
        """Take one that is to be retried; of simultaneous calls one wins."""
        return bool(self.filter(pk=pk, retry_at__lte=at).update(retry_at=None))


class DeadLetter(models.Model):
    """One failure of one run. A run that was retried and failed again has a new row in the place of the old.

    So ids grow with the failures, and whoever has seen one id has seen all before it.
    `retry_at` is when its run is retried as one of many, for the person `retry_by`;
    `refused` is why that could not be done.
    """

    run = models.OneToOneField("runs.Run", on_delete=models.CASCADE, related_name="dead_letter")
    cause = models.ForeignKey(Cause, on_delete=models.CASCADE, related_name="letters", db_index=False)
    failed_at = models.DateTimeField()
    dismissed_at = models.DateTimeField(null=True)
    retry_at = models.DateTimeField(null=True)
    retry_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    refused = models.CharField(max_length=400, blank=True)

    objects = DeadLetterQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        indexes = (
            # The letters of one cause that are open, newest first.
            models.Index(
                fields=("cause", "-id"), condition=Q(dismissed_at__isnull=True), name="runs_deadletter_open"
            ),
            # How far the failed runs have been read.
            models.Index(fields=("failed_at",), name="runs_deadletter_failed"),
            # What is to be retried.
            models.Index(
                fields=("retry_at",), condition=Q(retry_at__isnull=False), name="runs_deadletter_retry"
            ),
        )

    def __str__(self) -> str:
        return f"{self.run_id}"
