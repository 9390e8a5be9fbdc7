"""Whether a run can be repeated as wanted, and by whom."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from apps.catalog import registry
from apps.catalog.registry import UnknownKeyError
from apps.common.crypto import SealError
from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.language.errors import UnsafeJSONError
from apps.runs import payload
from apps.runs.models import Run
from apps.runs.replays import editing, made, taking
from apps.runs.replays.models import VersionChoice
from apps.runs.replays.path_before import differences
from apps.runs.replays.wanted import Wanted
from apps.workflows.engine.definition import parse
from apps.workflows.engine.problems import InvalidDefinitionError
from apps.workflows.engine.program import CompiledAction, Program, compile_program
from apps.workflows.versions import compiled
from apps.workspaces.access import Actor, may
from apps.workspaces.roles import Permission


@dataclass(frozen=True, slots=True)
class Checked:
    """What is wanted, found possible: the version with its program, and what is really edited.

    `inputs` are those that differ from what the run had, `trigger` is None where it stays as it was.
    """

    wanted: Wanted
    version_id: int
    program: Program
    trigger: Mapping[str, Any] | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)


def check(run: Run, wanted: Wanted, *, actor: Actor) -> Checked:
    """Return what is wanted, ready to be started.

    Raises `NotAllowed`, `ValidationFailed` naming the form's field, or `Conflict`.
    """
    version_id, program = version_for(run, wanted.version)
    checked = Checked(wanted, version_id, program)
    if wanted.from_step:
        _check_beginning(run, checked)
    elif wanted.inputs is not None or wanted.outputs is not None:
        raise ValidationFailed(
            "Inputs and results are given for the step that the replay begins with; choose one.",
            field="from_step",
        )
    trigger = _edited_trigger(run, program, wanted)
    inputs = _edited_inputs(run, checked, actor=actor)
    if wanted.outputs is not None:
        checked = replace(checked, wanted=replace(wanted, outputs=_given_outputs(checked)))
    _check_redo(run, checked, inputs=inputs, actor=actor)
    checked = replace(checked, trigger=trigger, inputs=inputs)
    _check_approvals(run, checked)
    return checked


def version_for(run: Run, choice: str) -> tuple[int, Program]:
    """Return the version that a choice stands for, compiled. Raises `Conflict`."""
    version_id = run.version_id
    if choice == VersionChoice.CURRENT:
        version_id = run.workflow.live_version_id or run.version_id
    elif choice != VersionChoice.SAME:
        raise ValidationFailed(f"“{choice}” is no version.", field="version")
    try:
        program = compiled(version_id)
    except InvalidDefinitionError:
        raise Conflict(
            "This version of the workflow can't be read any more.",
            code="unreadable_version",
            remedy="Choose the live version, or publish the workflow again.",
        ) from None
    return version_id, program


def check_dry(run: Run, choice: str) -> Checked:
    """Return what a dry replay of the whole run needs; by the draft too. Raises `Conflict`."""
    trigger = editing.trigger_of(run)
    if choice != VersionChoice.DRAFT:
        version_id, program = version_for(run, choice)
        return Checked(Wanted(version=choice), version_id, program, trigger=trigger)
    try:
        definition = parse(run.workflow.draft)
    except InvalidDefinitionError as error:
        raise Conflict(
            f"The draft can't be read: {error}",
            code="unreadable_draft",
            remedy="Mend it in the editor, or choose a version.",
        ) from None
    program = compile_program(definition, catalog=registry.within(run.workspace_id))
    return Checked(Wanted(version=choice), 0, program, trigger=trigger)


def differences_before(run: Run, program: Program, from_step: str) -> list[str]:
    """Return what keeps this program from going on with a step of the run; nothing where it can."""
    try:
        former = compiled(run.version_id)
    except InvalidDefinitionError:
        return ["The version that the run had can't be read any more."]
    return differences(former.definition, program.definition, from_step)


def trigger_data(run: Run, program: Program) -> dict[str, Any]:
    """Return what the event gives to this program. Raises `Conflict`."""
    try:
        return payload.trigger_data(run, program.definition.trigger.trigger)
    except payload.PayloadGoneError:
        raise Conflict(
            "The event's body was kept for the replay window only.",
            code="body_gone",
            remedy="Send the event again from the provider.",
        ) from None
    except SealError as error:
        raise Conflict(
            f"The event's stored body can't be opened: {error.message}",
            code=error.code,
            remedy="Put the former key back at the end of FIELD_KEYS.",
        ) from None
    except (UnknownKeyError, UnsafeJSONError) as error:
        raise Conflict(f"The event can't be read by this version: {error}", code="unreadable_event") from None


def _check_beginning(run: Run, checked: Checked) -> None:
    taking.rows_before(run, checked.wanted.from_step)
    if checked.version_id == run.version_id:
        return
    found = differences_before(run, checked.program, checked.wanted.from_step)
    if found:
        raise Conflict(
            "The live version differs before this step, so what the run did there can't be taken over.",
            code="path_changed",
            details=[{"message": each} for each in found],
            remedy=f"{' '.join(found)} Begin with the first step, or choose the version that the run had.",
        )


def _edited_trigger(run: Run, program: Program, wanted: Wanted) -> Mapping[str, Any] | None:
    if wanted.trigger is None:
        # Said again for a run that repeats one whose event was edited: its data is what is repeated.
        return editing.trigger_of(run)
    original = trigger_data(run, program)
    edited = editing.checked_trigger(program.definition.trigger.trigger, original, wanted.trigger)
    if edited == original:
        return editing.trigger_of(run)
    return edited


def _edited_inputs(run: Run, checked: Checked, *, actor: Actor) -> dict[str, Any]:
    wanted = checked.wanted
    if wanted.inputs is None:
        return {}
    if wanted.outputs is not None:
        raise ValidationFailed("A step that is skipped takes no inputs.", field="inputs")
    step = checked.program.find(wanted.from_step)
    if not isinstance(step, CompiledAction) or step.action is None:
        raise ValidationFailed("Only the inputs of an action can be edited.", field="inputs")
    inputs = editing.checked_inputs(step.action, inputs_shown(run, wanted.from_step), wanted.inputs)
    if inputs and made.is_costly(step.step.action, step.action.effect.value):
        _require_costly(run, actor, doing=f"edit what “{step.step.name}” sends")
    return inputs


def inputs_shown(run: Run, path: str) -> dict[str, Any]:
    """Return a step's inputs as the run log has them, masked."""
    row = run.steps.filter(path=path).defer("working").first()
    log = row.log if row is not None and isinstance(row.log, dict) else {}
    given = log.get("input")
    return given if isinstance(given, dict) else {}


