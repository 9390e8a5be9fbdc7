"""SQL views over runs, steps and effects, for reporting tools: no secret, no sealed and no payload column.

A view hinders a database that changes a table below it: SQLite can't rebuild
the table, PostgreSQL can't change a column. So the views are taken away before
migrations run and made again behind them.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connections

PREFIX = "reporting_"

_RUNS = """
    SELECT run.code AS run, workspace.code AS workspace, workspace.name AS workspace_name,
        workflow.code AS workflow, workflow.name AS workflow_name, version.number AS version,
        workflow.trigger_ref AS trigger_name, run.event_id AS event_id, run.event_type AS event_type,
        run.status AS status, run.reason_code AS reason_code, run.replay AS replay,
        CASE WHEN version.number IS NULL THEN 1 ELSE 0 END AS is_test,
        run.event_at AS event_at, run.received_at AS received_at, run.started_at AS started_at,
        run.finished_at AS finished_at,
        {queued} AS queued_seconds, {total} AS total_seconds
    FROM runs_run run
    JOIN workflows_workflow workflow ON workflow.id = run.workflow_id
    JOIN workflows_workflowversion version ON version.id = run.version_id
    JOIN workspaces_workspace workspace ON workspace.id = run.workspace_id
"""
_STEPS = """
    SELECT run.code AS run, workspace.code AS workspace, workflow.code AS workflow,
        step.path AS step, step.position AS position, step.kind AS kind, step.name AS name,
        step.action AS action, step.status AS status, step.attempts AS attempts,
        step.error_code AS error_code, CASE WHEN step.reused THEN 1 ELSE 0 END AS is_reused,
        step.started_at AS started_at, step.finished_at AS finished_at, {step} AS seconds
    FROM runs_steprun step
    JOIN runs_run run ON run.id = step.run_id
    JOIN workflows_workflow workflow ON workflow.id = run.workflow_id
    JOIN workspaces_workspace workspace ON workspace.id = run.workspace_id
"""
_EFFECTS = """
    SELECT run.code AS run, workspace.code AS workspace, workflow.code AS workflow,
        effect.path AS step, link.app AS app, link.name AS connection, effect.action AS action,
        effect.effect AS effect, effect.status AS status, effect.decision AS decision,
        effect.attempts AS attempts, effect.provider_id AS provider_id,
        effect.first_sent_at AS first_sent_at, effect.sent_at AS sent_at,
        effect.answered_at AS answered_at, {effect} AS seconds
    FROM runs_effect effect
    JOIN runs_run run ON run.id = effect.run_id
    JOIN connections_connection link ON link.id = effect.connection_id
    JOIN workflows_workflow workflow ON workflow.id = run.workflow_id
    JOIN workspaces_workspace workspace ON workspace.id = effect.workspace_id
"""
VIEWS: Mapping[str, str] = {
    f"{PREFIX}runs": _RUNS,
    f"{PREFIX}steps": _STEPS,
    f"{PREFIX}effects": _EFFECTS,
}
_SPANS = {
    "queued": ("run.received_at", "run.started_at"),
    "total": ("run.received_at", "run.finished_at"),
    "step": ("step.started_at", "step.finished_at"),
    "effect": ("effect.first_sent_at", "effect.answered_at"),
}


def drop_views(*, using: str, plan: Sequence[object] | None = None, **_: Any) -> None:
    """Take the views away; called before migrations run, and does nothing where there are none to run."""
    if plan is not None and not plan:
        return  # Whoever was granted to read the views keeps it.
    with connections[using].cursor() as cursor:
        for name in VIEWS:
            cursor.execute(f"DROP VIEW IF EXISTS {name}")


def create_views(*, using: str, **_: Any) -> None:
    """Make the views; called behind the migrations, when every table is there."""
    database = connections[using]
    if "runs_effect" not in database.introspection.table_names():
        return  # Migrated back to before there were runs.
    spans = {name: _seconds(database.vendor, *ends) for name, ends in _SPANS.items()}
    with database.cursor() as cursor:
        for name, query in VIEWS.items():
            if database.vendor != "postgresql":
                cursor.execute(f"DROP VIEW IF EXISTS {name}")
            verb = "CREATE OR REPLACE VIEW" if database.vendor == "postgresql" else "CREATE VIEW"
            cursor.execute(f"{verb} {name} AS {query.format(**spans)}")


def _seconds(vendor: str, begin: str, end: str) -> str:
    """Return the SQL for the seconds between two moments, NULL where one is missing."""
    if vendor == "postgresql":
        return f"EXTRACT(EPOCH FROM {end} - {begin})::double precision"
    return f"(julianday({end}) - julianday({begin})) * 86400.0"
