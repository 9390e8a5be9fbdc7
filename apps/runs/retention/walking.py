"""Goes once over a table in the order of its ids, a chunk a transaction, and remembers where it was."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from time import monotonic

from django.db import transaction

from apps.runs.retention.models import Bookmark

CHUNK = 1000
"""Ids that one transaction looks at."""

MOST_LEFT = 20_000
"""Ids that are remembered to be looked at again."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """The ids `after` < id <= `end`, and those before them that were left the last time."""

    after: int
    end: int
    again: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """How many rows a chunk changed, and which ids could not be dealt with yet."""

    changed: int
    left: Collection[int] = ()


def walk(name: str, *, before: int, seconds: float, deal: Callable[[Chunk], Done]) -> int:
    """Deal with what the bookmark `name` has before it, up to the id `before`, for about so many seconds.

    Returns how many rows were changed. Two processes that walk at once wait for
    each other at the bookmark.
    """
    until = monotonic() + seconds
    Bookmark.objects.get_or_create(name=name)
    changed = 0
    while True:
        with transaction.atomic():
            mark = Bookmark.objects.select_for_update().get(name=name)
            end = max(mark.position, min(mark.position + CHUNK, before - 1))
            done = deal(Chunk(mark.position, end, tuple(mark.left)))
            over = end == mark.position
            mark.position, mark.left = end, sorted(done.left)[:MOST_LEFT]
            mark.save()
        changed += done.changed
        if over or monotonic() >= until:
            return changed
