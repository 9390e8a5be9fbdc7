"""What a job would do, counted before anybody starts it."""

from collections import Counter
from typing import Any

from django.db.models import Q, QuerySet

from apps.runs.models import Effect, ReplayJob, Run, StepRun
from apps.runs.replays import made, selection
from apps.runs.reusing import place_of

COUNTED = 5_000
"""So many runs are counted by what they are; beyond it the preview says that there are more."""

REASONS = {
    "body_gone": "The event's body was kept for the replay window only.",
    "still_open": "A run of the same event has not ended.",
    "undecided": "Nobody knows whether one of its calls happened.",
    "test_run": "It tested a draft.",
    "repeated_since": "The same event was replayed since; its latest run is the one that counts.",
    "wrong_status": "It has not failed or been cancelled.",
    "not_allowed": "Whoever started the job may not do this any more.",
    "path_changed": "The live version differs too much.",
    "already_started": "Somebody else has run it again.",
    "unexpected": "It could not be done; the worker's log says why.",
}


def summarise(job: ReplayJob) -> dict[str, Any]:
    """Return the preview: counts by workflow and version, what can't be taken and why, and the effects.

    `effects` are the steps whose calls would be reused, with their number.
    """
    runs = selection.runs_of(job)
    ids = list(runs.values_list("pk", flat=True)[: COUNTED + 1])
    more = len(ids) > COUNTED
    ids = ids[:COUNTED]
    chosen = Run.objects.filter(pk__in=ids)
    left_out = _left_out(job, chosen)
    rows = chosen.values_list("workflow__name", "version__number", "workflow__live_version__number")
    by_version = Counter((name, number, live) for name, number, live in rows.order_by())
    return {
        "total": runs.count() if more else len(ids),
        "more": more,
        "versions": [
            {"workflow": name, "version": number, "live": live, "count": count}
            for (name, number, live), count in sorted(by_version.items(), key=str)
        ],
        "left_out": left_out,
        "effects": _effects(chosen) if job.kind == ReplayJob.Kind.REPLAY else [],
    }


def _left_out(job: ReplayJob, chosen: QuerySet[Run]) -> list[dict[str, Any]]:
    undecided = Effect.objects.undecided().filter(run__in=chosen).values("run")
    conditions: dict[str, Any] = {
        "test_run": Q(version__test_of_revision__isnull=False),
        "repeated_since": selection.repeated_since(),
        "body_gone": Q(delivery__body=b""),
    }
    if job.kind == ReplayJob.Kind.REPLAY:
        conditions |= {"still_open": ~Q(status__in=Run.FINISHED), "undecided": Q(pk__in=undecided)}
    elif job.kind == ReplayJob.Kind.RETRY:
        conditions |= {"wrong_status": ~Q(status__in=("failed", "cancelled"))}
    found: list[dict[str, Any]] = []
    rest = chosen
    for code, condition in conditions.items():
        count = rest.filter(condition).count()
        rest = rest.exclude(condition)
        if count:
            found.append({"code": code, "count": count, "reason": REASONS[code]})
    return found


def _effects(chosen: QuerySet[Run]) -> list[dict[str, Any]]:
    """Return the steps that did something which a replay does not do again, by workflow."""
    taken = chosen.exclude(selection.repeated_since())
    pairs = Run.objects.filter(delivery__in=taken.values("delivery"), workflow__in=taken.values("workflow"))
    rows = (
        Effect.objects.reusable()
        .filter(run__in=pairs)
        .values_list(
            "run__workflow__code", "run__workflow__name", "path", "action", "effect", "run__delivery", "pk"
        )
    )
    calls: dict[tuple[str, str, str], dict[str, Any]] = {}
    seen: set[tuple[str, str, int]] = set()
    for code, workflow, path, action, kind, delivery, pk in rows.order_by("pk"):
        place = place_of(path)
        key = (str(code), place, action)
        found = calls.setdefault(
            key,
            {
                "key": f"{code}:{place}",
                "workflow": workflow,
                "place": place,
                "name": _name_of(pk, path),
                "what": made.told_of(action),
                "kind": kind,
                "costly": made.is_costly(action, kind),
                "calls": 0,
            }
            if key not in calls
            else {},
        )
        # Outside of loops the last of several executions stands for all of them.
        mark = (f"{code}:{path}", action, delivery)
        found["calls"] += mark not in seen
        seen.add(mark)
    return [calls[key] for key in sorted(calls)]


def _name_of(effect: int, path: str) -> str:
    run = Effect.objects.filter(pk=effect).values("run")
    return StepRun.objects.filter(run__in=run, path=path).values_list("name", flat=True).first() or path


def calls_done_again(summary: dict[str, Any], redo: list[str]) -> int:
    """Return how many calls are made again where these steps are ticked."""
    return sum(int(each["calls"]) for each in summary.get("effects", ()) if each["key"] in redo)
