"""Takes a person out of the run log: what is kept of their runs, and of every event that names them."""

import json
from collections.abc import Collection
from urllib.parse import quote, quote_plus

from django.db import transaction
from django.db.models import Q

from apps.common.crypto import SealError
from apps.connections.models import SandboxCall
from apps.runs.models import Approval, DeadLetter, Effect, Hook, Replay, Run, SearchKey, StepRun
from apps.runs.search import ids_with
from apps.webhooks import inbox
from apps.webhooks.models import Delivery
from apps.workspaces.models import Workspace

FORGOTTEN = "Removed: the person asked to be forgotten."
BATCH = 100


def runs_about(value: str, workspace: Workspace) -> list[int]:
    """Return some runs that are found by the person's e-mail or id; none once all were dealt with."""
    found: set[int] = set()
    for kind in (SearchKey.Kind.EMAIL, SearchKey.Kind.IDENTIFIER):
        found.update(ids_with(kind.value, value, workspace, limit=BATCH))
    return sorted(found)


def erase(runs: Collection[int]) -> dict[str, int]:
    """Empty these runs of what they hold, in one transaction; returns how many rows were changed, by name.

    The runs themselves stay, with their status and times, so that the figures do
    not change; so do the ledger's keys, by which nothing is done twice.
    """
    with transaction.atomic():
        ended = list(Run.objects.select_for_update().filter(pk__in=runs, status__in=Run.FINISHED))
        ids = [run.pk for run in ended]
        steps = StepRun.objects.filter(run__in=ids)
        done = {
            "runs": len(ids),
            "steps": steps.update(log={}, working=b""),
            "effects": Effect.objects.filter(run__in=ids).update(provider_id="", digest=b""),
            "events": _empty({run.delivery_id for run in ended} - _needed(ids)),
        }
        steps.exclude(error="").update(error=FORGOTTEN, remedy="")
        Run.objects.filter(pk__in=ids).exclude(reason="").update(reason=FORGOTTEN, remedy="")
        Approval.objects.filter(run__in=ids).update(message="", shown=[], comment="")
        Hook.objects.filter(run__in=ids).update(body=b"")
        Replay.objects.filter(run__in=ids).update(given=b"")
        DeadLetter.objects.filter(run__in=ids).delete()
        SearchKey.objects.filter(run__in=ids).delete()
        for effect in Effect.objects.filter(run__in=ids):
            effect.reports.all().delete()
    return done


def unfinished(runs: Collection[int]) -> list[Run]:
    """Return those of the runs that have not ended."""
    return list(Run.objects.filter(pk__in=runs).exclude(status__in=Run.FINISHED))


def look_through(value: str, workspace: Workspace, *, after: int, limit: int) -> tuple[int | None, set[int]]:
    """Look for the person in the next stored bodies.

    Returns the last id that was looked at, None at the end, and the deliveries that name them.
    """
    rows = Delivery.objects.filter(workspace=workspace, pk__gt=after).exclude(body=b"").order_by("pk")
    last, named = None, set()
    marks = spellings(value)
    for delivery in rows[:limit]:
        last = delivery.pk
        try:
            body = inbox.open_body(delivery).decode("utf-8", "replace").casefold()
        except SealError:
            continue
        if any(mark in body for mark in marks):
            named.add(delivery.pk)
    return last, named


def erase_deliveries(deliveries: Collection[int]) -> tuple[dict[str, int], set[int]]:
    """Empty these deliveries and the runs that they started.

    Returns how many rows were changed, by name, and the deliveries whose runs have not ended.
    """
    if not deliveries:
        return {}, set()
    runs = list(Run.objects.filter(delivery__in=deliveries).values_list("pk", flat=True))
    waiting = {run.delivery_id for run in unfinished(runs)}
    done = erase(runs) if runs else {"events": 0}
    done["events"] += _empty(set(deliveries) - waiting)
    return done, waiting


def erase_sandbox_calls(value: str, workspace: Workspace) -> int:
    """Delete the sandbox's calls that name the person; returns how many."""
    named = Q()
    for mark in spellings(value):
        named |= Q(url__icontains=mark) | Q(request_body__icontains=mark) | Q(response_body__icontains=mark)
    return SandboxCall.objects.filter(named, connection__workspace=workspace).delete()[0]


def spellings(value: str) -> set[str]:
    """Return how a body may write the value: plainly, in JSON, in an address or a form."""
    plain = value.casefold()
    inside_json = json.dumps(plain)[1:-1]
    return {plain, inside_json, quote(plain, safe="").casefold(), quote_plus(plain).casefold()}


def _needed(ended: Collection[int]) -> set[int]:
    """Return the deliveries that runs beside the ended ones still execute."""
    others = Run.objects.filter(delivery__runs__in=ended).exclude(status__in=Run.FINISHED)
    return set(others.values_list("delivery_id", flat=True))


def _empty(deliveries: Collection[int]) -> int:
    return Delivery.objects.filter(pk__in=deliveries).exclude(body=b"").update(body=b"")
