"""The app's configuration."""

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """What happened: runs, their steps, the ledger of effects, and the worker."""

    name = "apps.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"
