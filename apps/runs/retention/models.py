"""How far the sweeps that tidy up have come."""

from typing import Any

from django.db import models


class Bookmark(models.Model):
    """One sweep's place in a table: everything up to `position` has been dealt with.

    `left` lists the ids before it that could not be dealt with yet, such as runs
    that still wait.
    """

    name = models.CharField(max_length=40, unique=True)
    position = models.PositiveBigIntegerField(default=0)
    left: Any = models.JSONField(default=list)
    moved_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return self.name
