"""The breaker: a workflow that runs too often for one person is held for that person.

Whatever goes round in a way that no provider tells (another system in between,
a person's own script) shows in this: the same workflow, for the same person,
again and again. A run that goes beyond PERSON_RUNS_PER_MINUTE is held, and so
is every further one of that workflow for that person as long as one is held
for this reason, until somebody looks. Other people's runs go on.

It is asked once for every batch that a worker claims, about the runs that are
claimed for the first time, by the keyed hashes that runs are searched by. An
event that the trigger's options leave out is not among them: a link scanner's
clicks must not hold the person's own.
Workers that claim at the same time don't see each other's runs yet, so a few
more than the limit may pass.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection as database
from django.db.models import DateTimeField, Q, QuerySet, Value

from apps.common import prepared
from apps.runs.finding.keys import stored_hash
from apps.runs.models import Run
from apps.runs.querysets import GUARDS
from apps.workflows.engine.options import DECLINED

REASON_CODE = GUARDS[1]
_NOT_COUNTED = (REASON_CODE, DECLINED)
WINDOW = timedelta(minutes=1)
LOOK_BACK = 10_000
"""So many runs are looked back on at most, however long the person's history is."""

Key = tuple[int, str, bytes]
"""A workflow's id, and the kind and hash of the person."""


@dataclass(frozen=True, slots=True)
class Firing:
    """A run that is about to begin, and the (kind, value) of the person whom its event is about."""

    run: Run
    person: tuple[str, str]

    @property
    def key(self) -> Key:
        """Return what is counted together."""
        kind, value = self.person
        workspace = str(self.run.workspace.code)
        return self.run.workflow_id, kind, stored_hash(value, kind=kind, workspace=workspace)


def too_often(firings: Sequence[Firing]) -> set[int]:
    """Return the ids of the runs to be held; at most one query, whatever their number."""
    limit: int = settings.PERSON_RUNS_PER_MINUTE
    if not limit or not firings:
        return set()
    keys = {firing.run.pk: firing.key for firing in firings}
    times, tripped = _known([firing.run for firing in firings], set(keys.values()))
    held: set[int] = set()
    for run in sorted((firing.run for firing in firings), key=lambda run: (run.received_at, run.pk)):
        key = keys[run.pk]
        recent = [moment for moment in times[key] if moment > run.received_at - WINDOW]
        if key in tripped or len(recent) >= limit:
            tripped.add(key)
            held.add(run.pk)
        else:
            times[key].append(run.received_at)
    return held


def _known(runs: Sequence[Run], keys: set[Key]) -> tuple[defaultdict[Key, list[datetime]], set[Key]]:
    """Return when runs of these keys' events came of late, and the keys that are held already."""
    times: defaultdict[Key, list[datetime]] = defaultdict(list)
    tripped: set[Key] = set()
    look = _look_prepared if database.vendor == "postgresql" else _look
    for workflow, kind, value_hash, received_at in look(runs, keys):
        key = (workflow, kind, bytes(value_hash))
        if received_at is None:
            tripped.add(key)
        else:
            times[key].append(received_at)
    return times, tripped


