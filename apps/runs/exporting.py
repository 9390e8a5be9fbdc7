"""The filtered runs as CSV or JSON, streamed: a page of rows in memory, whatever the number."""

import csv
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from django.db.models import QuerySet

from apps.runs.filters import trigger_name
from apps.runs.models import Run
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

LIMIT = 100_000
"""Most rows of one export; the newest."""

CHUNK = 500
FORMATS = {"csv": "text/csv; charset=utf-8", "json": "application/json"}
COLUMNS = (
    "run",
    "workflow",
    "version",
    "trigger",
    "connection",
    "event_id",
    "event_type",
    "status",
    "reason",
    "replay",
    "test",
    "event_at",
    "received_at",
    "started_at",
    "finished_at",
    "seconds",
)
_FORMULAS = ("=", "+", "-", "@", "\t", "\r")


def export_runs(
    workspace: Workspace, runs: QuerySet[Run], *, actor: Actor, form: str, filters: str
) -> Iterator[str]:
    """Write the audit trail, then return the pieces of the file.

    `runs` are those of the workspace that the list shows. Raises `NotAllowed`.
    """
    require(actor, workspace, Permission.EXPORT)
    audit.record(
        workspace,
        actor=actor,
        verb="runs.exported",
        target=workspace,
        after={"format": form, "filters": filters[:500]},
    )
    rows = _rows(runs)
    return _csv(rows) if form == "csv" else _json(rows)


def safe_cell(value: Any) -> str:
    """Return a cell that no spreadsheet takes for a formula.

    Source: https://owasp.org/www-community/attacks/CSV_Injection
    """
    if value is None:
        return ""
    text = str(value)
    risky = isinstance(value, str) and text.startswith(_FORMULAS)
    return f"'{text}" if risky else text


def _rows(runs: QuerySet[Run]) -> Iterator[dict[str, Any]]:
    last: int | None = None
    left = LIMIT
    wanted = runs.select_related("workflow", "version", "delivery__connection").defer(
        "workflow__draft", "version__definition", "version__lineage", "delivery__body"
    )
    while left > 0:
        older = wanted if last is None else wanted.filter(pk__lt=last)
        page = list(older.order_by("-pk")[: min(CHUNK, left)])
        yield from (_row(run) for run in page)
        if len(page) < CHUNK:
            return
        last, left = page[-1].pk, left - len(page)


def _row(run: Run) -> dict[str, Any]:
    seconds = (run.finished_at - run.received_at).total_seconds() if run.finished_at else None
    values = (
        str(run.code),
        run.workflow.name,
        run.version.number,
        trigger_name(run.workflow.trigger_ref) if run.workflow.trigger_ref else "",
        run.delivery.connection.name,
        run.event_id,
        run.event_type,
        run.status,
        run.reason,
        run.replay,
        run.is_test,
        *(_moment(each) for each in (run.event_at, run.received_at, run.started_at, run.finished_at)),
        seconds,
    )
    return dict(zip(COLUMNS, values, strict=True))


def _moment(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds") if moment else None


class _Line:
    """What the csv module writes to: gives the line back."""

    def write(self, text: str) -> str:
        return text


def _csv(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    writer: Any = csv.writer(_Line())
    yield "\N{BYTE ORDER MARK}" + writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([safe_cell(row[name]) for name in COLUMNS])


def _json(rows: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield "["
    for number, row in enumerate(rows):
        yield ("," if number else "") + "\n" + json.dumps(row, ensure_ascii=False)
    yield "\n]\n"
