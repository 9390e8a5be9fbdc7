"""What the pages of a run say of how it repeats another."""

from collections.abc import Iterable

from django.utils.safestring import SafeString

from apps.common import look
from apps.runs.models import Replay, Run, StepRun


def marks_of(run: Run) -> Iterable[SafeString]:
    """List the marks of a run that repeats another with something changed; no query for a first run."""
    if not run.replay:
        return
    found = Replay.objects.filter(run=run).select_related("of").first()
    if found is None:
        return
    if found.edited_trigger:
        yield look.badge("info", "Edited event")
    if found.edited_inputs:
        yield look.badge("info", "Edited inputs")
    if found.from_step:
        step = StepRun.objects.filter(run=run, path=found.from_step).values_list("name", flat=True).first()
        word = "Behind" if found.skipped else "From"
        yield look.badge("info", f"{word} “{step or found.from_step}”")
    if found.redo:
        yield look.badge("warning", f"Done again: {len(found.redo)}")
    if found.of is not None:
        yield look.link(found.of.get_absolute_url(), f"Replays run {str(found.of.code)[:8]}")
