"""Gives the space of deleted rows back to the disk, as far as that disturbs nobody."""

from django.db import connection as database

PAGES = 2000
"""SQLite pages that one look gives back: some eight megabytes."""


def give_back() -> int:
    """Return unused pages of an SQLite file to the disk, a bounded number; returns how many.

    PostgreSQL's autovacuum does the like by itself: space is used again at once,
    and given back where the end of a table is empty.
    """
    if database.vendor != "sqlite":
        return 0
    with database.cursor() as cursor:
        unused = int(cursor.execute("PRAGMA freelist_count").fetchone()[0])
        if unused > PAGES:
            cursor.execute(f"PRAGMA incremental_vacuum({PAGES})").fetchall()
            return unused - int(cursor.execute("PRAGMA freelist_count").fetchone()[0])
    return 0
