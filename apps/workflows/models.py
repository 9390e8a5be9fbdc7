"""What shall happen: a workflow's editable draft and its published versions."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from apps.connections.models import Connection
from apps.workspaces.models import Workspace

PAUSE_AFTER_FAILURES = 10
"""So many failed runs in a row pause a workflow, unless it says otherwise."""


class WorkflowQuerySet(models.QuerySet["Workflow"]):
    """Named reads of workflows."""

    def listening(self, connection_id: int, trigger_refs: tuple[str, ...]) -> "WorkflowQuerySet":
        """Return the live workflows that one of these triggers of the connection starts; paused ones too."""
        return self.filter(
            trigger_connection_id=connection_id,
            trigger_ref__in=trigger_refs,
            status__in=(Workflow.Status.PUBLISHED, Workflow.Status.PAUSED),
        )


class Workflow(models.Model):
    """One workflow: `draft` is edited freely, `live_version` is what runs.

    `draft_revision` grows with every save; a save that carries another one is
    refused. `trigger_ref` and `trigger_connection` repeat the live version's, for
    routing. A paused workflow still receives; its runs are held.

    `keep_runs_days` is how long its runs are kept, null for as long as the
    workspace's. `redactions` are names of fields that the run log never shows.

    `pause_after_failures` is how many failed runs in a row pause it, 0 for never;
    they are counted from `failures_since`, which resuming sets. `paused_because`
    says why the product paused it, and is empty where a person did. `silence_alarm`
    tells whether an unusual silence of its trigger is reported.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", "Draft"
        PUBLISHED = "published", "Published"
        PAUSED = "paused", "Paused"
        UNPUBLISHED = "unpublished", "Unpublished"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="workflows")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DRAFT)
    draft = models.JSONField(default=dict)
    draft_revision = models.PositiveIntegerField(default=1)
    draft_saved_at = models.DateTimeField(auto_now_add=True)
    draft_saved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    live_version = models.ForeignKey("WorkflowVersion", null=True, on_delete=models.PROTECT, related_name="+")
    trigger_ref = models.CharField(max_length=100, blank=True)
    trigger_connection = models.ForeignKey(Connection, null=True, on_delete=models.PROTECT, related_name="+")
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    keep_runs_days = models.PositiveSmallIntegerField(null=True)
    redactions: Any = models.JSONField(default=list, db_default=[])
    pause_after_failures = models.PositiveSmallIntegerField(
        default=PAUSE_AFTER_FAILURES, db_default=PAUSE_AFTER_FAILURES
    )
    failures_since = models.DateTimeField(null=True)
    paused_because = models.TextField(blank=True, db_default="")
    paused_at = models.DateTimeField(null=True)
    silence_alarm = models.BooleanField(default=True, db_default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = WorkflowQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "name"), name="workflows_workflow_name_once_per_workspace"
            ),
            models.CheckConstraint(
                condition=~Q(status__in=("published", "paused")) | Q(live_version__isnull=False),
                name="workflows_workflow_live_has_version",
            ),
        )
        indexes = (
            # Routing of a delivery: who listens on this connection for this trigger.
            models.Index(
                fields=("trigger_connection", "trigger_ref"),
                condition=Q(status__in=("published", "paused")),
                name="workflows_listening",
            ),
        )

    def __str__(self) -> str:
        return self.name


class WorkflowVersionQuerySet(models.QuerySet["WorkflowVersion"]):
    """Named reads of versions."""

    def numbered(self) -> "WorkflowVersionQuerySet":
        """Return the versions that were published; a test's snapshot is none of them."""
        return self.filter(number__isnull=False)


class NumberedManager(models.Manager["WorkflowVersion"]):
    """Hides the snapshots of tests, so that no list, history or difference meets one by accident."""

    def get_queryset(self) -> WorkflowVersionQuerySet:
        """Return the published versions."""
        return WorkflowVersionQuerySet(self.model, using=self._db).numbered()


class WorkflowVersion(models.Model):
    """An immutable snapshot: numbered when Publish made it. `lineage` lists which path feeds which field.

    A real test of a draft makes one without a number: it is never live, and
    `objects` does not show it; `every` does. `test_of_revision` is the revision
    of the draft that was tested.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="versions")
    number = models.PositiveIntegerField(null=True)
    test_of_revision = models.PositiveIntegerField(null=True)
    definition = models.JSONField()
    lineage = models.JSONField(default=list)
    note = models.CharField(max_length=200, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    published_at = models.DateTimeField(auto_now_add=True)

    objects = NumberedManager()
    every = WorkflowVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-number",)
        constraints = (
            models.UniqueConstraint(fields=("workflow", "number"), name="workflows_version_number_once"),
            models.CheckConstraint(
                condition=Q(number__isnull=False, test_of_revision__isnull=True)
                | Q(number__isnull=True, test_of_revision__isnull=False),
                name="workflows_version_numbered_or_test",
            ),
        )

    def __str__(self) -> str:
        return f"{self.workflow} test" if self.is_test else f"{self.workflow} v{self.number}"

    @property
    def is_test(self) -> bool:
        """Tell whether it is a test's snapshot of a draft."""
        return self.number is None


class WorkflowCase(models.Model):
    """A test case kept with a workflow: an event, and what the draft is expected to do with it.

    `body` is sealed: `{"payload", "answers", "assume", "at", "expected"}`. Whatever
    the case reads is in it, so that a run of it calls nobody.
    """

    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="cases")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    body = models.BinaryField(default=bytes)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = (models.UniqueConstraint(fields=("workflow", "name"), name="workflows_case_name_once"),)

    def __str__(self) -> str:
        return self.name

    @property
    def body_binding(self) -> str:
        """Name the row and field that the sealed body belongs to; it opens nowhere else."""
        return f"workflows.WorkflowCase:{self.code}:body"
