"""The app's configuration."""

from django.apps import AppConfig


class WorkspacesConfig(AppConfig):
    """Tenants, members, roles and the audit trail."""

    name = "apps.workspaces"
    label = "workspaces"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Import the checks, which registers them."""
        from apps.workspaces import checks  # noqa: F401 - imported for its registration
