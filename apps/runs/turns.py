"""Rows of the order per key, and of the looks that every worker's processes share."""

from django.db import models
from django.db.models import Q


class Turn(models.Model):
    """A begun run that has an order key: of each key one run holds the turn, and the others wait.

    `passed` marks a run that a person let pass: it goes on beside the one that
    holds the turn. The row ends with the run.
    """

    order_key = models.BinaryField(max_length=32)
    run = models.OneToOneField("runs.Run", on_delete=models.CASCADE, related_name="turn")
    passed = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("order_key",), condition=Q(passed=False), name="runs_turn_one_per_key"
            ),
        )

    def __str__(self) -> str:
        return f"Turn of run {self.run_id}"


class SweepRun(models.Model):
    """The last time that one sweep was made, by whichever process; times are the database's.

    While `ended_at` is empty a process is at it. `error` is what the last one
    ended with, empty when it went well; `moved` is how much it moved.
    """

    name = models.CharField(max_length=120, unique=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    moved = models.PositiveIntegerField(default=0)
    error = models.TextField(blank=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
