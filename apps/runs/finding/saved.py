"""Filters of the run list under a name: kept, shared, opened with, removed."""

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import QueryDict

from apps.common.errors import Conflict, ValidationFailed
from apps.runs.finding.models import SavedFilter
from apps.workspaces import audit
from apps.workspaces.access import Actor, may, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

LIMIT = 30
"""Filters that one person keeps in a workspace."""

PARAMETERS = ("q", "status__exact", "workflow__id__exact", "trigger", "over", "kind")
SPANS = ("received_at_from_0", "received_at_from_1", "received_at_to_0", "received_at_to_1")
"""Everything that the list can be narrowed by; nothing else of an address is kept."""


def cleaned(query: str) -> str:
    """Return the part of a query string that narrows the list, in one order."""
    given = QueryDict(query.removeprefix("?"))
    kept = QueryDict(mutable=True)
    for name in (*PARAMETERS, *SPANS):
        value = given.get(name, "").strip()
        if value:
            kept[name] = value
    return kept.urlencode()


def filters_of(user: User, workspace: Workspace) -> QuerySet[SavedFilter]:
    """Return the person's own filters and those that others share, by name."""
    own_or_shared = Q(owner=user) | Q(shared=True)
    return SavedFilter.objects.filter(own_or_shared, workspace=workspace).select_related("owner")


def default_of(user: User, workspace: Workspace) -> SavedFilter | None:
    """Return what the list opens with for the person, None where they chose nothing."""
    return SavedFilter.objects.filter(workspace=workspace, owner=user, default=True).first()


def save_filter(
    workspace: Workspace, *, actor: Actor, name: str, query: str, shared: bool = False, default: bool = False
) -> SavedFilter:
    """Keep a filter under a name, in place of the person's filter that had it. Raises `ValidationFailed`.

    To share one takes the right to operate runs, since everybody's list then names it.
    """
    require(actor, workspace, Permission.OPERATE_RUNS if shared else Permission.VIEW)
    user = _person(actor)
    name, query = " ".join(name.split()), cleaned(query)
    if not 0 < len(name) <= 60:
        raise ValidationFailed(
            "A filter needs a name of at most 60 characters.", code="bad_name", field="name"
        )
    if len(query) > 1_000:
        raise ValidationFailed("This filter is too long to be kept.", code="too_long", field="query")
    with transaction.atomic():
        own = SavedFilter.objects.select_for_update().filter(workspace=workspace, owner=user)
        rows = list(own)
        if len(rows) >= LIMIT and all(row.name != name for row in rows):
            raise ValidationFailed(
                f"You keep {LIMIT} filters already.",
                code="too_many",
                remedy="Remove one that you do not use.",
            )
        if default:
            own.filter(default=True).update(default=False)
        values = {"query": query, "shared": shared, "default": default}
        row, _ = SavedFilter.objects.update_or_create(
            workspace=workspace, owner=user, name=name, defaults=values
        )
        audit.record(workspace, actor=actor, verb="filter.saved", target=row, after=values)
    return row


def remove_filter(workspace: Workspace, *, actor: Actor, pk: int) -> None:
    """Forget a filter: one's own, or a shared one if one may operate runs. Raises `Conflict`."""
    row = filters_of(_person(actor), workspace).filter(pk=pk).first()
    if row is None or (row.owner != actor.user and not may(actor, workspace, Permission.OPERATE_RUNS)):
        raise Conflict("There is no such filter of yours.", code="no_filter")
    with transaction.atomic():
        audit.record(workspace, actor=actor, verb="filter.removed", target=row, before={"query": row.query})
        row.delete()


def _person(actor: Actor) -> User:
    if actor.user is None:
        raise ValidationFailed("Only a person keeps filters.", code="no_person")
    return actor.user
