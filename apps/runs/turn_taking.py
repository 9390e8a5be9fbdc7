"""Which of the runs that a worker has picked may begin, by the order of their keys."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from apps.runs import ordering
from apps.runs.models import Run, Turn
from apps.workflows.versions import order_of


def may_begin(runs: Sequence[Run], *, at: datetime) -> list[Run]:
    """Return the runs whose turn it is, in the order given; the others are written as they are left.

    The caller's transaction has locked the rows. A few statements where some have a
    key, none where none has.
    """
    keyed = [run for run in runs if run.order_key]
    if not keyed:
        return list(runs)
    taking = _Taking(keyed, at=at)
    for run in sorted(keyed, key=lambda each: (each.event_at, each.pk)):
        taking.ask(run)
    taking.write()
    return [run for run in runs if not run.order_key or run.pk in taking.begin]


class _Taking:
    """One batch's decisions."""

    def __init__(self, runs: Sequence[Run], *, at: datetime) -> None:
        self.begin: set[int] = set()
        self._at = at
        self._keys = {_key(run) for run in runs}
        ordering.lock(self._keys)
        self._holders = ordering.holders(self._keys)
        own = Turn.objects.filter(run__in=[run.pk for run in runs]).values_list("run", flat=True)
        self._own = set(own)
        self._taken: list[Turn] = []
        self._waiting: defaultdict[int, list[int]] = defaultdict(list)
        self._firsts: dict[bytes, Run | None] = {}

    def ask(self, run: Run) -> None:
        """Decide about one run; those of earlier events have been decided about."""
        key = _key(run)
        if run.pk in self._own:
            self.begin.add(run.pk)
            return
        if key in self._holders:
            self._waiting[self._holders[key]].append(run.pk)
            return
        first = self._first(key)
        if first is not None and first.pk != run.pk:
            self._waiting[first.pk].append(run.pk)
        elif (newer := _superseded_by(run)) is not None:
            Run.objects.filter(pk=run.pk).supersede(newer, at=self._at)
            self._firsts.pop(key, None)
        else:
            self._taken.append(Turn(order_key=key, run=run))
            self._holders[key] = run.pk
            self.begin.add(run.pk)

    def write(self) -> None:
        """Write the turns that were taken, and which runs wait for which."""
        Turn.objects.bulk_create(self._taken)
        codes = dict(Run.objects.filter(pk__in=self._waiting).values_list("pk", "code"))
        for blocker, waiting in self._waiting.items():
            Run.objects.filter(pk__in=waiting).wait_in_order(str(codes.get(blocker, "")))
        # Of a key that nobody has the turn of, the first may be one that was not picked.
        idle = self._keys - set(self._holders)
        if idle:
            ordering.let_next(idle, at=self._at)

    def _first(self, key: bytes) -> Run | None:
        if key not in self._firsts:
            self._firsts[key] = ordering.first_of(key)
        return self._firsts[key]


def _superseded_by(run: Run) -> Run | None:
    """Return the run of a newer event, for a run that has not begun and that nobody asked for."""
    ordered = order_of(run.version_id)
    if ordered is None or not ordered.plan.supersedes or run.replay or run.started_at is not None:
        return None
    return ordering.newer_that_ran(run)


def _key(run: Run) -> bytes:
    return bytes(run.order_key or b"")
