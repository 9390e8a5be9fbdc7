"""How the tree of steps is compiled, in the order of its positions."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from apps.catalog.registry import UnknownKeyError
from apps.workflows.engine import definition as form
from apps.workflows.engine import schemas
from apps.workflows.engine.catalog import Catalog
from apps.workflows.engine.definition import Step
from apps.workflows.engine.effects import StepError
from apps.workflows.engine.mapped import Mapped, MappingError, compile_mapping
from apps.workflows.engine.messages import field_name, shown, step_name
from apps.workflows.engine.outputs import outputs_of
from apps.workflows.engine.program import compiled as made
from apps.workflows.engine.program.actions import compile_action
from apps.workflows.engine.program.compiled import CompiledStep, Sequence
from apps.workflows.engine.transforming import TransformError, compile_transform
from apps.workflows.engine.validation.paths import Declared


class Compiler:
    """Compiles sequences; positions count on from one to the next.

    `scopes` are what each step may read, by its id, `start` what the first may.
    """

    def __init__(self, catalog: Catalog, scopes: Mapping[str, Declared], start: Declared) -> None:
        self._catalog = catalog
        self._scopes = scopes
        self._start = start
        self._position = 0

    def sequence(self, steps: tuple[Step, ...]) -> Sequence:
        """Return the steps compiled, each approval with the actions behind it."""
        found = [self._step(step) for step in steps]
        for index, step in enumerate(found):
            if isinstance(step, made.CompiledApproval):
                behind = made.actions_behind(tuple(found[index + 1 :]))
                found[index] = replace(step, behind=tuple(behind))
        return tuple(found)

    def _step(self, step: Step) -> CompiledStep:
        self._position += 1
        at = self._position
        match step:
            case form.ActionStep():
                declared = self._scopes.get(step.id, self._start)
                on_error = self._on_error(step)
                return compile_action(step, at, catalog=self._catalog, declared=declared, on_error=on_error)
            case form.IfStep():
                then, otherwise = self.sequence(step.then), self.sequence(step.else_)
                return made.CompiledIf(step, at, then=then, otherwise=otherwise, **self._rest(step))
            case form.SwitchStep():
                cases = tuple(self.sequence(case.steps) for case in step.cases)
                default = self.sequence(step.default)
                return made.CompiledSwitch(step, at, cases=cases, default=default, **self._rest(step))
            case form.ForEachStep():
                body = self.sequence(step.steps)
                return made.CompiledForEach(step, at, body=body, **self._rest(step, items=step.items))
            case _:
                return self._leaf(step, at)

    def _leaf(self, step: Step, at: int) -> CompiledStep:
        """Compile a step that holds no steps but its error branch's."""
        match step:
            case form.FilterStep():
                return made.CompiledFilter(step, at, **self._rest(step))
            case form.AIStep():
                return self._ai(step, at)
            case form.CodeStep():
                inputs, error = _compiled(step, step.inputs)
                return made.CompiledCode(step, at, inputs=inputs, **{**self._rest(step), "error": error})
            case form.TransformStep():
                return self._transform(step, at)
            case form.DelayStep():
                return made.CompiledDelay(step, at, **self._rest(step, **_delayed_by(step)))
            case form.ApprovalStep():
                return made.CompiledApproval(step, at, **self._rest(step, message=step.message))
            case form.WaitWebhookStep():
                return made.CompiledWait(step, at, **self._rest(step))
            case form.StopStep():
                return made.CompiledStop(step, at, **self._rest(step, message=step.message))
        raise TypeError(f"There is no way to compile a step of kind “{step.kind}”.")

    def _transform(self, step: form.TransformStep, at: int) -> CompiledStep:
        rest = self._rest(step)
        try:
            return made.CompiledTransform(step, at, transform=compile_transform(step), **rest)
        except TransformError as error:
            message = f"{step_name(step)}: {error.message}"
            unreadable = StepError(code=error.code, message=message, remedy=error.remedy)
            return made.CompiledTransform(step, at, **{**rest, "error": unreadable})

    def _ai(self, step: form.AIStep, at: int) -> CompiledStep:
        ref = f"{step.provider}.generate"
        rest = self._rest(step, system=step.system, prompt=step.prompt)
        try:
            _, action = self._catalog.get_action(ref)
        except UnknownKeyError:
            return made.CompiledAI(step, at, ref=ref, **{**rest, "error": _no_model(step)})
        if rest["error"] is None:
            rest["error"] = _bad_schema(step)
        return made.CompiledAI(step, at, ref=ref, action=action, **rest)

    def _rest(self, step: Step, **mappings: form.Mapping | None) -> dict[str, Any]:
        """Return what every compiled step has, and these mappings compiled."""
        given = {key: mapping for key, mapping in mappings.items() if mapping is not None}
        mapped, error = _compiled(step, given)
        gives = tuple(each.key for each in outputs_of(step, self._catalog) or ())
        return {**mapped, "gives": gives, "on_error": self._on_error(step), "error": error}

    def _on_error(self, step: Step) -> Sequence | None:
        return None if step.on_error is None else self.sequence(step.on_error.steps)


def _delayed_by(step: form.DelayStep) -> dict[str, form.Mapping | None]:
    return {"for": {"amount": step.amount}, "until": {"until": step.until}}.get(step.mode, {})


def _compiled(step: Step, mappings: Mapping[str, form.Mapping]) -> tuple[dict[str, Mapped], StepError | None]:
    """Return the mappings compiled, or the error of the first that can't be read."""
    found: dict[str, Mapped] = {}
    for key, mapping in mappings.items():
        try:
            found[key] = compile_mapping(mapping)
        except MappingError as error:
            return {}, _unreadable(step, key, error)
    return found, None


def _unreadable(step: Step, key: str, error: MappingError) -> StepError:
    where = field_name(key, error.keys)
    return StepError(
        code=error.cause.code,
        message=f"{step_name(step)}: {where} has a template that can't be read, {shown(error.source)}. "
        f"{error.cause.message}",
        remedy="Mend the template, then publish the workflow again.",
        field=key,
    )


def _bad_schema(step: form.AIStep) -> StepError | None:
    """Return why an answer can't be checked: a draft's schema may be anything."""
    if not isinstance(step.output, form.SchemaOutput):
        return None
    fault = next(iter(schemas.problems_of(step.output.schema_)), None)
    if fault is None:
        return None
    at = f"“{fault.where}” of the schema: " if fault.path else ""
    return StepError(
        code="bad_schema",
        message=f"{step_name(step)}: {at}{fault.message}",
        remedy="Mend the schema of the step's answer.",
        field="output",
    )


def _no_model(step: form.AIStep) -> StepError:
    return StepError(
        code="unknown_action",
        message=f"{step_name(step)}: there is no app “{step.provider}” that could ask a model.",
        remedy="Choose another connection for the step, then publish the workflow again.",
    )
