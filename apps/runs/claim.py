"""Taking due runs: leased to this worker, with everything that their turns need."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

import structlog
from django.db import connection as database
from django.db import transaction

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.common.crypto import SealError
from apps.language.errors import UnsafeJSONError
from apps.runs import answers, breaker, journal, payload, progress, taking
from apps.runs.calling import open_contacts
from apps.runs.finding.paths import paths_of
from apps.runs.leases import DatabaseClock, Lease
from apps.runs.models import Run
from apps.runs.payload import PayloadGoneError
from apps.runs.picking import Rota, Sight, pick, share_of
from apps.runs.pump import Execution
from apps.runs.replays import editing
from apps.runs.turn_taking import may_begin
from apps.workflows.engine.definition import Definition, TriggerPart
from apps.workflows.engine.executor import RunScope
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.engine.program import Program
from apps.workflows.versions import compiled

log = structlog.get_logger(__name__)

_UNREADABLE = Program(Definition(trigger=TriggerPart(trigger="")), ())
"""Stands for a version that can't be read any more; its runs fail with a reason of their own."""

Event = tuple[dict[str, Any], tuple[str, str, str] | None]
"""What a run's trigger gives, or the code, reason and remedy of why it can't be had."""

PREPARE_SECONDS = 3.0
"""How long runs of one claim are begun: their lease must be renewed long before it ends."""

MAX_LOOKS = 20
"""So many batches of which no run may begin are passed over in one claim."""

_rota = Rota()
"""Where this process has come to on its way round the workspaces."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Runs leased under one token."""

    lease: Lease
    runs: Sequence[Run]


def look(limit: int) -> Sight:
    """Look what there is to be claimed: one statement without a lock."""
    return _rota.look(limit)


def claim(limit: int, *, clock: DatabaseClock, seen: Sight | None = None) -> Claim | None:
    """Lease up to `limit` due runs, in turn of their workspaces; None when there are none.

    `seen` is what `look` has just shown. A few statements, whatever the number of runs; on
    PostgreSQL one more than the look, where all runs are plain (see `apps.runs.taking`).
    Another worker's rows are skipped, not waited for.
    """
    for _ in range(MAX_LOOKS):
        seen = seen or look(limit)
        if seen.has_waited(at=clock.now()):
            with transaction.atomic():
                Run.objects.promote(at=clock.now())
            seen = look(limit)
        if not seen.shops:
            return None
        lease = Lease.begin()
        picked, runs = _take(limit, seen.shops, lease, clock)
        if runs:
            return Claim(lease, runs)
        if not picked:
            return None
        seen = None
    return None  # All of them wait for others of their order; whoever looks next goes on.


def _take(limit: int, shops: Sequence[int], lease: Lease, clock: DatabaseClock) -> tuple[int, list[Run]]:
    """Lease the next runs; return how many were looked at, and those that were taken."""
    if database.vendor == "postgresql":
        try:
            runs = _take_plain(limit, shops, lease, clock)
        except taking.OddError:
            pass
        else:
            return len(runs), runs
    with transaction.atomic():
        picked = _pick(limit, shops, clock)
        runs = may_begin(picked, at=clock.now())
        Run.objects.filter(pk__in=[run.pk for run in runs]).take(
            token=lease.token, at=clock.now(), until=clock.lease_end()
        )
    return len(picked), runs


