"""Rows by the million, and what a claim among them costs; runs inside the product, on PostgreSQL."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.db import connection as database
from django.db import transaction

from tests.bench.inside import tell

WORKFLOWS = 10_000
LONG_WAITS = 100_000
DUE = 4_000
CLAIMED = 64
CLAIMS = 20
CHUNK = 500_000
_COPY = (
    "INSERT INTO {table} ({names}) SELECT {values} FROM "
    "(SELECT * FROM {table} WHERE {which} ORDER BY id LIMIT 1) AS one, generate_series({first}, {last}) AS n"
)
_MADE = {
    "code": "gen_random_uuid()",
    "replay": "n",
    "workflow_id": "(SELECT min(id) FROM workflows_workflow) + n % {workflows}",
    "event_id": "'evt_filled' || n",
    "received_at": "now() - n * interval '0.5 seconds'",
    "event_at": "now() - n * interval '0.5 seconds'",
    "lease_token": "NULL",
    "lease_until": "NULL",
}


def fill(total: int) -> None:
    """Have so many runs: finished ones of 10,000 workflows, up to a tenth of them waiting for long."""
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM workflows_workflow")
        missing = WORKFLOWS - cursor.fetchone()[0]
        if missing > 0:
            made = {
                "code": "gen_random_uuid()",
                "name": "'Filled ' || n",
                "status": "'draft'",
                "live_version_id": "NULL",
            }
            _copy(cursor, "workflows_workflow", made, 1, missing)
        cursor.execute("SELECT count(*), coalesce(max(replay), 0) FROM runs_run")
        there, highest = cursor.fetchone()
        waiting = min(LONG_WAITS, total // 10)
        cursor.execute("SELECT count(*) FROM runs_run WHERE status = 'waiting'")
        waiting -= cursor.fetchone()[0]
        ended = {**_MADE, "status": "'succeeded'", "finished_at": "now() - n * interval '0.5 seconds'"}
        later = {
            **_MADE,
            "status": "'waiting'",
            "due_at": "now() + interval '30 days'",
            "finished_at": "NULL",
        }
        for made, count in ((ended, total - there - max(0, waiting)), (later, waiting)):
            for first in range(highest + 1, highest + 1 + count, CHUNK):
                last = min(first + CHUNK, highest + 1 + count) - 1
                _copy(cursor, "runs_run", made, first, last)
            highest += max(0, count)
        cursor.execute("VACUUM ANALYZE runs_run")


def crowd(total: int) -> None:
    """Have so many runs more of the newest workspace, copies of the one that waits there; all are due."""
    made = {**_MADE, "due_at": "now() - n * interval '1 microsecond'"}
    for kept in ("workflow_id", "event_id"):
        del made[kept]
    which = "status = 'queued' AND workspace_id = (SELECT max(id) FROM workspaces_workspace)"
    with database.cursor() as cursor:
        _copy(cursor, "runs_run", made, 1, total, which=which)
        cursor.execute("ANALYZE runs_run")


def measure() -> None:
    """Tell what claiming 64 of 4,000 due runs costs: milliseconds, the plan, and how many rows there are."""
    from apps.runs.claim import claim
    from apps.runs.leases import DatabaseClock

    with database.cursor() as cursor:
        cursor.execute("SELECT max(replay) FROM runs_run")
        (highest,) = cursor.fetchone()
        due = {**_MADE, "status": "'queued'", "due_at": "now() - interval '1 second'", "finished_at": "NULL"}
        _copy(cursor, "runs_run", due, highest + 1, highest + DUE)
        cursor.execute("ANALYZE runs_run")
        cursor.execute("SELECT count(*) FROM runs_run")
        (rows,) = cursor.fetchone()
    clock = DatabaseClock()
    took, cpu = [], time.process_time()
    for _ in range(CLAIMS):
        begun = time.perf_counter()
        claimed = claim(CLAIMED, clock=clock)
        took.append(1000 * (time.perf_counter() - begun))
        assert claimed is not None
    cpu = 1000 * (time.process_time() - cpu) / CLAIMS
    with _statements() as seen:
        claim(CLAIMED, clock=clock)
    plans = [plan for statement in seen if (plan := _explain(*statement))]
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM runs_run WHERE replay > %s", [highest])
    tell({"rows": rows, "median": sorted(took)[CLAIMS // 2], "most": max(took), "cpu": cpu, "plans": plans})


def _copy(cursor: Any, table: str, made: dict[str, str], first: int, last: int, *, which: str = "") -> None:
    cursor.execute(
        "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND column_name <> 'id'",
        [table],
    )
    names = [name for (name,) in cursor.fetchall()]
    values = [made.get(name, f"one.{name}").format(workflows=WORKFLOWS) for name in names]
    which = which or ("status = 'succeeded'" if table == "runs_run" else "true")
    parts = {"names": ", ".join(names), "values": ", ".join(values), "which": which}
    cursor.execute(_COPY.format(table=table, first=first, last=last, **parts))


@contextmanager
def _statements() -> Iterator[list[tuple[Any, Any]]]:
    """Note every statement that reads or writes runs, whichever way it is sent."""
    seen: list[tuple[Any, Any]] = []
    sent = psycopg.Cursor.execute

    def execute(self: Any, query: Any, params: Any = None, **rest: Any) -> Any:
        if "runs_run" in str(query):
            seen.append((query, params))
        return sent(self, query, params, **rest)

    psycopg.Cursor.execute = execute  # type: ignore[method-assign] # Seen here only, and put back.
    try:
        yield seen
    finally:
        psycopg.Cursor.execute = sent  # type: ignore[method-assign]


def _explain(query: Any, params: Any) -> list[str]:
    """Return the plan of a statement as it is carried out, and take back what it did."""
    text = query.decode() if isinstance(query, bytes) else str(query)
    with transaction.atomic(), psycopg.Cursor(database.connection) as cursor:
        plain = text.replace("%b", "%s")
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS) {plain}".encode(), params)
        plan = [str(line) for (line,) in cursor.fetchall()]
        transaction.set_rollback(True)
    return plan
