"""A person who asked to be forgotten, and what was done about it."""

import uuid
from typing import Any

from django.db import models
from django.urls import reverse

from apps.workspaces.models import Workspace


class Erasure(models.Model):
    """One request to forget a person, worked off by the worker's sweep.

    `sealed` is the e-mail address or id while it is worked off, and empty behind
    it; `hint` is what is shown of it. `found` counts what was done, by name.
    `position` is the delivery up to which bodies were looked through.
    """

    class Status(models.TextChoices):
        WORKING = "working", "Working"
        DONE = "done", "Done"

    workspace = models.ForeignKey(
        Workspace, on_delete=models.CASCADE, related_name="erasures", db_index=False
    )
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    sealed = models.BinaryField(default=bytes)
    hint = models.CharField(max_length=80)
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.WORKING)
    found: Any = models.JSONField(default=dict)
    position = models.PositiveBigIntegerField(default=0)
    asked_by = models.CharField(max_length=150)
    asked_at = models.DateTimeField(auto_now_add=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("-id",)
        verbose_name = "forgotten person"
        verbose_name_plural = "forgotten people"
        indexes = (
            # The list of one workspace, newest first.
            models.Index(fields=("workspace", "-id"), name="webhooks_erasure_newest"),
        )

    def __str__(self) -> str:
        return self.hint

    def get_absolute_url(self) -> str:
        """Return the address of its page in the admin."""
        return reverse("admin:webhooks_erasure_change", args=[self.pk])

    @property
    def binding(self) -> str:
        """Name the row and field that the sealed value belongs to."""
        return f"webhooks.Erasure:{self.code}:sealed"
