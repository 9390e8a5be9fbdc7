"""The app's configuration."""

from django.apps import AppConfig


class ConnectionsConfig(AppConfig):
    """Accounts at apps, their webhooks and the sandbox."""

    name = "apps.connections"
    label = "connections"
    default_auto_field = "django.db.models.BigAutoField"
