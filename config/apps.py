"""The house itself as a Django app, so that its checks are found."""

from django.apps import AppConfig


class HouseConfig(AppConfig):
    """Registers the checks of settings."""

    name = "config"
    label = "config"
    verbose_name = "Tandem"

    def ready(self) -> None:
        """Import the checks, which registers them."""
        from config import checks  # noqa: F401 - imported for its registration
