"""Quarantined deliveries as a list of their own; their rows are the deliveries'."""

from apps.webhooks.models import Delivery


class Quarantined(Delivery):
    """A delivery that was signed and can't be used now."""

    class Meta:
        proxy = True
        verbose_name = "quarantined request"
