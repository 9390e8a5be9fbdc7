"""The page of table sizes and sweeps: what takes room, and whether what tidies up does so."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import connection as database
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from apps.common import look
from apps.runs.models import SweepRun
from apps.workspaces.scoping import is_superuser

_POSTGRESQL = """
    SELECT relname, pg_total_relation_size(relid), pg_indexes_size(relid), n_live_tup, n_dead_tup
    FROM pg_stat_user_tables ORDER BY 2 DESC
"""
_SQLITE = "SELECT name, SUM(pgsize), 0 FROM dbstat GROUP BY name ORDER BY 2 DESC"


@dataclass(frozen=True, slots=True)
class Size:
    """One table: bytes with its indexes, bytes of these alone, rows as estimated, rows to be vacuumed."""

    name: str
    total: int
    indexes: int
    rows: int | None
    dead: int | None


@require_safe
def sizes(request: HttpRequest) -> HttpResponse:
    """Show the sizes; to superusers, since tables hold every workspace's rows."""
    if not is_superuser(request):
        raise PermissionDenied
    found = tables()
    context: dict[str, Any] = {
        **admin.site.each_context(request),
        "title": "Database",
        "tables": found,
        "total": sum(table.total for table in found) or _file_size(),
        "vendor": database.vendor,
        "sweeps": [
            {
                "name": row.name.rpartition("apps.")[2],
                "ended": look.when(row.ended_at),
                "moved": row.moved,
                "error": row.error,
            }
            for row in SweepRun.objects.order_by("name")
        ],
    }
    return TemplateResponse(request, "console/sizes.html", context)


def tables() -> list[Size]:
    """Return the tables, the largest first; SQLite tells none where it was built without `dbstat`."""
    with database.cursor() as cursor:
        if database.vendor == "postgresql":
            cursor.execute(_POSTGRESQL)
            return [Size(*row) for row in cursor.fetchall()]
        cursor.execute("SELECT 1 FROM pragma_compile_options WHERE compile_options = 'ENABLE_DBSTAT_VTAB'")
        if cursor.fetchone() is None:
            return []
        cursor.execute("SELECT name, tbl_name FROM sqlite_master WHERE type = 'index'")
        owners = dict(cursor.fetchall())
        cursor.execute(_SQLITE)
        return _by_table(cursor.fetchall(), owners)


def _by_table(pages: list[Any], owners: dict[str, str]) -> list[Size]:
    total: dict[str, int] = {}
    indexes: dict[str, int] = {}
    for name, size, _ in pages:
        owner = owners.get(name, name)
        total[owner] = total.get(owner, 0) + size
        if name in owners:
            indexes[owner] = indexes.get(owner, 0) + size
    found = [Size(name, size, indexes.get(name, 0), None, None) for name, size in total.items()]
    return sorted(found, key=lambda each: -each.total)


def _file_size() -> int:
    path = Path(str(database.settings_dict["NAME"]))
    return path.stat().st_size if database.vendor == "sqlite" and path.exists() else 0
