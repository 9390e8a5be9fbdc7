"""The app's configuration."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class CatalogConfig(AppConfig):
    """What exists: apps, triggers and actions."""

    name = "apps.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Have the rows follow the code after every migration, and the registry find operators' own apps."""
        from apps.catalog import registry
        from apps.catalog.custom_rows import SOURCE

        post_migrate.connect(_sync, sender=self)
        registry.extend(SOURCE)


def _sync(using: str, plan: Any = (), **kwargs: Any) -> None:
    """Sync the default database, but not one that was just migrated back to before the rows."""
    from apps.catalog.models import Action
    from apps.catalog.sync import sync

    if using == "default" and Action._meta.db_table in _tables():
        sync()


def _tables() -> list[str]:
    from django.db import connection

    return connection.introspection.table_names()
