"""The address of one run's step that waits for a request from outside."""

from datetime import datetime

from django.db import models
from django.db.models import Q


class HookQuerySet(models.QuerySet["Hook"]):
    """Transitions are conditional UPDATEs that tell how many they won."""

    def receive(self, *, body: bytes, at: datetime) -> int:
        """Store what came, unless something has, or the time is over."""
        open_ones = self.filter(received_at__isnull=True, closed_at__isnull=True)
        in_time = open_ones.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at))
        return in_time.update(body=body, received_at=at)

    def close_late(self, *, at: datetime) -> int:
        """Take nothing more where the time is over and nothing came."""
        return self.filter(received_at__isnull=True, closed_at__isnull=True, expires_at__lte=at).update(
            closed_at=at
        )


class Hook(models.Model):
    """Takes one request. Its address holds from the start of the run, before its step is reached.

    `expires_at` is set when the step is reached. `body` is what came, sealed, as JSON.
    """

    run = models.ForeignKey("runs.Run", on_delete=models.CASCADE, related_name="hooks", db_index=False)
    path = models.CharField(max_length=400)
    token_hash = models.BinaryField(max_length=32, unique=True)
    expires_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True)
    body = models.BinaryField(default=bytes)

    objects = HookQuerySet.as_manager()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("run", "path"), name="runs_hook_once_per_step"),)

    def __str__(self) -> str:
        return self.path

    @property
    def binding(self) -> str:
        """Name the row and field that the sealed body belongs to."""
        return f"runs.Hook:{self.run_id}:{self.path}:body"
