"""Takes a person out of what was written about runs and events: alerts, causes, gaps, filters, jobs."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from django.db.models import Model, Q

from apps.alerts.models import Alert, Notice
from apps.runs.models import Cause, DeadLetter, ReplayJob, SavedFilter
from apps.webhooks.models import Backfill, BackfillEvent, Gap, Reconciliation
from apps.workspaces.models import Workspace


class Written(NamedTuple):
    """Texts of a model in which a person may be named, and how its rows lead to their workspace."""

    model: type[Model]
    workspace: str
    fields: Sequence[str]


WRITTEN = (
    Written(Alert, "workspace", ("message", "remedy")),
    Written(Notice, "channel__workspace", ("error", "remedy")),
    Written(Cause, "workspace", ("pattern",)),
    Written(DeadLetter, "cause__workspace", ("refused",)),
    Written(Gap, "workspace", ("reason", "remedy", "note")),
    Written(Reconciliation, "connection__workspace", ("error", "remedy")),
    Written(Backfill, "workspace", ("reason", "remedy")),
    Written(BackfillEvent, "backfill__workspace", ("reason",)),
    Written(ReplayJob, "workspace", ("note",)),
)


def erase(spellings: Collection[str], workspace: Workspace, *, instead: str) -> int:
    """Put `instead` where a text names the person, and drop filters that do; returns how many were changed.

    A bulk job that was chosen by a filter which names them is about no run any
    more: it must never be about all of them because its filter has gone.
    """
    changed = 0
    for model, path, fields in WRITTEN:
        for field in fields:
            rows = model._default_manager.filter(_names(field, spellings), **{path: workspace})
            changed += rows.update(**{field: instead})
    jobs = ReplayJob.objects.filter(workspace=workspace)
    changed += jobs.filter(_names("selection", spellings)).update(selection={"query": "", "ids": []})
    changed += jobs.filter(_names("findings", spellings)).update(findings=[])
    saved = SavedFilter.objects.filter(_names("query", spellings), workspace=workspace)
    return changed + saved.delete()[0]


def _names(field: str, spellings: Collection[str]) -> Q:
    """Return the condition that a text holds one of the spellings, in small letters or capitals."""
    found = Q()
    for spelling in spellings:
        found |= Q(**{f"{field}__icontains": spelling})
    return found
