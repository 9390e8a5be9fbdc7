"""When workflows that start by the clock are due next."""

from datetime import datetime

from django.db import models
from django.db.models import Exists, OuterRef, Q

from apps.workflows.models import Workflow, WorkflowVersion


class DueTimeQuerySet(models.QuerySet["DueTime"]):
    """Reads and transitions of due times; each transition tells whether it won."""

    def due(self, *, at: datetime) -> "DueTimeQuerySet":
        """Return the times that have come, the earliest first."""
        return self.filter(due_at__lte=at).order_by("due_at")

    def ended(self, trigger_refs: tuple[str, ...]) -> "DueTimeQuerySet":
        """Return the rows of workflows that are not live any more, or not started by one of the triggers."""
        return self.exclude(
            workflow__status__in=(Workflow.Status.PUBLISHED, Workflow.Status.PAUSED),
            workflow__trigger_ref__in=trigger_refs,
        )

    def of_live_versions(self) -> "DueTimeQuerySet":
        """Return the rows whose workflow is published, not paused, with the row's own version."""
        live = Workflow.objects.filter(
            pk=OuterRef("workflow"),
            status=Workflow.Status.PUBLISHED,
            live_version=OuterRef("version"),
        )
        # No join: an update over one asks for the row's time in a subquery, which
        # is not asked anew when the row was waited for, so that two callers win.
        return self.filter(Exists(live))

    def advance(self, row: "DueTime", *, to: datetime | None) -> bool:
        """Put the next time in the place of the one that has come; of simultaneous calls one wins."""
        return bool(self.filter(pk=row.pk, version=row.version_id, due_at=row.due_at).update(due_at=to))

    def without_time(self) -> "DueTimeQuerySet":
        """Return the rows of published workflows after which nothing follows, for whatever reason."""
        return self.filter(due_at=None).of_live_versions()

    def hand_over(self, row: "DueTime", *, version: WorkflowVersion, to: datetime | None) -> bool:
        """Give the row to another version with its next time; of simultaneous calls one wins."""
        unmoved = self.filter(pk=row.pk, version=row.version_id, due_at=row.due_at)
        return bool(unmoved.update(version=version, due_at=to))

    def suspend(self) -> int:
        """Take the times of paused workflows away; their rows stay, so that resuming is seen."""
        paused = self.filter(workflow__status=Workflow.Status.PAUSED, due_at__isnull=False)
        return paused.update(due_at=None)


class DueTime(models.Model):
    """The next time of one published workflow, computed from `version`.

    There is one row per workflow; firing moves it on to the next time, in the
    transaction that stores the event. `due_at` is null while the workflow is
    paused, where nothing follows, and while the version's rule can't be read.
    """

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, related_name="due_time")
    version = models.ForeignKey(WorkflowVersion, on_delete=models.CASCADE, related_name="+")
    due_at = models.DateTimeField(null=True)

    objects = DueTimeQuerySet.as_manager()

    class Meta:
        indexes = (
            # What has come: asked once a second by every worker.
            models.Index(fields=("due_at",), condition=Q(due_at__isnull=False), name="schedules_due"),
        )

    def __str__(self) -> str:
        return (
            f"{self.workflow_id}: {self.due_at:%Y-%m-%d %H:%M} UTC" if self.due_at else f"{self.workflow_id}"
        )
