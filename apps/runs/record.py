"""Writes what a worker's turn has changed: one transaction, fenced by the leases.

The steps, effects and search keys of any number of runs take one statement
each, as do the runs that end. A row is written by "insert, on conflict update",
so that a turn whose commit was cut off can simply be written again.
"""

from collections.abc import Sequence
from uuid import UUID

import structlog
from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction
from django.utils import timezone

from apps.runs import ordering, statements
from apps.runs.approvals import asking
from apps.runs.models import Approval, Effect, Hook, Run, StepRun
from apps.runs.pump import Execution
from apps.runs.rows import StepRow

log = structlog.get_logger(__name__)

CONNECTION_ERRORS = (OperationalError, InterfaceError)
"""The database could not be asked; the same turn can be written again."""


class Recorder:
    """Writes turns. The benchmark measures what a part of it costs by overriding that part."""

    def write(self, executions: Sequence[Execution]) -> set[Execution]:
        """Write these executions and return those whose lease still held.

        A call whose announcement this has written may be sent; nothing of the other
        executions is written, and they must be dropped. Where a cancel was asked
        for, the run is left cancelled instead of going on. Raises one of
        `CONNECTION_ERRORS` when the database did not answer.
        """
        if not executions:
            return set()
        try:
            return self._write(executions)
        except CONNECTION_ERRORS:
            raise
        except (DatabaseError, ValueError, TypeError):
            # One run's data must not keep the others from being recorded.
            log.exception("record.batch_refused", runs=len(executions))
        return {execution for execution in executions if self._write_alone(execution)}

    def write_steps(self, rows: Sequence[StepRow]) -> None:
        """Write the records of steps."""
        statements.insert_steps(rows)

    def _write(self, executions: Sequence[Execution]) -> set[Execution]:
        with transaction.atomic():
            held = statements.lock_held({execution.run.pk for execution in executions})
            kept = [execution for execution in executions if _leased(execution) in held]
            for execution in kept:
                if held[_leased(execution)]:
                    execution.cancel()
            self.write_steps([row for each in kept for row in each.steps.changed.values()])
            statements.insert_effects([row for each in kept for row in each.changed_effects.values()])
            statements.insert_keys([row for each in kept for row in each.new_keys()])
            asking.write([row for each in kept for row in each.asked])
            _write_hooks([row for each in kept for row in each.listening])
            _leave(kept)
        for execution in kept:
            execution.saved()
        return set(kept)

    def _write_alone(self, execution: Execution) -> bool:
        """Write one execution, or at least that it could not be written; tell whether it is still held."""
        try:
            return bool(self._write([execution]))
        except CONNECTION_ERRORS:
            raise
        except (DatabaseError, ValueError, TypeError) as error:
            log.exception("record.run_refused", run=str(execution.run.code))
            reason, remedy = _why_refused(execution, error)
        execution.saved()
        execution.fail("not_recorded", reason, remedy)
        try:
            return bool(self._write([execution]))
        except CONNECTION_ERRORS:
            raise
        except (DatabaseError, ValueError, TypeError):
            log.exception("record.run_abandoned", run=str(execution.run.code))
            return False


recorder = Recorder()
"""What this process writes with."""


def write(executions: Sequence[Execution]) -> set[Execution]:
    """Write these executions as `Recorder.write` does."""
    return recorder.write(executions)


def _leased(execution: Execution) -> tuple[int, UUID]:
    """Return run and token: a worker may hold a run anew that it has lost before."""
    return execution.run.pk, execution.lease.token


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
    left = [execution for execution in executions if execution.verdict is not None]
    for execution in left:
        if execution.verdict is not None:
            execution.verdict.apply(execution.run)
    _close_questions([each.run for each in left if each.has_asked and each.run.finished])
    _hurry([each.run for each in left if each.waits_for_others])
    statements.leave([each.run for each in left])
    ended = [each.run for each in left if each.run.order_key and each.run.finished]
    if ended:
        ordering.release(ended, at=max(run.finished_at for run in ended if run.finished_at is not None))


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
