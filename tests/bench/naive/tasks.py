"""One run from its claim to its end, every row by a statement of its own."""

from collections.abc import Sequence
from typing import Any

from django.db import models, transaction

from apps.runs.claim import Claim, prepare
from apps.runs.dispatch import do
from apps.runs.leases import DatabaseClock, Lease
from apps.runs.models import Effect, Run, SearchKey, StepRun
from apps.runs.pump import Execution


def execute(run_id: int) -> None:
    """Execute the run, unless another task has it."""
    clock, lease = DatabaseClock(), Lease.begin()
    with transaction.atomic():
        run = Run.objects.select_related("delivery", "workflow", "workspace").get(pk=run_id)
        taken = Run.objects.filter(pk=run_id).take(token=lease.token, at=clock.now(), until=clock.lease_end())
    if not taken:
        return
    (execution,) = prepare(Claim(lease, [run]), clock=clock)
    record(execution)
    while execution.verdict is None:
        for result in [do(piece) for piece in execution.pieces]:
            execution.resume(result)
        record(execution)


def record(execution: Execution) -> None:
    """Write what has changed, row by row."""
    with transaction.atomic():
        for step in execution.steps.changed.values():
            _save(StepRun, step, ("run_id", "path"))
        for effect in execution.changed_effects.values():
            _save(Effect, effect, ("run_id", "path"))
        for key in execution.new_keys():
            _save(SearchKey, key, ("workspace_id", "kind", "value_hash", "run_id"))
        if execution.verdict is not None:
            execution.verdict.apply(execution.run)
            execution.run.lease_token = execution.run.lease_until = None
            execution.run.save()
    execution.saved()


def _save(model: type[models.Model], row: Any, key: Sequence[str]) -> None:
    names = [field.attname for field in model._meta.concrete_fields if not field.primary_key]
    values = {name: getattr(row, name) for name in names if hasattr(row, name)}
    identity = {name: values.pop(name) for name in key}
    model._default_manager.update_or_create(**identity, defaults=values)