def _given_outputs(checked: Checked) -> dict[str, Any]:
    step = checked.program.find(checked.wanted.from_step)
    if step is None or not taking.may_be_skipped(checked.program, checked.wanted.from_step):
        raise ValidationFailed(
            "The results of this step can't be given: it decides where the run goes, or asks people.",
            field="outputs",
        )
    return editing.checked_outputs(step.gives, checked.wanted.outputs or {})


def _check_redo(run: Run, checked: Checked, *, inputs: Mapping[str, Any], actor: Actor) -> None:
    wanted = checked.wanted
    known = {each.place: each for each in made.made_for(run)}
    unknown = wanted.redo - known.keys()
    if unknown:
        raise ValidationFailed(
            "A step that is to be done again was not done by an earlier run of this event.",
            field="redo",
            remedy="Look at the page anew: somebody may have repeated the run meanwhile.",
        )
    before = {row.path for row in taking.rows_before(run, wanted.from_step)} if wanted.from_step else set()
    taken = [known[place].name for place in sorted(wanted.redo) if place.split("[", 1)[0] in before]
    if taken:
        raise ValidationFailed(
            f"“{taken[0]}” stands before the step that the replay begins with, so it is not done again.",
            field="redo",
            remedy="Begin with an earlier step, or leave it as it is.",
        )
    if inputs and wanted.from_step in known and wanted.from_step not in wanted.redo:
        raise ValidationFailed(
            f"“{known[wanted.from_step].name}” was done already, so its inputs are not sent.",
            field="inputs",
            remedy="Tick that it is done again, or leave its inputs as they are.",
        )
    costly = [known[place] for place in sorted(wanted.redo) if known[place].costly]
    if costly:
        _require_costly(run, actor, doing=f"do “{costly[0].name}” again")


def _require_costly(run: Run, actor: Actor, *, doing: str) -> None:
    if not may(actor, run.workspace, Permission.REPEAT_COSTLY):
        raise NotAllowed(
            f"Only an admin or owner may {doing}: it deletes something or moves money.",
            code="not_allowed",
            remedy="Ask an owner or admin of the workspace.",
        )


def _check_approvals(run: Run, checked: Checked) -> None:
    """Raise `Conflict` where an approval would count for something else than it showed."""
    wanted = checked.wanted
    former = editing.trigger_of(run)
    changed = (
        bool(checked.inputs)
        or wanted.outputs is not None
        or checked.version_id != run.version_id
        or checked.trigger != former
    )
    if not wanted.from_step or not changed:
        return
    asked = next((row for row in taking.rows_before(run, wanted.from_step) if row.kind == "approval"), None)
    if asked is not None:
        raise Conflict(
            f"The approval “{asked.name}” counts only for what it showed, and that is changed here.",
            code="approval_before",
            remedy=f"Begin with “{asked.name}” or before it, so that people are asked again.",
        )
