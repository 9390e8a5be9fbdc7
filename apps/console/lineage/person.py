"""Everything that is kept about one person, in time order: received, run, sent, reported back."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from apps.runs.display import action_name
from apps.runs.models import Effect, Run, SearchKey
from apps.runs.search import ids_with
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

MOST_RUNS = 300
"""Runs that are shown, the newest."""


@dataclass(frozen=True, slots=True)
class Moment:
    """One thing that happened. `kind` is `received`, `run`, `sent` or `reported`; `page` leads to it."""

    at: datetime
    kind: str
    told: str
    status: str
    label: str
    page: str
    detail: str = ""

    def as_dict(self) -> dict[str, str]:
        """Return it for an export."""
        return {
            "at": self.at.astimezone(UTC).isoformat(timespec="milliseconds"),
            "kind": self.kind,
            "what": self.told,
            "status": self.status,
            "detail": self.detail,
        }


@dataclass(frozen=True, slots=True)
class Story:
    """What was found, oldest first; `more` tells that there are older runs besides."""

    moments: tuple[Moment, ...]
    runs: int
    more: bool


def story_of(who: str, workspace: Workspace) -> Story:
    """Return what is kept about an e-mail address, or about a person's id.

    Found by keyed hashes: every run in which the value was received or sent. An
    event that started no run has no hash, and is not found.
    """
    kind = SearchKey.Kind.EMAIL if "@" in who else SearchKey.Kind.IDENTIFIER
    ids = ids_with(kind.value, who, workspace, limit=MOST_RUNS + 1)
    runs = (
        Run.objects.filter(workspace=workspace, pk__in=ids[:MOST_RUNS])
        .select_related("workflow", "delivery__connection")
        .defer("workflow__draft", "delivery__body")
    )
    rows = list(runs)
    effects = Effect.objects.filter(run__in=[run.pk for run in rows]).select_related("connection")
    moments = [*_of_runs(rows), *_of_effects(effects.prefetch_related("reports"))]
    return Story(tuple(sorted(moments, key=lambda each: each.at)), runs=len(rows), more=len(ids) > MOST_RUNS)


def export_story(who: str, workspace: Workspace, *, actor: Actor) -> list[dict[str, str]]:
    """Return the story as data and write the audit trail, which does not name the person."""
    require(actor, workspace, Permission.EXPORT)
    story = story_of(who, workspace)
    with transaction.atomic():
        audit.record(
            workspace, actor=actor, verb="person.exported", target=workspace, after={"runs": story.runs}
        )
    return [each.as_dict() for each in story.moments]


def _of_runs(rows: Iterable[Run]) -> Iterator[Moment]:
    told: set[int] = set()
    for run in rows:
        delivery = run.delivery
        if delivery.pk not in told:
            told.add(delivery.pk)
            yield Moment(
                at=delivery.received_at,
                kind="received",
                told=f"{delivery.event_type} from {delivery.connection.name}",
                status=delivery.status,
                label=delivery.get_status_display(),
                page=delivery.get_absolute_url(),
                detail=delivery.event_id,
            )
        yield Moment(
            at=run.started_at or run.received_at,
            kind="run",
            told=f"{run.workflow.name}{f' (replay {run.replay})' if run.replay else ''}",
            status=run.status,
            label=run.get_status_display(),
            page=run.get_absolute_url(),
            detail=run.reason,
        )


def _of_effects(effects: Iterable[Any]) -> Iterator[Moment]:
    for effect in effects:
        page = effect.get_absolute_url()
        yield Moment(
            at=effect.first_sent_at,
            kind="sent",
            told=f"{action_name(effect.action)}, over {effect.connection.name}",
            status=effect.status,
            label=effect.get_status_display(),
            page=page,
            detail=effect.provider_id,
        )
        for report in effect.reports.all():
            yield Moment(
                at=report.happened_at,
                kind="reported",
                told=f"{report.channel} {report.metric}{' by a machine' if report.by_machine else ''}",
                status="failed" if report.trouble else "done",
                label="Trouble" if report.trouble else "Reported",
                page=page,
                detail=report.detail,
            )
