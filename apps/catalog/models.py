"""What exists, as rows: the registry's declarations with a switch each, and operators' own apps."""

import uuid
from typing import Any

from django.conf import settings
from django.db import models

from apps.workspaces.models import Workspace


class TriggerQuerySet(models.QuerySet["Trigger"]):
    """Reads of triggers."""

    def switched_off(self) -> "TriggerQuerySet":
        """Return those that are switched off, by themselves or with their app."""
        return self.filter(models.Q(enabled=False) | models.Q(app__enabled=False))


class ActionQuerySet(models.QuerySet["Action"]):
    """Reads of actions."""

    def switched_off(self) -> "ActionQuerySet":
        """Return those that are switched off, by themselves or with their app."""
        return self.filter(models.Q(enabled=False) | models.Q(app__enabled=False))


class App(models.Model):
    """A provider as declared in code; `apps.catalog.sync` keeps the row equal to the declaration.

    `enabled` is the operator's switch and survives every sync. `declared` is
    False when the code no longer knows the app. `digest` is the hash of the
    declaration that the row shows.
    """

    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField()
    category = models.CharField(max_length=60)
    color = models.CharField(max_length=20)
    docs_url = models.URLField(max_length=300, blank=True)
    declaration: Any = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    declared = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class Trigger(models.Model):
    """Something that can happen at an app. `declaration` is `{fields, options, requires, email_from}`."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="triggers")
    ref = models.CharField("identifier", max_length=100, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField()
    event_types = models.JSONField(default=list)
    declaration: Any = models.JSONField(default=dict)
    sample: Any = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    declared = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    objects = TriggerQuerySet.as_manager()

    class Meta:
        ordering = ("app__name", "name")

    def __str__(self) -> str:
        return f"{self.app} · {self.name}"


class Action(models.Model):
    """Something that can be done at an app. `declaration` is `{inputs, outputs, requires, …}`."""

    app = models.ForeignKey(App, on_delete=models.CASCADE, related_name="actions")
    ref = models.CharField("identifier", max_length=100, unique=True)
    name = models.CharField(max_length=120)
    description = models.TextField()
    effect = models.CharField(max_length=10)
    idempotency = models.CharField(max_length=10)
    danger = models.TextField(blank=True)
    docs_url = models.URLField(max_length=300, blank=True)
    hidden = models.BooleanField(default=False)
    declaration: Any = models.JSONField(default=dict)
    enabled = models.BooleanField(default=True)
    declared = models.BooleanField(default=True)
    digest = models.CharField(max_length=64)

    objects = ActionQuerySet.as_manager()

    class Meta:
        ordering = ("app__name", "name")

    def __str__(self) -> str:
        return f"{self.app} · {self.name}"


class Use(models.Model):
    """A trigger or action that something published needs; written by what needs it."""

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="+", db_index=False)
    ref = models.CharField(max_length=100)
    user_kind = models.CharField(max_length=20)
    user_code = models.UUIDField()
    label = models.CharField(max_length=200)
    url = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ("label", "pk")
        constraints = (
            # Also serves what one user writes anew and takes back.
            models.UniqueConstraint(fields=("user_code", "user_kind", "ref"), name="catalog_use_once"),
        )
        indexes = (
            # The page of a trigger or action: what a workspace uses it for.
            models.Index(fields=("ref", "workspace"), name="catalog_use_of"),
        )

    def __str__(self) -> str:
        return self.label


class CustomAppQuerySet(models.QuerySet["CustomApp"]):
    """Reads of operators' own apps."""

    def switched_off(self) -> "CustomAppQuerySet":
        """Return those that are offered for nothing new."""
        return self.filter(enabled=False)


class CustomApp(models.Model):
    """An app that a workspace declared itself, as JSON of `apps.catalog.custom.declaration`.

    `key` is the declaration's, unique in the installation because addresses and
    references hold it. `revision` grows with every change, by which each process
    notices it. An imported app is switched off until a person has looked at it.
    """

    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="custom_apps")
    code = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    key = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=80)
    declaration: Any = models.JSONField(default=dict)
    revision = models.PositiveIntegerField(default=1)
    enabled = models.BooleanField("switched on", default=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    objects = CustomAppQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = "app of your own"
        verbose_name_plural = "apps of your own"

    def __str__(self) -> str:
        return self.name
