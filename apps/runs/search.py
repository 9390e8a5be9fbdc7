"""How runs are found: by an event, a code, an e-mail, an id or a payload field in them."""

import uuid
from collections.abc import Iterator
from contextlib import suppress

from django.db.models import Q

from apps.runs.finding.keys import hashes_to_find
from apps.runs.finding.models import SearchPath
from apps.runs.finding.paths import KIND, read_term
from apps.runs.models import Effect, Run, SearchKey
from apps.workspaces.models import Workspace

FOUND = 1_000
"""Most runs that one search finds: the newest."""


def runs_found_by(term: str, workspace: Workspace) -> Q:
    """Return the condition for the runs of a workspace that a search finds: of each sort the newest `FOUND`.

    A term is a whole event id, run code, e-mail, provider's id or `path=value`. Each
    look is answered by an index of its own and the runs are named by their keys:
    a database that is given all looks in one condition reads the table instead.
    """
    return Q(pk__in=list(found_ids(term, workspace)))


def found_ids(term: str, workspace: Workspace) -> set[int]:
    """Return the keys of the runs that a term finds."""
    own = Run.objects.filter(workspace=workspace).order_by("-pk")
    found = set(own.filter(delivery__event_id=term).values_list("pk", flat=True)[:FOUND])
    with suppress(ValueError):
        found.update(own.filter(code=uuid.UUID(term)).values_list("pk", flat=True))
    for kind, value in _readings(term):
        found.update(ids_with(kind, value, workspace))
    effects = Effect.objects.filter(workspace=workspace, provider_id=term)
    found.update(effects.values_list("run_id", flat=True)[:FOUND])
    return found


def ids_with(kind: str, value: str, workspace: Workspace, *, limit: int = FOUND) -> list[int]:
    """Return the keys of the newest runs in which a value of a kind was found."""
    hashes = hashes_to_find(value, kind=kind, workspace=str(workspace.code))
    keys = SearchKey.objects.filter(workspace=workspace, kind=kind, value_hash__in=hashes)
    return list(keys.order_by("-run").values_list("run_id", flat=True)[:limit])


def _readings(term: str) -> Iterator[tuple[str, str]]:
    yield SearchKey.Kind.EMAIL.value, term
    yield SearchKey.Kind.IDENTIFIER.value, term
    field = read_term(term)
    if field is not None:
        yield KIND, "=".join(field)


def not_searchable(term: str, workspace: Workspace) -> str:
    """Return the path of a `path=value` whose field nobody has made searchable; "" otherwise."""
    field = read_term(term)
    if field is None or SearchPath.objects.filter(workspace=workspace, path=field[0]).exists():
        return ""
    return field[0]
