"""Where a problem is, as programs and as people name it."""

from dataclasses import dataclass, replace

from apps.language.errors import LanguageError
from apps.workflows.engine.definition import ActionStep, Step
from apps.workflows.engine.problems import Problem


@dataclass(frozen=True, slots=True)
class Place:
    """One part of a definition. `path` locates it, `step` and `field` name it for people."""

    path: str
    step: str = ""
    field: str = ""
    step_id: str = ""

    def part(self, name: str) -> "Place":
        """Return the place of a part of this one; people know it by the same field."""
        return replace(self, path=f"{self.path}.{name}")

    def inside(self, keys: tuple[str, ...]) -> "Place":
        """Return the place of what stands behind these keys inside it."""
        if not keys:
            return self
        inner = ".".join(keys)
        return replace(self, path=f"{self.path}.{inner}", field=f"{self.field}.{inner}")

    def problem(self, code: str, message: str) -> Problem:
        """Return a problem of this place."""
        return Problem(
            path=self.path,
            code=code,
            message=message,
            step=self.step,
            field=self.field,
            step_id=self.step_id,
        )

    def unreadable(self, error: LanguageError) -> Problem:
        """Return the problem of a template or condition that can't be read."""
        return self.problem(error.code, error.message)


TRIGGER = Place("trigger", step="Trigger", step_id="trigger")


def of_trigger(part: str, *, field: str = "") -> Place:
    """Return the place of a part of the trigger."""
    return replace(TRIGGER, path=f"trigger.{part}", field=field)


def of_step(step: Step, part: str = "", *, field: str = "") -> Place:
    """Return the place of a step, or of a part of it."""
    path = f"steps.{step.id}.{part}" if part else f"steps.{step.id}"
    return Place(path, step=step.name, field=field, step_id=step.id)


def of_input(step: ActionStep, key: str, inner: tuple[str, ...] = ()) -> Place:
    """Return the place of an input, or of a key inside it."""
    name = ".".join((key, *inner))
    return of_step(step, f"inputs.{name}", field=name)