def _take_plain(limit: int, shops: Sequence[int], lease: Lease, clock: DatabaseClock) -> list[Run]:
    """Lease as many of each workspace; what some of them don't use is for those that have more."""
    found: list[Run] = []
    rich = list(shops)
    while rich and len(found) < limit:
        each = max(1, (limit - len(found)) // len(rich))
        try:
            runs = taking.take(
                rich[: limit - len(found)],
                each,
                share=share_of(each),
                token=lease.token,
                at=clock.now(),
                until=clock.lease_end(),
            )
        except taking.OddError:
            if found:
                break  # They are looked at by the next claim.
            raise
        found += runs
        count = Counter(run.workspace_id for run in runs)
        rich = [workspace for workspace in rich if count[workspace] >= each]
    return found


def prepare(claimed: Claim, *, clock: DatabaseClock) -> list[Execution]:
    """Begin the claimed runs: read what they need, then drive each to its first call or its end."""
    runs = claimed.runs
    pasts = progress.load(runs)
    programs = {version: _program(version) for version in {run.version_id for run in runs}}
    wanted = {
        (run.workspace_id, code) for run in runs for code in programs[run.version_id].definition.connections()
    }
    contacts = open_contacts(wanted)
    addresses = answers.load(runs, pasts, programs, at=clock.now())
    events = {run.pk: _trigger_data(run, programs[run.version_id]) for run in runs}
    too_often = breaker.too_often(list(_firings(runs, programs, events)))
    executions: list[Execution] = []
    until = monotonic() + PREPARE_SECONDS
    for run in runs:
        program = editing.program_of(run, programs[run.version_id])
        data, problem = events[run.pk]
        execution = Execution(
            run,
            lease=claimed.lease,
            program=program,
            scope=_scope(run, program, data, addresses.get(run.pk, {})),
            past=pasts[run.pk],
            contacts=contacts,
            clock=clock,
        )
        if problem is not None:
            execution.fail(*problem)
        elif run.pk in too_often:
            execution.hold(_values_to_find(run, program, data), breaker.REASON_CODE, *breaker.reason(run))
        elif executions and monotonic() >= until:
            execution.put_off()
        else:
            known = bool(pasts[run.pk].steps)
            execution.begin(set() if known else _values_to_find(run, program, data))
        executions.append(execution)
    return executions


def _firings(
    runs: Sequence[Run], programs: Mapping[int, Program], events: Mapping[int, Event]
) -> Iterator[breaker.Firing]:
    """List the runs that begin now by what happened, not by what a person asked for, with their persons.

    What the trigger's options leave out begins nothing.
    """
    for run in runs:
        data, problem = events[run.pk]
        by_a_person = bool(run.replay) or run.delivery.source in (
            run.delivery.Source.SAMPLE,
            run.delivery.Source.TEST,
        )
        if problem is not None or run.started_at is not None or by_a_person:
            continue
        program = programs[run.version_id]
        if program.gate.refusal(data) is not None:
            continue
        _, trigger = registry.get_trigger(program.definition.trigger.trigger)
        person = journal.person_in(trigger.fields, data)
        if person is not None:
            yield breaker.Firing(run, person)


def _pick(limit: int, shops: Sequence[int], clock: DatabaseClock) -> list[Run]:
    ids = pick(limit, shops, at=clock.now())
    if not ids:
        return []
    rows = Run.objects.filter(pk__in=ids, status=Run.Status.QUEUED)
    found = rows.select_related("delivery", "workflow", "workspace").defer("workflow__draft").in_bulk()
    runs = [found[pk] for pk in ids if pk in found]
    suspects = [run for run in runs if run.lost_leases >= taking.SUSPECT]
    if not suspects:
        return runs
    return suspects[:1] if runs[0] is suspects[0] else [run for run in runs if run not in suspects]


def _program(version_id: int) -> Program:
    """Return the version's program; `_UNREADABLE` where it can't be read any more."""
    try:
        return compiled(version_id)
    except InvalidDefinitionError:
        log.exception("claim.version_unreadable", version=version_id)
        return _UNREADABLE


def _scope(run: Run, program: Program, data: dict[str, Any], addresses: Mapping[str, str]) -> RunScope:
    return RunScope(
        trigger=data,
        code=str(run.code),
        event_id=run.event_id,
        workflow_code=str(run.workflow.code),
        trigger_connection=program.definition.trigger.connection,
        replay=run.replay,
        wait_urls=addresses,
    )


def _values_to_find(run: Run, program: Program, data: dict[str, Any]) -> set[tuple[str, str]]:
    """Return what the run is searched by; written with its first step."""
    ref = program.definition.trigger.trigger
    _, trigger = registry.get_trigger(ref)
    return journal.values_to_find(trigger.fields, data, paths_of(run.workspace_id, ref))


def _trigger_data(run: Run, program: Program) -> Event:
    if program is _UNREADABLE:
        return {}, (
            "unreadable_version",
            "The version of the workflow that this run executes can't be read any more.",
            "Publish the workflow again, then run the event again.",
        )
    try:
        return payload.trigger_data(run, program.definition.trigger.trigger), None
    except PayloadGoneError:
        return {}, (
            "payload_gone",
            "The event's body was kept for the replay window only, so the run can be read but not executed.",
            "Send the event again from the provider.",
        )
    except SealError as error:
        return {}, (
            error.code,
            f"The event's stored body can't be opened: {error.message}",
            "Put the former key back at the end of FIELD_KEYS, then resume the run.",
        )
    except UnknownKeyError as error:
        return {}, (
            "unknown_trigger",
            f"The catalog has no trigger “{error.ref}” any more.",
            "Choose another trigger in the workflow and publish it, then run the event again.",
        )
    except UnsafeJSONError as error:
        return {}, ("unreadable_event", f"The event can't be read: {error.message}", "Send the event again.")
    except Exception as error:
        log.exception("claim.trigger_failed", run=str(run.code))
        return {}, (
            "unreadable_event",
            f"The event's fields could not be read ({type(error).__name__}).",
            "Look into the worker's log, where the details are.",
        )
