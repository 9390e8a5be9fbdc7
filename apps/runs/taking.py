"""The take statement: due runs are locked, leased and read in one go, with what a turn needs of other tables.

PostgreSQL's own; on SQLite, where nobody else writes meanwhile, `apps.runs.claim`
picks and takes through the ORM. It takes only batches of plain runs: where one
among them has an order key, or has lost workers before, nothing is taken, and
the claim decides about each under its lock.

The statement is a transaction of its own, and its commit is not waited for. What
a crash of the database can lose by that is the claim alone, so that the runs are
queued again, as they were. Nothing can have come of it by then that is not made
again without harm: what changes something at a provider is announced first, in
a commit that is waited for, and that makes everything written before it durable
too; and every later write asks for the lease, which a lost claim never gave.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from itertools import chain, zip_longest
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import DEFAULT_DB_ALIAS, models

from apps.common import prepared
from apps.runs.models import Run
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace

SUSPECT = 2
"""A run that lost so many workers is claimed alone: it may be what kills them."""

_WORKFLOW = ("id", "workspace_id", "code", "name", "redactions")
_WORKSPACE = ("id", "code", "name")
"""Of a workflow and a workspace only what a turn reads; anything else would be a query of its own."""

# The rows come from the look that locks them: a snapshot could show what a run was before its last turn.
# Each row of another table is fetched by its key (OFFSET 0 keeps the planner from reading whole tables).
_TAKE = """
WITH quick AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
shops AS MATERIALIZED (SELECT workspace_id FROM unnest(%b::int8[]) AS t (workspace_id)),
bulk AS MATERIALIZED (
  SELECT p.* FROM shops CROSS JOIN LATERAL (
    SELECT {of_run} FROM runs_run r
    WHERE r.status = 'queued' AND r.workspace_id = shops.workspace_id AND r.priority > 0 AND r.due_at <= %b
    ORDER BY r.priority, r.due_at, r.id LIMIT %b FOR UPDATE SKIP LOCKED
  ) AS p
),
live AS MATERIALIZED (
  SELECT p.* FROM shops CROSS JOIN LATERAL (
    SELECT {of_run} FROM runs_run r
    WHERE r.status = 'queued' AND r.workspace_id = shops.workspace_id AND r.due_at <= %b
      AND r.id NOT IN (SELECT id FROM bulk)
    ORDER BY r.priority, r.due_at, r.id
    LIMIT %b - (SELECT count(*) FROM bulk WHERE bulk.workspace_id = shops.workspace_id)
    FOR UPDATE SKIP LOCKED
  ) AS p
),
picked AS MATERIALIZED (SELECT * FROM bulk UNION ALL SELECT * FROM live),
odd AS MATERIALIZED (
  SELECT count(*) AS n FROM picked WHERE order_key IS NOT NULL OR lost_leases >= {suspect}
),
taken AS (
  UPDATE runs_run SET status = 'running', lease_token = %b, lease_until = %b,
    started_at = coalesce(started_at, %b), reason_code = '', reason = '', remedy = ''
  WHERE id = ANY (ARRAY(SELECT id FROM picked)) AND (SELECT n FROM odd) = 0
)
SELECT (SELECT n FROM odd), {of_picked}, {of_delivery}, {of_workflow}, {of_workspace}
FROM quick CROSS JOIN picked
CROSS JOIN LATERAL (SELECT * FROM webhooks_delivery WHERE id = picked.delivery_id OFFSET 0) AS d
CROSS JOIN LATERAL (SELECT * FROM workflows_workflow WHERE id = picked.workflow_id OFFSET 0) AS w
CROSS JOIN LATERAL (SELECT * FROM workspaces_workspace WHERE id = picked.workspace_id OFFSET 0) AS s
"""


class OddError(Exception):
    """Among the runs that are next are some that are not taken without a second look; none was taken."""


def take(
    shops: Sequence[int], limit: int, *, share: int, token: UUID, at: datetime, until: datetime
) -> list[Run]:
    """Lease up to `limit` runs of each of these workspaces, `share` of them of lower priority; return them.

    They are as they were before, in turn of their workspaces. Raises `OddError`. Not
    for use in a transaction, which would then not be waited for either.
    """
    listed = list(shops)
    rows = prepared.execute(statement(), [listed, at, share, at, limit, token, until, at])
    if rows and rows[0][0]:
        raise OddError
    known: dict[tuple[str, int], Any] = {}
    found: defaultdict[int, list[Run]] = defaultdict(list)
    for row in rows:
        run = _run(row[1:], known)
        found[run.workspace_id].append(run)
    in_turn = zip_longest(*(found[workspace] for workspace in listed if workspace in found))
    return [run for run in chain.from_iterable(in_turn) if run is not None]


@cache
def statement() -> str:
    """Return the statement, with every column of a run and of a delivery."""
    return _TAKE.format(
        suspect=SUSPECT,
        of_run=_columns("r", _names(Run)),
        of_picked=_columns("picked", _names(Run)),
        of_delivery=_columns("d", _names(_delivery())),
        of_workflow=_columns("w", _WORKFLOW),
        of_workspace=_columns("s", _WORKSPACE),
    )


def _columns(table: str, names: Iterable[str]) -> str:
    return ", ".join(f"{table}.{name}" for name in names)


@cache
def _names(model: type[models.Model]) -> tuple[str, ...]:
    return tuple(field.attname for field in model._meta.concrete_fields)


@cache
def _delivery() -> type[models.Model]:
    return apps.get_model("webhooks", "Delivery")


def _run(row: Sequence[Any], known: dict[tuple[str, int], Any]) -> Run:
    """Return the run of a row; workflows and workspaces are `known` from row to row."""
    names, its_names = _names(Run), _names(_delivery())
    rest = len(names) + len(its_names)
    run: Run = Run.from_db(DEFAULT_DB_ALIAS, names, row[: len(names)])
    delivery: Any = _delivery().from_db(DEFAULT_DB_ALIAS, its_names, row[len(names) : rest])
    run.delivery = delivery
    workflow = known.get(("workflow", run.workflow_id))
    if workflow is None:
        values = list(row[rest : rest + len(_WORKFLOW)])
        values[-1] = json.loads(values[-1])
        workflow = known["workflow", run.workflow_id] = Workflow.from_db(DEFAULT_DB_ALIAS, _WORKFLOW, values)
    workspace = known.get(("workspace", run.workspace_id))
    if workspace is None:
        values = list(row[rest + len(_WORKFLOW) :])
        workspace = known["workspace", run.workspace_id] = Workspace.from_db(
            DEFAULT_DB_ALIAS, _WORKSPACE, values
        )
    run.workflow, run.workspace = workflow, workspace
    return run
