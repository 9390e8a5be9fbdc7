"""Execute runs until told to stop."""

import sys
from typing import Any

from django.core.management.base import BaseCommand

from apps.runs.worker.main import run_worker


class Command(BaseCommand):
    """`manage.py worker`: what the Procfile starts."""

    help = "Execute runs until SIGTERM or Ctrl-C; ends within ten seconds then."

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the worker and end with its exit code."""
        sys.exit(run_worker())
