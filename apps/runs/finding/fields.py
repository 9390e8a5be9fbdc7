"""Searchable fields: chosen from what a trigger's events hold, added, removed, looked up in kept runs."""

from dataclasses import dataclass
from time import monotonic

from django.db import IntegrityError, transaction

from apps.catalog import registry
from apps.catalog.errors import UnreadableEventError
from apps.catalog.registry import UnknownKeyError
from apps.common.crypto import SealError
from apps.common.errors import Conflict, ValidationFailed
from apps.language.errors import LanguageError
from apps.language.paths import did_you_mean, flatten_paths, format_path, parse_path
from apps.runs import payload
from apps.runs.finding.keys import stored_hash
from apps.runs.finding.models import SearchPath
from apps.runs.finding.paths import KIND, LIMIT, forget, text_of, values_at
from apps.runs.models import Run, SearchKey
from apps.workflows.models import Workflow
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

OFFERED = 300
"""Paths of the untouched payload that are offered, besides the declared fields."""

REINDEXED = 2_000
"""Runs that one look back reads, the newest; it also ends after `REINDEX_SECONDS`."""

REINDEX_SECONDS = 8.0
_PREFIX = "trigger."
_RAW = "raw"


@dataclass(frozen=True, slots=True)
class Offer:
    """A path that may be chosen: what it is called, and what the trigger's sample has there."""

    path: str
    label: str
    example: str
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Reindexed:
    """How many kept runs were read, in how many the field had a value, and how many were left."""

    read: int
    found: int
    unread: int
    left: bool


def triggers_of(workspace: Workspace) -> list[tuple[str, str]]:
    """Return (reference, name) of the triggers that a workflow of the workspace uses."""
    refs = Workflow.objects.filter(workspace=workspace).exclude(trigger_ref="")
    found: list[tuple[str, str]] = []
    known = registry.within(workspace.pk)
    for ref in refs.order_by("trigger_ref").values_list("trigger_ref", flat=True).distinct():
        try:
            app, trigger = known.get_trigger(ref)
        except UnknownKeyError:
            continue
        found.append((ref, f"{trigger.name} in {app.name}"))
    return found


def offers(workspace: Workspace, ref: str) -> list[Offer]:
    """Return what can be chosen of a trigger's events. Raises `UnknownKeyError`."""
    app, trigger = registry.within(workspace.pk).get_trigger(ref)
    try:
        data = registry.trigger_data(app, trigger, registry.sample_of(app, trigger.key))
    except (UnreadableEventError, UnknownKeyError, OSError):
        data = {}
    declared = [
        Offer(field.key, field.label, text_of(data.get(field.key)))
        for field in registry.trigger_fields(trigger)
    ]
    leaves = flatten_paths(data.get(_RAW) or {})
    raw = [
        Offer(path := format_path((_RAW, *each)), path, text_of(value), raw=True)
        for each, value in leaves[:OFFERED]
        if text_of(value)
    ]
    return [*declared, *raw]


def add_path(workspace: Workspace, *, actor: Actor, trigger: str, path: str) -> SearchPath:
    """Make a field searchable in the runs that begin from now on. Raises `ValidationFailed`, `Conflict`."""
    require(actor, workspace, Permission.EDIT_WORKFLOWS)
    written = _checked(workspace, trigger, path)
    try:
        with transaction.atomic():
            Workspace.objects.select_for_update().get(pk=workspace.pk)
            if SearchPath.objects.filter(workspace=workspace).count() >= LIMIT:
                raise Conflict(
                    f"A workspace has at most {LIMIT} searchable fields: each costs every run a little.",
                    code="too_many_paths",
                    remedy="Remove one that nobody searches by.",
                )
            row = SearchPath.objects.create(
                workspace=workspace, trigger=trigger, path=written, created_by=actor.user
            )
            audit.record(workspace, actor=actor, verb="search_path.added", target=row)
            transaction.on_commit(forget)
    except IntegrityError:
        raise Conflict(f"“{written}” is searchable already.", code="known_path") from None
    return row


def remove_path(row: SearchPath, *, actor: Actor) -> None:
    """Make a field searchable no more; runs in which it was found keep their hash until they are pruned."""
    require(actor, row.workspace, Permission.EDIT_WORKFLOWS)
    with transaction.atomic():
        audit.record(row.workspace, actor=actor, verb="search_path.removed", target=row)
        row.delete()
        transaction.on_commit(forget)


def reindex(row: SearchPath, *, actor: Actor) -> Reindexed:
    """Find a field in the newest kept runs, too; bounded in number and time."""
    require(actor, row.workspace, Permission.EDIT_WORKFLOWS)
    path = parse_path(row.path)
    workflows = Workflow.objects.filter(workspace=row.workspace, trigger_ref=row.trigger)
    listening = list(workflows.values_list("pk", flat=True))
    runs = Run.objects.filter(workspace=row.workspace, workflow__in=listening)
    runs = runs.select_related("delivery", "workspace").order_by("-pk")[: REINDEXED + 1]
    until = monotonic() + REINDEX_SECONDS
    read, unread, late, keys = 0, 0, False, list[SearchKey]()
    for run in runs.iterator(chunk_size=200):
        late = read + unread >= REINDEXED or monotonic() >= until
        if late:
            break
        try:
            data = payload.trigger_data(run, row.trigger)
        except (payload.PayloadGoneError, SealError, UnknownKeyError, UnreadableEventError, LanguageError):
            unread += 1
            continue
        read += 1
        keys += [_key(run, value) for _, value in values_at((path,), data)]
    SearchKey.objects.bulk_create(keys, ignore_conflicts=True, batch_size=500)
    audit.record(
        row.workspace, actor=actor, verb="search_path.reindexed", target=row, after={"found": len(keys)}
    )
    return Reindexed(read=read, found=len(keys), unread=unread, left=late)


def _key(run: Run, value: str) -> SearchKey:
    hashed = stored_hash(value, kind=KIND, workspace=str(run.workspace.code))
    return SearchKey(workspace_id=run.workspace_id, kind=KIND, value_hash=hashed, run=run)


def _checked(workspace: Workspace, trigger: str, path: str) -> str:
    """Return the path in its one form; raises `ValidationFailed` for what no event of the trigger has."""
    try:
        _, known = registry.within(workspace.pk).get_trigger(trigger)
    except UnknownKeyError:
        raise ValidationFailed("Choose a trigger.", code="unknown_trigger", field="trigger") from None
    try:
        parsed = parse_path(path.strip().removeprefix(_PREFIX))
    except LanguageError as error:
        raise ValidationFailed(error.message, code="bad_path", field="path") from None
    written = format_path(parsed)
    names = [field.key for field in registry.trigger_fields(known)]
    if len(written) > 200 or parsed == (_RAW,):
        raise ValidationFailed(
            "Name one value of the event, in at most 200 characters.", code="bad_path", field="path"
        )
    if parsed[0] != _RAW and parsed[0] not in names:
        hint = did_you_mean(str(parsed[0]), names)
        raise ValidationFailed(
            f"The trigger has no field “{parsed[0]}”.{' ' + hint if hint else ''}",
            code="unknown_field",
            field="path",
            remedy="Choose one of the list, or begin with raw. for the untouched payload.",
        )
    return written
