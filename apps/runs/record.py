"""Writes what a worker's turn has changed: one transaction, fenced by the leases.

The steps, effects and search keys of any number of runs take one statement
each, as do the runs that end. A row is written by "insert, on conflict update",
so that a turn whose commit was cut off can simply be written again.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import structlog
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, models, transaction
from django.utils import timezone

from apps.runs.approvals import asking
from apps.runs.models import Approval, Effect, Hook, Run, SearchKey, StepRun
from apps.runs.pump import Execution

log = structlog.get_logger(__name__)

CONNECTION_ERRORS = (OperationalError, InterfaceError)
"""The database could not be asked; the same turn can be written again."""

_LEFT = (
    "status",
    "reason_code",
    "reason",
    "remedy",
    "parked_on",
    "due_at",
    "finished_at",
    "lease_token",
    "lease_until",
    "lost_leases",
)


def write(executions: Sequence[Execution]) -> set[Execution]:
    """Write these executions and return those whose lease still held.

    A call whose announcement this has written may be sent; nothing of the other
    executions is written, and they must be dropped. Where a cancel was asked
    for, the run is left cancelled instead of going on. Raises one of
    `CONNECTION_ERRORS` when the database did not answer.
    """
    if not executions:
        return set()
    try:
        return _write(executions)
    except CONNECTION_ERRORS:
        raise
    except (DatabaseError, ValueError, TypeError):
        # One run's data must not keep the others from being recorded.
        log.exception("record.batch_refused", runs=len(executions))
    return {execution for execution in executions if _write_alone(execution)}


def _write(executions: Sequence[Execution]) -> set[Execution]:
    with transaction.atomic():
        held = _fence(executions)
        kept = [execution for execution in executions if _leased(execution) in held]
        for execution in kept:
            if held[_leased(execution)]:
                execution.cancel()
        _upsert(StepRun, [row for execution in kept for row in execution.steps.changed.values()])
        _upsert(Effect, [row for execution in kept for row in execution.changed_effects.values()])
        _insert_keys([row for execution in kept for row in execution.new_keys()])
        asking.write([row for execution in kept for row in execution.asked])
        _write_hooks([row for execution in kept for row in execution.listening])
        _leave(kept)
    for execution in kept:
        execution.saved()
    return set(kept)


def _leased(execution: Execution) -> tuple[int, UUID]:
    """Return run and token: a worker may hold a run anew that it has lost before."""
    return execution.run.pk, execution.lease.token


def _fence(executions: Sequence[Execution]) -> dict[tuple[int, UUID], bool]:
    """Lock the runs that are leased; tell by run and token which of them are to be cancelled."""
    wanted = {execution.run.pk for execution in executions}
    rows = Run.objects.select_for_update().filter(pk__in=wanted, status=Run.Status.RUNNING).order_by("pk")
    return {
        (pk, token): cancel_requested
        for pk, token, cancel_requested in rows.values_list("pk", "lease_token", "cancel_requested")
        if token is not None
    }


def _upsert(model: type[models.Model], rows: Sequence[Any]) -> None:
    """Insert the rows, or overwrite those that a run already has for the same step."""
    if not rows:
        return
    for row in rows:
        row.pk = None  # The step is what identifies it; the database tells the id.
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    changing = [name for name in fields if name not in ("run", "path")]
    model._default_manager.bulk_create(
        rows, update_conflicts=True, unique_fields=["run", "path"], update_fields=changing
    )


def _insert_keys(rows: Sequence[SearchKey]) -> None:
    if rows:
        SearchKey.objects.bulk_create(rows, ignore_conflicts=True)


def _write_hooks(rows: Sequence[Hook]) -> None:
    """Write new addresses, and until when those are open whose step has been reached."""
    new = [row for row in rows if row.pk is None]
    if new:
        Hook.objects.bulk_create(new, ignore_conflicts=True)
    for row in rows:
        if row.expires_at is not None:
            Hook.objects.filter(run=row.run_id, path=row.path).update(expires_at=row.expires_at)


def _leave(executions: Sequence[Execution]) -> None:
    """Write how the runs are left whose turn is over. They are locked, so each row exists."""
    succeeded: list[Run] = []
    others: list[Run] = []
    for execution in executions:
        if execution.verdict is not None:
            execution.verdict.apply(execution.run)
            plain = execution.run.status == Run.Status.SUCCEEDED
            (succeeded if plain else others).append(execution.run)
    _close_questions([each.run for each in executions if each.has_asked and each.run.finished])
    _hurry([each.run for each in executions if each.waits_for_others and each.verdict is not None])
    if succeeded:
        # All alike, and most of all runs: one plain UPDATE is the cheapest.
        Run.objects.filter(pk__in=[run.pk for run in succeeded]).succeed(
            at=max(run.finished_at for run in succeeded if run.finished_at is not None)
        )
    if others:
        Run.objects.bulk_create(others, update_conflicts=True, unique_fields=["id"], update_fields=_LEFT)


def _close_questions(runs: Sequence[Run]) -> None:
    """Take back what is still asked by runs that have ended."""
    if runs:
        at = max(run.finished_at for run in runs if run.finished_at is not None)
        Approval.objects.filter(run__in=runs).close(at=at)


def _hurry(runs: Sequence[Run]) -> None:
    """Let runs be due at once for which a decision or a request came while their turn went on.

    Whoever brings one locks the run first, as this transaction has: it is seen
    here, or it will find the run waiting.
    """
    waiting = {run.pk: run for run in runs if run.status == Run.Status.WAITING}
    if not waiting:
        return
    paths = {
        (row.run_id, row.path)
        for row in StepRun.objects.filter(run__in=waiting, status=StepRun.Status.WAITING).only("run", "path")
    }
    decided = Approval.objects.filter(run__in=waiting, status__in=("approved", "denied"))
    received = Hook.objects.filter(run__in=waiting, received_at__isnull=False)
    came = {*decided.values_list("run", "path"), *received.values_list("run", "path")}
    for pk, _ in came & paths:
        waiting[pk].due_at = min(waiting[pk].due_at, timezone.now())


def _write_alone(execution: Execution) -> bool:
    """Write one execution, or at least that it could not be written; tell whether it is still held."""
    try:
        return bool(_write([execution]))
    except CONNECTION_ERRORS:
        raise
    except (DatabaseError, ValueError, TypeError) as error:
        log.exception("record.run_refused", run=str(execution.run.code))
        reason, remedy = _why_refused(execution, error)
    execution.saved()
    execution.fail("not_recorded", reason, remedy)
    try:
        return bool(_write([execution]))
    except CONNECTION_ERRORS:
        raise
    except (DatabaseError, ValueError, TypeError):
        log.exception("record.run_abandoned", run=str(execution.run.code))
        return False


def _why_refused(execution: Execution, error: Exception) -> tuple[str, str]:
    if isinstance(error, IntegrityError):
        keys = [row.key for row in execution.changed_effects.values()]
        other = Effect.objects.filter(key__in=keys).exclude(run=execution.run).select_related("run").first()
        if other is not None:
            return (
                f"The call of this run was already made, or is being made, by run {other.run.code}.",
                "Look at that run. Nothing was sent a second time.",
            )
    return (
        f"The database refused to record this run ({type(error).__name__}).",
        "Look into the worker's log, where the details are. A call that was made stands under Effects.",
    )
