"""What happened: runs, their steps, and the ledger of effects at providers."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from apps.connections.models import Connection
from apps.runs.approvals.models import Approval, ApprovalLink
from apps.runs.dead_letters.models import Cause, DeadLetter
from apps.runs.finding.models import SavedFilter, SearchPath
from apps.runs.querysets import EffectQuerySet, RunQuerySet
from apps.runs.replays.models import Replay, ReplayJob
from apps.runs.retention.models import Bookmark
from apps.runs.tallies.models import Tally
from apps.runs.turns import SweepRun, Turn
from apps.runs.waits.models import Hook
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workspaces.models import Workspace

__all__ = [
    "Approval",
    "ApprovalLink",
    "Bookmark",
    "Cause",
    "DeadLetter",
    "Effect",
    "Heartbeat",
    "Hook",
    "Replay",
    "ReplayJob",
    "Run",
    "SavedFilter",
    "SearchKey",
    "SearchPath",
    "StepRun",
    "SweepRun",
    "Tally",
    "Turn",
]


class Run(models.Model):
    """One execution of one version for one delivery; this table is the truth of the queue.

    `due_at` is when a worker may take it next. A claim is a lease: `lease_token`
    fences every write, `lease_until` is when it may be taken away. `replay`
    numbers repeated executions of the same delivery, 0 being the first.
    `lost_leases` counts workers that died while they held the run. `depth` is how many
    calls of ours in a row its event goes back to: 0 for what happened without us.
    Of what is due, a lower `priority` is taken first: 0 is what happens now. Runs
    of one `order_key` go one after the other (see `runs.ordering`).
    """

    class Status(models.TextChoices):
        QUEUED = "queued", "Queued"
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting"
        PARKED = "parked", "Parked"
        HELD = "held", "Held"
        NEEDS_DECISION = "needs_decision", "Needs decision"
        SUCCEEDED = "succeeded", "Succeeded"
        FILTERED = "filtered", "Filtered"
        FAILED = "failed", "Failed"
        CANCELLED = "cancelled", "Cancelled"

    FINISHED = (Status.SUCCEEDED, Status.FILTERED, Status.FAILED, Status.CANCELLED)

    # A run's row is written three times: columns that lead an index below get none of their own.
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="runs", db_index=False)
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="runs", db_index=False)
    version = models.ForeignKey(
        WorkflowVersion, on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    delivery = models.ForeignKey(
        "webhooks.Delivery", on_delete=models.PROTECT, related_name="runs", db_index=False
    )
    replay = models.PositiveIntegerField(default=0)
    event_id = models.CharField(max_length=255)
    event_type = models.CharField(max_length=120)
    event_at = models.DateTimeField()
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.QUEUED)
    reason_code = models.CharField(max_length=60, blank=True)
    reason = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    parked_on = models.ForeignKey(
        Connection, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    received_at = models.DateTimeField()
    due_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    lease_token = models.UUIDField(null=True)
    lease_until = models.DateTimeField(null=True)
    lost_leases = models.PositiveSmallIntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)
    depth = models.PositiveSmallIntegerField(default=0)
    priority = models.PositiveSmallIntegerField(default=0, db_default=0)
    order_key = models.BinaryField(max_length=32, null=True)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(
                fields=("delivery", "workflow", "replay"), name="runs_run_once_per_delivery"
            ),
            models.CheckConstraint(
                condition=Q(status="running", lease_token__isnull=False)
                | (~Q(status="running") & Q(lease_token__isnull=True)),
                name="runs_run_lease_while_running",
            ),
            models.CheckConstraint(
                condition=~Q(status="parked") | Q(parked_on__isnull=False),
                name="runs_run_parked_on_something",
            ),
        )
        indexes = (
            # The claim: what is due in one workspace, and which workspaces have something due.
            models.Index(
                fields=("workspace", "priority", "due_at", "id"),
                condition=Q(status="queued"),
                name="runs_run_queued",
            ),
            # Those whose time comes, which are queued then; however many wait, the claim passes none.
            models.Index(fields=("due_at",), condition=Q(status="waiting"), name="runs_run_waiting"),
            # What stands before a run of the same order key; runs without a key are in neither.
            models.Index(
                fields=("order_key", "event_at", "id"),
                condition=Q(
                    order_key__isnull=False,
                    status__in=("queued", "running", "waiting", "parked", "held", "needs_decision"),
                ),
                name="runs_run_in_order",
            ),
            # Whether a newer event of the key has run.
            models.Index(
                fields=("order_key", "-event_at"),
                condition=Q(order_key__isnull=False, started_at__isnull=False),
                name="runs_run_ran_in_order",
            ),
            # The reaper: leases that ran out.
            models.Index(fields=("lease_until",), condition=Q(status="running"), name="runs_run_leased"),
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="runs_run_newest"),
            # The runs of one workflow, newest first.
            models.Index(fields=("workflow", "-id"), name="runs_run_of_workflow"),
            # The claim of parked runs whose connection is well again.
            models.Index(fields=("parked_on",), condition=Q(status="parked"), name="runs_run_parked"),
            # The release of held runs whose workflow was resumed.
            models.Index(
                fields=("workflow", "event_at", "id"), condition=Q(status="held"), name="runs_run_held"
            ),
            # The list of one workspace filtered by a status that is rare.
            models.Index(
                fields=("workspace", "status", "-id"),
                condition=Q(
                    status__in=("waiting", "parked", "held", "needs_decision", "failed", "cancelled")
                ),
                name="runs_run_troubled",
            ),
            # The failed runs since the last look, for the dead letters.
            models.Index(
                fields=("finished_at", "id"), condition=Q(status="failed"), name="runs_run_failed_since"
            ),
            # The list of one workspace filtered by repetitions, which are few.
            models.Index(fields=("workspace", "-id"), condition=Q(replay__gt=0), name="runs_run_repeated"),
        )

    def __str__(self) -> str:
        return f"{self.event_type} · {str(self.code)[:8]}"

    def get_absolute_url(self) -> str:
        """Return the address of the run's page in the admin."""
        return reverse("admin:runs_run_change", args=[self.pk])

    @property
    def is_test(self) -> bool:
        """Tell whether a person tests a draft with it; it runs a snapshot that is never live."""
        return self.version.is_test

    @property
    def finished(self) -> bool:
        """Tell whether nothing more will happen unless a person asks for it."""
        return self.status in self.FINISHED


