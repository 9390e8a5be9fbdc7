"""The app's configuration."""

from django.apps import AppConfig


class CommonConfig(AppConfig):
    """What every room uses: the network, keys, errors, logs and the admin's look."""

    name = "apps.common"
    label = "common"
    verbose_name = "Common"
