"""What the watch remembers between two looks."""

from typing import Any

from django.db import models

from apps.workflows.models import Workflow


class Watch(models.Model):
    """How far one of the looks has come: an id that it has seen, and when it looked last."""

    name = models.CharField(max_length=40, unique=True)
    position = models.BigIntegerField(default=0)
    at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.name


class Rhythm(models.Model):
    """How often one workflow's trigger has events, by the quarter of an hour over the last weeks.

    `history` lists the counts of the quarters before `quarter`, the newest last;
    `count` is that of `quarter`, which has begun. `trigger` is what it was learnt of.
    `watched_since` is from when on no event can have been missed for a reason of ours.
    """

    workflow = models.OneToOneField(Workflow, on_delete=models.CASCADE, related_name="rhythm")
    quarter = models.PositiveBigIntegerField()
    count = models.PositiveIntegerField(default=0)
    trigger = models.CharField(max_length=140)
    history: Any = models.JSONField(default=list)
    last_at = models.DateTimeField(null=True)
    watched_since = models.DateTimeField()

    class Meta:
        indexes = (
            # Those whose quarter is over, to be looked at.
            models.Index(fields=("quarter",), name="alerts_rhythm_quarter"),
        )

    def __str__(self) -> str:
        return f"{self.workflow_id}"
