"""Which runs a claim takes: round the workspaces, and in each by priority, then by when they were due.

Only queued runs are looked at, by an index that holds no others: however many
have ended, or wait for later, the cost stays. Runs whose time has come are queued
first (`Run.objects.promote`).

Runs of a higher priority number are taken behind the others, but never left for
ever: a share of what a workspace gives is theirs.
"""

from collections.abc import Sequence
from datetime import datetime
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
SELECT workspace_id FROM shops WHERE workspace_id IS NOT NULL
"""
"""The workspaces that have queued runs: one look into the index for each, however many runs they have."""

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


class Rota:
    """Where a process has come to on its way round the workspaces."""

    def __init__(self) -> None:
        self._after = 0

    def shops(self, limit: int) -> list[int]:
        """Return up to `limit` workspaces with queued runs, those first that were not served last."""
        found = _shops(self._after, limit)
        if self._after and len(found) < limit:
            found += [each for each in _shops(0, limit - len(found)) if each <= self._after]
        self._after = found[-1] if len(found) >= limit else 0
        return found


def pick(limit: int, rota: Rota, *, at: datetime) -> list[int]:
    """Return the ids of up to `limit` due runs, one of each workspace in turn; on PostgreSQL they are locked.

    Rows that another worker has locked are left out.
    """
    shops = rota.shops(limit)
    if not shops:
        return []
    each = -(-limit // len(shops))
    found = _of(shops, each, at=at)
    if sum(map(len, found.values())) < limit and each < limit:
        rich = [workspace for workspace, ids in found.items() if len(ids) >= each]
        found |= _of(rich, limit, at=at) if rich else {}
    in_turn = zip_longest(*(found[workspace] for workspace in shops if workspace in found))
    return [pk for pk in chain.from_iterable(in_turn) if pk is not None][:limit]


def _shops(after: int, limit: int) -> list[int]:
    if database.vendor == "postgresql":
        rows = prepared.execute(SHOPS.format(after="%b", limit="%b"), [after, limit])
    else:
        with database.cursor() as cursor:
            cursor.execute(SHOPS.format(after="%s", limit="%s"), [after, limit])
            rows = cursor.fetchall()
    return [row[0] for row in rows]


def _of(workspaces: Sequence[int], limit: int, *, at: datetime) -> dict[int, list[int]]:
    """Return each workspace's first runs, those of the bulk's share first."""
    share = -(-limit // BULK_SHARE)
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
