"""What exists, as rows: the registry's declarations, browsable and with a switch each."""

from typing import Any

from django.db import models


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
