"""Lays the points in a process of the product, by the names of its functions."""

from typing import Any

from django.apps import AppConfig


class PointsConfig(AppConfig):
    """Wraps what receives, claims, calls and records."""

    name = "tests.kill.points"
    label = "points"

    def ready(self) -> None:
        """Lay every point of `tests.kill.matrix.cases`."""
        from apps.runs import record, statements, taking
        from apps.runs.querysets import RunQuerySet
        from apps.runs.worker import looking, under_way
        from apps.webhooks import batches, statement
        from tests.kill.points.stopping import lay

        lay(batches, "_read", before="receive.before")
        # On SQLite in a transaction; on PostgreSQL one statement stores and commits, and this is before it.
        lay(statement, "store", before="receive.in-transaction")
        lay(batches, "_commit", behind="receive.committed")
        lay(looking, "claim", before="claim.before")
        lay(RunQuerySet, "take", behind="claim.in-transaction", when=lambda taken, _: bool(taken))
        # On PostgreSQL one statement takes plain runs: nobody has waited for its commit yet.
        lay(taking, "take", behind="claim.in-transaction", when=lambda taken, _: bool(taken))
        lay(looking, "claim", behind="claim.committed", when=lambda claimed, _: claimed is not None)
        lay(under_way.UnderWay, "send", before="call.announced", when=_has_calls)
        lay(under_way, "do", before="call.under-way", stands=False)
        lay(under_way, "do", before="call.before", behind="call.answered")
        lay(record.Recorder, "write", before="record.before", when=_has_ended)
        lay(statements, "leave", behind="record.in-transaction", when=lambda _, given: bool(given[0]))
        lay(record.Recorder, "write", behind="record.committed", when=_has_ended)


def _has_calls(_: Any, given: tuple[Any, ...]) -> bool:
    return bool(given[1].pieces)


def _has_ended(_: Any, given: tuple[Any, ...]) -> bool:
    return any(execution.verdict is not None for execution in given[1])
