"""Prepared statements on Django's own PostgreSQL connection, for the few that are written by hand.

Django's cursor writes every value into the statement's text; the driver's own
sends them beside it, in binary form, and the server plans the statement once.
"""

from collections.abc import Sequence
from typing import Any

from django.db import connection as database
from psycopg import Cursor

_ONLY_WHERE_ASKED = 1_000_000_000
"""Uses of a statement behind which the driver prepares it by itself: never."""


def execute(sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute a statement in the transaction that Django has begun; return its rows, if it gives any.

    `%b` stands for a value in binary form. Raises Django's database errors.
    """
    database.ensure_connection()
    connection = database.connection
    if connection.prepare_threshold is None:  # Django's way to say that nothing is prepared.
        connection.prepare_threshold = _ONLY_WHERE_ASKED
    with database.wrap_database_errors, Cursor(connection) as cursor:
        cursor.execute(sql, parameters, prepare=True)
        # Not `cursor.description`, which describes every column each time it is asked.
        return cursor.fetchall() if cursor.pgresult is not None and cursor.pgresult.nfields else []
