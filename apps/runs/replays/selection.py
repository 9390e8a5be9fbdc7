"""Which runs a job is about: the run list's own filters, or the rows that a person chose."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, QueryDict

from apps.common.errors import Conflict
from apps.runs.finding import saved
from apps.runs.models import ReplayJob, Run
from apps.workspaces.access import role_of
from apps.workspaces.scope import Scope

MAX_CHOSEN = 1_000
"""Rows that can be chosen one by one; for more there is the filter."""


def by_query(query: str) -> dict[str, Any]:
    """Return the selection that a query string of the list stands for."""
    return {"query": saved.cleaned(query), "ids": None}


def by_ids(ids: list[int]) -> dict[str, Any]:
    """Return the selection of chosen rows. Raises `Conflict` where they are too many."""
    if len(ids) > MAX_CHOSEN:
        raise Conflict(
            f"{len(ids):,} runs are chosen; at most {MAX_CHOSEN:,} can be.",
            code="too_many",
            remedy="Choose them by a filter of the list.",
        )
    return {"query": "", "ids": sorted(ids)}


def runs_of(job: ReplayJob) -> QuerySet[Run]:
    """Return the job's runs, without those that were made behind its preview. Raises `Conflict`."""
    ids = job.selection.get("ids")
    found = _filtered(job) if ids is None else _chosen(job, ids)
    return found.filter(pk__lte=job.upper).order_by("pk")


def repeated_since() -> Exists:
    """Return the condition that a later execution of the same event by the same workflow exists."""
    later = Run.objects.filter(
        delivery=OuterRef("delivery"), workflow=OuterRef("workflow"), replay__gt=OuterRef("replay")
    )
    return Exists(later)


def _chosen(job: ReplayJob, ids: list[int]) -> QuerySet[Run]:
    return Run.objects.filter(workspace=job.workspace_id, pk__in=ids)


def _filtered(job: ReplayJob) -> QuerySet[Run]:
    """Return the runs that the list shows under the stored filter, read by the list itself."""
    request = HttpRequest()
    request.method = "GET"
    request.GET = QueryDict(str(job.selection.get("query", "")))
    request.user = job.created_by or AnonymousUser()
    role = role_of(job.created_by, job.workspace) if job.created_by else None
    request._workspace_scope = Scope(job.workspace, role)  # type: ignore[attr-defined] # As `scope_of` keeps it.
    run_admin: Any = admin.site.get_model_admin(Run)
    try:
        found: QuerySet[Run] = run_admin.filtered(request)
    except IncorrectLookupParameters:
        raise Conflict(
            "The stored filter can't be read any more.",
            code="unreadable_filter",
            remedy="Filter the list of runs again.",
        ) from None
    return found.filter(workspace=job.workspace_id)
