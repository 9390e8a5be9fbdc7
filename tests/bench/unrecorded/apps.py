"""Exchanges what a worker records with."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from apps.runs.rows import StepRow


class UnrecordedConfig(AppConfig):
    """Leaves the insert of steps out; everything else of a turn is written."""

    name = "tests.bench.unrecorded"
    label = "unrecorded"

    def ready(self) -> None:
        """Put a recorder in place that writes no steps."""
        from apps.runs import record

        class Unrecorded(record.Recorder):
            def write_steps(self, rows: Sequence["StepRow"]) -> None:
                """Write nothing."""

        record.recorder = Unrecorded()
