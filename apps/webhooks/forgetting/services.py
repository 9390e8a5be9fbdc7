"""Asking to forget a person, and working it off."""

from datetime import datetime
from time import monotonic

from django.db import transaction
from django.utils import timezone

from apps.common import crypto
from apps.common.errors import Conflict, ValidationFailed
from apps.runs import services as runs
from apps.runs.worker.sharing import every
from apps.webhooks.forgetting import erasing, texts
from apps.webhooks.forgetting.models import Erasure
from apps.workspaces import audit
from apps.workspaces.access import Actor, require
from apps.workspaces.models import Workspace
from apps.workspaces.roles import Permission

LONGEST = 320
SHORTEST = 4
SECONDS = 0.8
BODIES = 200


def forget(workspace: Workspace, *, actor: Actor, who: str, cancel: bool = False) -> Erasure:
    """Have everything about an e-mail address or a person's id removed; the worker does it.

    With `cancel` their unfinished runs are cancelled first. Raises `Conflict`
    where there are some and they are not to be cancelled, `ValidationFailed` for
    a value too short to be a person's, `NotAllowed`.
    """
    require(actor, workspace, Permission.FORGET)
    value = who.strip()
    if not SHORTEST <= len(value) <= LONGEST:
        raise ValidationFailed(
            f"Write a whole e-mail address or id, {SHORTEST} to {LONGEST} characters long.",
            code="bad_person",
            field="who",
            remedy="A part of one would remove other people's data too.",
        )
    waiting = erasing.unfinished(erasing.runs_about(value, workspace))
    if waiting and not cancel:
        raise Conflict(
            f"{len(waiting)} of the runs about this person have not ended.",
            code="runs_unfinished",
            field="cancel",
            remedy="Tick “Cancel their unfinished runs”, or wait until they have ended.",
        )
    with transaction.atomic():
        asked = Erasure(workspace=workspace, hint=hint_of(value), asked_by=actor.label[:150])
        asked.sealed = crypto.pack(value, bound_to=asked.binding)
        asked.save()
        audit.record(workspace, actor=actor, verb="person.forgotten", target=asked)
        for run in waiting:
            runs.cancel(run, actor=actor)
    return asked


def hint_of(value: str) -> str:
    """Return as much of an address or id as tells a person which it was."""
    name, at, domain = value.partition("@")
    return f"{name[:1]}…{at}{domain}"[:80] if at else f"{value[:2]}…{value[-2:]}"


@every(seconds=2)
def look(*, at: datetime) -> int:
    """Go on with what was asked, for about a second; returns how many rows were changed."""
    until, changed = monotonic() + SECONDS, 0
    for asked in Erasure.objects.filter(status=Erasure.Status.WORKING).order_by("pk"):
        while asked.status == Erasure.Status.WORKING and monotonic() < until:
            done = _step(asked)
            _note(asked, done or {})
            changed += sum((done or {}).values())
            if done is None:
                break
    return changed


def _step(asked: Erasure) -> dict[str, int] | None:
    """Do the next piece: runs found by their hashes, then bodies, then the rest.

    None while there is nothing to do but to wait for runs to end.
    """
    value: str = crypto.unpack(bytes(asked.sealed), bound_to=asked.binding)
    about = erasing.runs_about(value, asked.workspace)
    done = erasing.erase(about) if about else {}
    if done.get("runs"):
        return done
    last, named = erasing.look_through(value, asked.workspace, after=asked.position, limit=BODIES)
    if last is not None:
        done, waiting = erasing.erase_deliveries(named)
        # It is looked at them again, so that nothing is passed by.
        asked.position = min(waiting) - 1 if waiting else last
        return None if waiting and not any(done.values()) else done
    if about:
        return None
    asked.status, asked.done_at, asked.sealed = Erasure.Status.DONE, timezone.now(), b""
    return {
        "sandbox calls": erasing.erase_sandbox_calls(value, asked.workspace),
        "texts and filters": texts.erase(
            erasing.spellings(value), asked.workspace, instead=erasing.FORGOTTEN
        ),
    }


def _note(asked: Erasure, done: dict[str, int]) -> None:
    for name, number in done.items():
        asked.found[name] = asked.found.get(name, 0) + number
    asked.save(update_fields=["found", "position", "status", "done_at", "sealed"])
