"""The app's configuration."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Tenants, members, roles and the audit trail."""

    name = "apps.workspaces"
    label = "workspaces"
    default_auto_field = "django.db.models.BigAutoField"
