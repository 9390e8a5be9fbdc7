"""Reads and transitions of runs; every transition tells whether it won."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from apps.runs.models import Run  # noqa: F401 - names the queryset's type.


class RunQuerySet(models.QuerySet["Run"]):
    """Named reads; transitions are conditional UPDATEs with a keyword-only `at`."""
