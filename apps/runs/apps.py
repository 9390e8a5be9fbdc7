"""The app's configuration."""

from typing import override

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class RunsConfig(AppConfig):
    """What happened: runs, their steps, the ledger of effects, and the worker."""

    name = "apps.runs"
    label = "runs"
    default_auto_field = "django.db.models.BigAutoField"

    @override
    def ready(self) -> None:
        """Make the views for reporting tools whenever the tables below them were migrated."""
        from apps.runs.reporting import views

        pre_migrate.connect(views.drop_views, sender=self, dispatch_uid="runs.views.drop")
        post_migrate.connect(views.create_views, sender=self, dispatch_uid="runs.views.create")
