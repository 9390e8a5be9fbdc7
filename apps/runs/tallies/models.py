"""How many runs of a workflow there were, and how they ended: numbers that outlive the runs."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace


class Tally(models.Model):
    """The live runs of one workflow whose events came between `start` and `minutes` later.

    `unfinished` ones are counted again until there are none. `latency` is a
    histogram of a sample: `{bucket: number}`, see `tallies.latency`. Five minutes
    a row; after two days twelve of them become one.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    workflow = models.ForeignKey(Workflow, on_delete=models.CASCADE, related_name="tallies", db_index=False)
    start = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField()
    succeeded = models.PositiveIntegerField(default=0)
    filtered = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    cancelled = models.PositiveIntegerField(default=0)
    unfinished = models.PositiveIntegerField(default=0)
    latency: Any = models.JSONField(default=dict)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("workflow", "start", "minutes"), name="runs_tally_once"),
        )
        indexes = (
            # What a workspace's first page sums up.
            models.Index(fields=("workspace", "start"), name="runs_tally_of_workspace"),
            # What becomes an hour, and what is counted again.
            models.Index(fields=("start",), condition=Q(minutes=5), name="runs_tally_fresh"),
        )

    def __str__(self) -> str:
        return f"{self.workflow_id} {self.start:%Y-%m-%d %H:%M}"
