"""The record statement: how a turn's rows reach the database.

Hand-written for speed, and the only such place beside the one that receives.
On PostgreSQL each table takes one prepared statement over arrays in binary form,
on the connection that Django holds, whatever the number of rows; on SQLite the
same is an `executemany`. What is written equals what the ORM would have written:
a test compares them, column by column.

Every function raises Django's database errors and writes in the caller's
transaction. Columns that are not named here have a default in the database.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import connection as database

from apps.common import prepared
from apps.runs.models import Effect, Run, SearchKey, StepRun
from apps.runs.rows import EffectRow, KeyRow, StepRow

_DUMPED = {"jsonb": json.dumps}
"""Types whose values are made into text first; the others are the driver's business."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table's statement. `columns` are (attribute and column, PostgreSQL's type).

    A row that meets one with the same `key` overwrites it in the columns that are
    not the key's; with `ignore` it is left out.
    """

    name: str
    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    ignore: bool = False

    def insert(self, rows: Sequence[Any]) -> None:
        """Write the rows."""
        if not rows:
            return
        names = [name for name, _ in self.columns]
        if database.vendor == "postgresql":
            arrays = ", ".join(f"%b::{kind}[]" for _, kind in self.columns)
            sql = f"{self._into(names)} SELECT * FROM unnest({arrays}) {self._conflict(names)}"  # noqa: S608 - names only.
            prepared.execute(sql, self._lists(rows))
        else:
            places = ", ".join("%s" for _ in names)
            sql = f"{self._into(names)} VALUES ({places}) {self._conflict(names)}"
            with database.cursor() as cursor:
                cursor.executemany(sql, list(zip(*self._lists(rows, adapt=_adapted), strict=True)))

    def _into(self, names: Sequence[str]) -> str:
        return f"INSERT INTO {self.name} ({', '.join(names)})"

    def _conflict(self, names: Sequence[str]) -> str:
        if self.ignore:
            return "ON CONFLICT DO NOTHING"
        changing = ", ".join(f"{name} = EXCLUDED.{name}" for name in names if name not in self.key)
        return f"ON CONFLICT ({', '.join(self.key)}) DO UPDATE SET {changing}"

    def _lists(self, rows: Sequence[Any], *, adapt: "Adapt | None" = None) -> list[list[Any]]:
        return [_list(rows, name, kind, adapt) for name, kind in self.columns]


Adapt = Callable[[str, Any], Any]

STEPS = Table(
    StepRun._meta.db_table,
    (
        ("run_id", "int8"),
        ("path", "text"),
        ("position", "int2"),
        ("kind", "text"),
        ("name", "text"),
        ("action", "text"),
        ("status", "text"),
        ("attempts", "int2"),
        ("started_at", "timestamptz"),
        ("finished_at", "timestamptz"),
        ("resume_at", "timestamptz"),
        ("log", "jsonb"),
        ("working", "bytea"),
        ("error_code", "text"),
        ("error", "text"),
        ("remedy", "text"),
        ("error_field", "text"),
        ("reused", "bool"),
        ("reused_effect", "int8"),
    ),
    key=("run_id", "path"),
)

EFFECTS = Table(
    Effect._meta.db_table,
    (
        ("workspace_id", "int8"),
        ("run_id", "int8"),
        ("path", "text"),
        ("connection_id", "int8"),
        ("action", "text"),
        ("effect", "text"),
        ("idempotency", "text"),
        ("key", "text"),
        ("generation", "int2"),
        ("status", "text"),
        ("attempts", "int2"),
        ("first_sent_at", "timestamptz"),
        ("sent_at", "timestamptz"),
        ("answered_at", "timestamptz"),
        ("provider_id", "text"),
        ("digest", "bytea"),
        ("decision", "text"),
        ("decided_by_id", "int4"),
        ("decided_at", "timestamptz"),
    ),
    key=("run_id", "path"),
)

KEYS = Table(
    SearchKey._meta.db_table,
    (("workspace_id", "int8"), ("kind", "text"), ("value_hash", "bytea"), ("run_id", "int8")),
    key=(),
    ignore=True,
)

LEFT = (
    ("status", "text"),
    ("reason_code", "text"),
    ("reason", "text"),
    ("remedy", "text"),
    ("parked_on_id", "int8"),
    ("due_at", "timestamptz"),
    ("finished_at", "timestamptz"),
    ("lost_leases", "int2"),
)
"""What the end of a turn says of its run; the lease ends with it."""


def insert_steps(rows: Sequence[StepRow]) -> None:
    """Insert these steps, or overwrite those that a run already has at the same path."""
    STEPS.insert(rows)


def insert_effects(rows: Sequence[EffectRow]) -> None:
    """Insert these calls, or overwrite those that a run already has at the same path."""
    EFFECTS.insert(rows)


def insert_keys(rows: Sequence[KeyRow]) -> None:
    """Insert these search keys, as far as they are not there."""
    KEYS.insert(rows)


def lock_held(runs: Iterable[int]) -> dict[tuple[int, UUID], bool]:
    """Lock those of the runs that are leased; tell by id and token which of them are to be cancelled."""
    wanted = sorted(runs)
    if database.vendor == "postgresql":
        found = prepared.execute(_LOCK, [wanted])
    else:
        rows = Run.objects.filter(pk__in=wanted, status=Run.Status.RUNNING)
        found = list(rows.values_list("pk", "lease_token", "cancel_requested"))
    return {(pk, token): cancelled for pk, token, cancelled in found if token is not None}


def leave(runs: Sequence[Run]) -> None:
    """Write how the runs are left whose turn is over. The caller holds their leases."""
    if not runs:
        return
    if database.vendor == "postgresql":
        prepared.execute(_LEAVE, [_list(runs, name, kind, None) for name, kind in (*LEFT, _ID)])
    else:
        lists = [_list(runs, name, kind, _adapted) for name, kind in (*LEFT, _ID)]
        with database.cursor() as cursor:
            cursor.executemany(_LEAVE_ONE, list(zip(*lists, strict=True)))


_ID = ("id", "int8")
_LOCK = (
    "SELECT id, lease_token, cancel_requested FROM runs_run "
    "WHERE id = ANY(%b::int8[]) AND status = 'running' ORDER BY id FOR UPDATE"
)
_LEAVE = (
    f"UPDATE runs_run SET {', '.join(f'{name} = turn.{name}' for name, _ in LEFT)}, "  # noqa: S608 - names only.
    "lease_token = NULL, lease_until = NULL "
    f"FROM unnest({', '.join(f'%b::{kind}[]' for _, kind in (*LEFT, _ID))}) "
    f"AS turn ({', '.join(name for name, _ in (*LEFT, _ID))}) WHERE runs_run.id = turn.id"
)
_LEAVE_ONE = (
    f"UPDATE runs_run SET {', '.join(f'{name} = %s' for name, _ in LEFT)}, "  # noqa: S608 - names only.
    "lease_token = NULL, lease_until = NULL WHERE id = %s"
)


def _list(rows: Sequence[Any], name: str, kind: str, adapt: Adapt | None) -> list[Any]:
    """Return one column of the rows, as the driver takes it."""
    values = map(attrgetter(name), rows)
    dump = _DUMPED.get(kind)
    if dump is not None:
        return [dump(value) for value in values]
    if kind == "bytea":
        return [bytes(value) for value in values]
    if kind == "text":
        return [str(value) for value in values]  # A member of an enumeration is written as its value.
    if adapt is not None:
        return [adapt(kind, value) for value in values]
    return list(values)


def _adapted(kind: str, value: Any) -> Any:
    """Return a value as SQLite stores it."""
    return database.ops.adapt_datetimefield_value(value) if kind == "timestamptz" else value
