"""Which runs a claim takes: round the workspaces, and in each by priority, then by when they were due.

Only queued runs are looked at, by an index that holds no others: however many
have ended, or wait for later, the cost stays. Runs whose time has come are queued
first (`Run.objects.promote`).

Runs of a higher priority number are taken behind the others, but never left for
ever: a share of what a workspace gives is theirs.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain, zip_longest

from django.db import connection as database

from apps.common import prepared
from apps.runs.models import Run

BULK_SHARE = 8
"""Of so many runs that a workspace gives, one is of those that wait behind live traffic, if any does."""

SHOPS = """
WITH RECURSIVE shops (workspace_id, n) AS (
  SELECT * FROM (
    SELECT workspace_id, 1 FROM runs_run
    WHERE status = 'queued' AND workspace_id > {after} ORDER BY workspace_id LIMIT 1
  ) AS start
  UNION ALL
  SELECT (
    SELECT r.workspace_id FROM runs_run r
    WHERE r.status = 'queued' AND r.workspace_id > shops.workspace_id ORDER BY r.workspace_id LIMIT 1
  ), shops.n + 1
  FROM shops WHERE shops.workspace_id IS NOT NULL AND shops.n < {limit}
)
SELECT workspace_id, {never} FROM shops WHERE workspace_id IS NOT NULL
UNION ALL
SELECT NULL, due_at FROM (
  SELECT due_at FROM runs_run WHERE status = 'waiting' ORDER BY due_at LIMIT 1
) AS waiting
"""
"""The workspaces that have queued runs: one look into the index for each, however many runs they have.

Behind them, without a workspace, when the first of those is due that wait.
"""

PICK = """
SELECT t.workspace_id, p.id
FROM unnest(%b::int8[]) AS t (workspace_id) CROSS JOIN LATERAL (
  SELECT r.id FROM runs_run r
  WHERE r.status = 'queued' AND r.workspace_id = t.workspace_id AND r.priority > 0 AND r.due_at <= %b
  ORDER BY r.priority, r.due_at, r.id LIMIT %b FOR UPDATE SKIP LOCKED
) AS p
UNION ALL
SELECT t.workspace_id, p.id
FROM unnest(%b::int8[]) AS t (workspace_id) CROSS JOIN LATERAL (
  SELECT r.id FROM runs_run r
  WHERE r.status = 'queued' AND r.workspace_id = t.workspace_id AND r.due_at <= %b
  ORDER BY r.priority, r.due_at, r.id LIMIT %b FOR UPDATE SKIP LOCKED
) AS p
"""


@dataclass(frozen=True, slots=True)
class Sight:
    """What a look has shown: workspaces with queued runs, and when the first of the waiting runs is due."""

    shops: list[int]
    next_due: datetime | None

    def is_idle(self, *, at: datetime) -> bool:
        """Tell whether there is nothing to be claimed at this time."""
        return not self.shops and not self.has_waited(at=at)

    def has_waited(self, *, at: datetime) -> bool:
        """Tell whether a run's waiting is over, so that it must be queued."""
        return self.next_due is not None and self.next_due <= at


class Rota:
    """Where a process has come to on its way round the workspaces."""

    def __init__(self) -> None:
        self._after = 0

    def look(self, limit: int) -> Sight:
        """Return what is there: up to `limit` workspaces, those first that were not served last."""
        seen = _look(self._after, limit)
        found = seen.shops
        if self._after and len(found) < limit:
            found += [each for each in _look(0, limit - len(found)).shops if each <= self._after]
        self._after = found[-1] if len(found) >= limit else 0
        return Sight(found, seen.next_due)


def pick(limit: int, shops: Sequence[int], *, at: datetime) -> list[int]:
    """Return the ids of up to `limit` due runs, one of each workspace in turn; on PostgreSQL they are locked.

    Rows that another worker has locked are left out.
    """
    if not shops:
        return []
    each = -(-limit // len(shops))
    found = _of(shops, each, at=at)
    if sum(map(len, found.values())) < limit and each < limit:
        rich = [workspace for workspace, ids in found.items() if len(ids) >= each]
        found |= _of(rich, limit, at=at) if rich else {}
    in_turn = zip_longest(*(found[workspace] for workspace in shops if workspace in found))
    return [pk for pk in chain.from_iterable(in_turn) if pk is not None][:limit]


def share_of(limit: int) -> int:
    """Return how many of so many runs are of those that wait behind live traffic, if there are any."""
    return -(-limit // BULK_SHARE)


def _look(after: int, limit: int) -> Sight:
    if database.vendor == "postgresql":
        sql = SHOPS.format(after="%b", limit="%b", never="NULL::timestamptz")
        rows = prepared.execute(sql, [after, limit])
    else:
        with database.cursor() as cursor:
            cursor.execute(SHOPS.format(after="%s", limit="%s", never="NULL"), [after, limit])
            rows = cursor.fetchall()
    due = next((moment for workspace, moment in rows if workspace is None), None)
    if isinstance(due, str):  # As SQLite keeps it.
        due = datetime.fromisoformat(due).replace(tzinfo=UTC)
    return Sight([workspace for workspace, _ in rows if workspace is not None], due)


def _of(workspaces: Sequence[int], limit: int, *, at: datetime) -> dict[int, list[int]]:
    """Return each workspace's first runs, those of the bulk's share first."""
    share = share_of(limit)
    found: dict[int, dict[int, None]] = {}
    if database.vendor == "postgresql":
        listed = list(workspaces)
        rows = prepared.execute(PICK, [listed, at, share, listed, at, limit])
    else:
        rows = [row for each in workspaces for row in _of_sqlite(each, limit, share, at=at)]
    for workspace, pk in rows:
        found.setdefault(workspace, {})[pk] = None
    return {workspace: list(ids)[:limit] for workspace, ids in found.items()}


def _of_sqlite(workspace: int, limit: int, share: int, *, at: datetime) -> list[tuple[int, int]]:
    queued = Run.objects.filter(workspace=workspace, status="queued", due_at__lte=at)
    first = queued.order_by("priority", "due_at", "id").values_list("workspace_id", "id")
    return [*first.filter(priority__gt=0)[:share], *first[:limit]]