_LOOK = """
SELECT k.workflow_id, k.kind, k.value_hash, r.received_at
FROM unnest(%b::int8[], %b::int8[], %b::text[], %b::bytea[])
  AS k (workspace_id, workflow_id, kind, value_hash)
CROSS JOIN LATERAL (
  SELECT s.run_id FROM runs_searchkey s
  WHERE s.workspace_id = k.workspace_id AND s.kind = k.kind AND s.value_hash = k.value_hash
    AND s.run_id >= %b
  OFFSET 0
) AS s
CROSS JOIN LATERAL (
  SELECT workflow_id, received_at, reason_code FROM runs_run WHERE id = s.run_id LIMIT 1
) AS r
WHERE r.workflow_id = k.workflow_id AND r.received_at > %b AND r.reason_code <> ALL(%b::text[])
UNION ALL
SELECT k.workflow_id, k.kind, k.value_hash, NULL
FROM unnest(%b::int8[], %b::int8[], %b::text[], %b::bytea[])
  AS k (workspace_id, workflow_id, kind, value_hash)
CROSS JOIN LATERAL (
  SELECT s.run_id FROM runs_searchkey s
  WHERE s.workspace_id = k.workspace_id AND s.kind = k.kind AND s.value_hash = k.value_hash
  OFFSET 0
) AS s
CROSS JOIN LATERAL (
  SELECT workflow_id, status, reason_code FROM runs_run WHERE id = s.run_id LIMIT 1
) AS r
WHERE r.workflow_id = k.workflow_id AND r.status = 'held' AND r.reason_code = %b
"""
"""From the person to the runs, whatever the tables held when the server planned it.

A join left to the planner is planned once, over tables that may be empty then, and
reads them whole when they are full.
"""


def _look_prepared(runs: Sequence[Run], keys: set[Key]) -> Iterable[tuple[Any, ...]]:
    """Look by one statement that the server has planned."""
    workspaces = {run.workflow_id: run.workspace_id for run in runs}
    listed = [
        [workspaces[workflow] for workflow, _, _ in keys],
        [workflow for workflow, _, _ in keys],
        [kind for _, kind, _ in keys],
        [value_hash for _, _, value_hash in keys],
    ]
    floor, since = _bounds(runs)
    bounds = [floor, since, list(_NOT_COUNTED)]
    return prepared.execute(_LOOK, [*listed, *bounds, *listed, REASON_CODE])


def _look(runs: Sequence[Run], keys: set[Key]) -> Iterable[tuple[Any, ...]]:
    """Look as `_look_prepared` does, where nothing is prepared."""
    columns = ("workflow", "search_keys__kind", "search_keys__value_hash")
    floor, since = _bounds(runs)
    recent = (
        _of(keys, runs, pk__gte=floor, search_keys__run__gte=floor)
        .filter(received_at__gt=since)
        .exclude(reason_code__in=_NOT_COUNTED)
        .values_list(*columns, "received_at")
    )
    held = (
        _of(keys, runs, status=Run.Status.HELD, reason_code=REASON_CODE)
        .values_list(*columns, Value(None, DateTimeField()))
        .distinct()
    )
    return recent.union(held, all=True)


def _bounds(runs: Sequence[Run]) -> tuple[int, datetime]:
    """Return the least id and the moment behind which runs are counted."""
    return min(run.pk for run in runs) - LOOK_BACK, min(run.received_at for run in runs) - WINDOW


def _of(keys: set[Key], runs: Sequence[Run], **bounds: Any) -> QuerySet[Run]:
    """Return the runs of the keys' workflows, within bounds, in which one of the keys' persons was found."""
    return Run.objects.filter(  # In one call, so that all of it is said of one search key.
        _persons(keys),
        search_keys__workspace__in={run.workspace_id for run in runs},
        workflow__in={workflow for workflow, _, _ in keys},
        **bounds,
    ).order_by()


def _persons(keys: Iterable[Key]) -> Q:
    """Return the condition for the persons of these keys; a hash is bound to its workspace."""
    hashes: defaultdict[str, set[bytes]] = defaultdict(set)
    for _, kind, value_hash in keys:
        hashes[kind].add(value_hash)
    found = Q()
    for kind, values in hashes.items():
        found |= Q(search_keys__kind=kind, search_keys__value_hash__in=values)
    return found


def reason(run: Run) -> tuple[str, str]:
    """Return why such a run is held, and what a person can do."""
    limit: int = settings.PERSON_RUNS_PER_MINUTE
    why = (
        f"“{run.workflow}” ran more than {limit} times in a minute for the person of this event, so its "
        "further runs for that person are held."
    )
    remedy = (
        "Find out what fires it so often, then choose “Run it anyway” or “Cancel the run”. "
        "Once none of them is held any more, new runs for this person go on by themselves."
    )
    return why, remedy
