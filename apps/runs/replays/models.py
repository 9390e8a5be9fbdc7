"""What a person asked for when an event was run again, and the jobs that do it for many runs."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from apps.workspaces.models import Workspace


class VersionChoice(models.TextChoices):
    """Which version of the workflow executes the event."""

    SAME = "same", "The version that the run had"
    CURRENT = "current", "The live version"
    DRAFT = "draft", "The draft, dry only"


class Replay(models.Model):
    """How a run differs from the first execution of its event, and who asked for it.

    `of` is the run that it repeats. `from_step` is the path of the step that it
    begins with, "" for all; what ran before was taken over. `given` is sealed:
    `{"trigger", "inputs"}` as a person edited them, empty where nothing was.
    `redo` lists the steps (their paths with `[]` for every index) that are done
    again although an earlier run did them. `token` is that of the form, so that
    a second click finds the first one's run.
    """

    run = models.OneToOneField("runs.Run", on_delete=models.CASCADE, related_name="repetition")
    of = models.ForeignKey("runs.Run", null=True, on_delete=models.SET_NULL, related_name="repeated_by")
    job = models.ForeignKey(
        "runs.ReplayJob", null=True, on_delete=models.SET_NULL, related_name="replays", db_index=False
    )
    version = models.CharField(max_length=10, choices=VersionChoice.choices)
    from_step = models.CharField(max_length=400, blank=True)
    skipped = models.BooleanField(default=False)
    edited_trigger = models.BooleanField(default=False)
    edited_inputs = models.BooleanField(default=False)
    given = models.BinaryField(default=bytes)
    redo: Any = models.JSONField(default=list)
    token = models.CharField(max_length=64, blank=True)
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    asked_by_label = models.CharField(max_length=150)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = (
            # A job repeats each run once, whatever dies in between; serves the list of a job's runs.
            models.UniqueConstraint(
                fields=("job", "of"), condition=Q(job__isnull=False), name="runs_replay_once_per_job"
            ),
            # A form that is posted twice starts one run.
            models.UniqueConstraint(
                fields=("of", "token"), condition=~Q(token=""), name="runs_replay_once_per_form"
            ),
        )

    def __str__(self) -> str:
        return f"Replay of {self.of}" if self.of else "Replay"


class ReplayJob(models.Model):
    """Many runs repeated, retried or tried dry, at a rate, by whichever worker looks.

    `selection` is `{"query": text, "ids": [..] or None}`: the run list's own filters as
    a query string, or chosen rows. `upper` is the highest run id at the time of the
    preview, so that no run is taken in that was made later. Runs are taken in the
    order of their ids; `cursor` is the last one that was looked at, and moves in the
    transaction that starts its replay. `due_at` is when the next one may be taken.
    `redo` lists `<workflow's code>:<step>`; `typed` is the number that a person typed for it.
    `summary` is what the preview counted, `left_out` counts the runs that were not
    started, by reason; `findings` are the results of dry runs.
    """

    class Kind(models.TextChoices):
        REPLAY = "replay", "Replay"
        RETRY = "retry", "Resume"
        DRY = "dry", "Dry replay"

    class Status(models.TextChoices):
        PREVIEW = "preview", "Not started"
        RUNNING = "running", "Running"
        PAUSED = "paused", "Paused"
        DONE = "done", "Done"
        STOPPED = "stopped", "Stopped"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="replay_jobs", db_index=False
    )
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.REPLAY)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.PREVIEW)
    selection: Any = models.JSONField(default=dict)
    upper = models.BigIntegerField(default=0)
    version = models.CharField(max_length=10, choices=VersionChoice.choices, default=VersionChoice.CURRENT)
    redo: Any = models.JSONField(default=list)
    typed = models.PositiveIntegerField(null=True)
    rate = models.PositiveIntegerField(default=60)
    summary: Any = models.JSONField(default=dict)
    total = models.PositiveIntegerField(default=0)
    cursor = models.BigIntegerField(default=0)
    started = models.PositiveIntegerField(default=0)
    left_out: Any = models.JSONField(default=dict)
    findings: Any = models.JSONField(default=list)
    note = models.CharField(max_length=300, blank=True)
    due_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    confirmed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_by_label = models.CharField(max_length=150)

    class Meta:
        ordering = ("-id",)
        verbose_name = "bulk replay"
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="runs_replayjob_newest"),
            # The sweep: jobs that go on.
            models.Index(fields=("due_at",), condition=Q(status="running"), name="runs_replayjob_running"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.total} runs"

    def get_absolute_url(self) -> str:
        """Return the address of the job's page in the admin."""
        return reverse("admin:runs_replayjob_change", args=[self.pk])

    @property
    def left_out_count(self) -> int:
        """Return how many runs were looked at and not started."""
        return sum(each["count"] for each in self.left_out.values()) if self.left_out else 0

    @property
    def looked_at(self) -> int:
        """Return how many runs the job is through with."""
        return self.started + self.left_out_count

    @property
    def percent(self) -> int:
        """Return how far the job is."""
        if self.status == self.Status.DONE:
            return 100
        return min(99, self.looked_at * 100 // self.total) if self.total else 0
