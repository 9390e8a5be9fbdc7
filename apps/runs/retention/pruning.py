"""Deletes finished runs that are older than their workflow or workspace keeps them."""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import cast

from django.db import connection as database
from django.db import transaction
from django.db.models import Exists, Model, OuterRef, Q, QuerySet

from apps.runs.models import Run
from apps.runs.retention.ages import first_since
from apps.workflows.models import Workflow
from apps.workspaces.models import Workspace

BATCH = 500
"""Runs that one transaction deletes, with their steps, effects and keys."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Whose runs are kept for how long: one workflow's, or a workspace's save these workflows'.

    `longer` are the workflows of the workspace whose runs are kept for longer.
    """

    workspace: int
    days: int
    workflow: int | None = None
    otherwise: tuple[int, ...] = ()
    longer: tuple[int, ...] = ()

    def runs(self) -> QuerySet[Run]:
        """Return the runs it is about, read by an index that has them in the order of their ids."""
        if self.workflow is not None:
            return Run.objects.filter(workflow=self.workflow)
        return Run.objects.filter(workspace=self.workspace).exclude(workflow__in=self.otherwise)


def rules() -> list[Rule]:
    """Return who keeps runs for how long; a workspace in which workflows differ has a rule for each."""
    own: dict[int, dict[int, int]] = {}
    differing = Workflow.objects.filter(keep_runs_days__isnull=False)
    for workspace, workflow, days in differing.values_list("workspace", "pk", "keep_runs_days"):
        own.setdefault(workspace, {})[workflow] = days or 0
    found: list[Rule] = []
    for workspace, days in Workspace.objects.values_list("pk", "keep_runs_days"):
        differ = own.get(workspace, {})
        longest = max(differ.values(), default=0)
        if longest <= days:
            found.append(Rule(workspace, days, otherwise=tuple(differ)))
            everyone = _workflows(workspace) if differ else ()
            for workflow, kept in differ.items():
                longer = tuple(each for each in everyone if differ.get(each, days) > kept)
                found.append(Rule(workspace, kept, workflow, longer=longer))
            continue
        # Runs that stay must not be passed over at every look: each workflow is looked at by itself.
        everyone = _workflows(workspace)
        for workflow in everyone:
            kept = differ.get(workflow, days)
            longer = tuple(each for each in everyone if differ.get(each, days) > kept)
            found.append(Rule(workspace, kept, workflow, longer=longer))
    return found


def _workflows(workspace: int) -> tuple[int, ...]:
    return tuple(Workflow.objects.filter(workspace=workspace).values_list("pk", flat=True))


def prune(*, at: datetime, seconds: float) -> int:
    """Delete what is past its time for about so many seconds; returns how many runs went.

    In small transactions, and in another order each time, so that no workspace
    is always the last.
    """
    until = monotonic() + seconds
    boundaries: dict[int, int] = {}
    gone = 0
    for rule in _shuffled(rules()):
        cutoff = at - timedelta(days=rule.days)
        if rule.days not in boundaries:
            boundaries[rule.days] = first_since(Run.objects.all(), "received_at", cutoff)
        while monotonic() < until:
            deleted = delete_runs(_old(rule, before=boundaries[rule.days], cutoff=cutoff))
            gone += deleted
            if deleted < BATCH:
                break
        if monotonic() >= until:
            break
    return gone


def delete_runs(rows: QuerySet[Run]) -> int:
    """Delete these runs with all that belongs to them, and deliveries that no other run needs."""
    with transaction.atomic():
        found = list(rows.select_for_update(skip_locked=_can_skip(), of=_of()).values_list("pk", "delivery"))
        if not found:
            return 0
        Run.objects.filter(pk__in=[run for run, _ in found]).delete()
        # The one reference upwards: what arrived goes with the last run that it started.
        deliveries = cast("type[Model]", Run._meta.get_field("delivery").related_model)
        of_others = Run.objects.filter(delivery=OuterRef("pk"))
        arrived = deliveries._default_manager.filter(pk__in={delivery for _, delivery in found})
        arrived.filter(~Exists(of_others)).delete()
    return len(found)


def _old(rule: Rule, *, before: int, cutoff: datetime) -> QuerySet[Run]:
    """Return a batch of ended runs: the id bounds what is read, the time decides."""
    rows = rule.runs().filter(pk__lt=before, received_at__lt=cutoff, status__in=Run.FINISHED)
    return rows.exclude(_still_told(rule, cutoff)).order_by("pk")[:BATCH]


def _still_told(rule: Rule, cutoff: datetime) -> Q:
    """Return which runs stay since their event can be run again: its other runs keep it.

    What such a run made would be forgotten with it, and a repetition would make it once
    more. It goes with the event's body, at the end of the replay window at the latest.
    """
    stays = Q(received_at__gte=cutoff) | ~Q(status__in=Run.FINISHED) | Q(workflow__in=rule.longer)
    others = Run.objects.filter(stays, delivery=OuterRef("delivery")).exclude(pk=OuterRef("pk"))
    return Q(Exists(others)) & ~Q(delivery__body=b"")


def _shuffled(found: list[Rule]) -> Iterator[Rule]:
    return iter(random.sample(found, len(found)))


def _can_skip() -> bool:
    return database.features.has_select_for_update_skip_locked


def _of() -> tuple[str, ...]:
    return ("self",) if database.features.has_select_for_update_of else ()