class StepRun(models.Model):
    """One step's record in one run.

    `path` is the step's id, in a loop `<the loop's path>[<index>].<id>`. `log` is
    what people see, masked: `{"input", "output", "exchanges", "conditions"}`.
    `working` is the sealed output that later steps and replays read. `resume_at`
    is when a step that waits goes on by itself, whatever else the run waits for.
    `reused_effect` is the id of the effect that a reused step of a loop stands for.
    """

    class Status(models.TextChoices):
        RUNNING = "running", "Running"
        WAITING = "waiting", "Waiting"
        NEEDS_DECISION = "needs_decision", "Needs decision"
        SUCCEEDED = "succeeded", "Succeeded"
        FILTERED = "filtered", "Stopped the run"
        SKIPPED = "skipped", "Skipped"
        FAILED = "failed", "Failed"

    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="steps", db_index=False)
    path = models.CharField(max_length=400)
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=120)
    action = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=20, choices=Status.choices)
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    resume_at = models.DateTimeField(null=True)
    log: Any = models.JSONField(default=dict)
    working = models.BinaryField(default=bytes)
    error_code = models.CharField(max_length=60, blank=True)
    error = models.TextField(blank=True)
    remedy = models.TextField(blank=True)
    error_field = models.CharField(max_length=60, blank=True)
    reused = models.BooleanField(default=False)
    reused_effect = models.BigIntegerField(null=True)

    class Meta:
        ordering = ("position",)
        constraints = (models.UniqueConstraint(fields=("run", "path"), name="runs_step_once_per_run"),)

    def __str__(self) -> str:
        return self.name


class Effect(models.Model):
    """The ledger: one call that changes something at a provider.

    Committed as `pending` before the call is sent; a pending row without an
    answer is an uncertain call. `key` is derived, so a second worker or a
    restored backup makes the same one; `generation` grows only when a person
    chose "Do it now". `digest` is a keyed hash of the inputs of a call in a loop.
    """

    class Status(models.TextChoices):
        PENDING = "pending", "Being sent"
        DONE = "done", "Done"
        NOT_DONE = "not_done", "Not done"
        REFUSED = "refused", "Refused"
        UNKNOWN = "unknown", "Unknown"
        SKIPPED = "skipped", "Skipped"

    class Decision(models.TextChoices):
        HAPPENED = "happened", "It happened"
        DO_NOW = "do_now", "Do it now"
        SKIP = "skip", "Skip"
        CANCEL = "cancel", "Cancel the run"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="effects", db_index=False)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="effects", db_index=False)
    path = models.CharField(max_length=400)
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="effects")
    action = models.CharField(max_length=100)
    effect = models.CharField(max_length=10)
    idempotency = models.CharField(max_length=10)
    key = models.CharField(max_length=64)
    generation = models.PositiveSmallIntegerField(default=0)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PENDING)
    attempts = models.PositiveSmallIntegerField(default=1)
    first_sent_at = models.DateTimeField()
    sent_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    provider_id = models.CharField(max_length=200, blank=True)
    digest = models.BinaryField(default=bytes)
    decision = models.CharField(max_length=10, choices=Decision.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True)

    objects = EffectQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        constraints = (
            models.UniqueConstraint(fields=("run", "path"), name="runs_effect_once_per_step"),
            models.UniqueConstraint(fields=("key",), name="runs_effect_key_once"),
        )
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="runs_effect_newest"),
            # The call that an event goes back to, by the id that the provider gave. Whole, though many
            # calls have no id: SQLite can't tell that a value which is searched for is not the empty one.
            models.Index(fields=("provider_id",), name="runs_effect_provider_id"),
        )

    def __str__(self) -> str:
        return f"{self.action} · {self.get_status_display()}"

    def get_absolute_url(self) -> str:
        """Return the address of the effect's page in the admin."""
        return reverse("admin:runs_effect_change", args=[self.pk])


class SearchKey(models.Model):
    """A keyed hash by which a run is found: an e-mail or an id, never the value itself."""

    class Kind(models.TextChoices):
        EMAIL = "email", "E-mail"
        IDENTIFIER = "identifier", "Identifier"
        FIELD = "field", "Payload field"

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    kind = models.CharField(max_length=12, choices=Kind.choices)
    value_hash = models.BinaryField(max_length=32)
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="search_keys")

    class Meta:
        constraints = (
            # Serves the search by (workspace, kind, hash), newest run last.
            models.UniqueConstraint(
                fields=("workspace", "kind", "value_hash", "run"), name="runs_searchkey_once_per_run"
            ),
        )

    def __str__(self) -> str:
        return self.kind


class Heartbeat(models.Model):
    """A sign of life of one worker process (`cluster` or `drain`)."""

    name = models.CharField(max_length=120, unique=True)
    kind = models.CharField(max_length=12)
    pid = models.PositiveIntegerField()
    host = models.CharField(max_length=120)
    started_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    sleeping = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name
