"""Findings of the shape, told by the step's id and name and the field."""

from collections.abc import Sequence
from typing import Any

from pydantic import ValidationError

from apps.workflows.engine.problems import Problem

_SEQUENCES = ("steps", "then", "else", "default")

Location = Sequence[str | int]


def problems_of(error: ValidationError, data: Any) -> list[Problem]:
    """Return one problem per finding of pydantic's about `data`."""
    return [_problem(item["loc"], str(item["msg"]), data) for item in error.errors()]


def _problem(location: Location, told: str, data: Any) -> Problem:
    message = told.removeprefix("Value error, ")
    step, index, rest = _innermost(location, data)
    if step is None:
        path = [str(part) for part in location]
        of_trigger = path[:1] == ["trigger"]
        return Problem(
            path=".".join(path),
            code="shape",
            message=message,
            step="Trigger" if of_trigger else "",
            field=path[1] if of_trigger and len(path) > 1 else "",
            step_id="trigger" if of_trigger else "",
        )
    parts = [str(part) for part in rest]
    field = parts[1] if parts[:1] == ["inputs"] and len(parts) > 1 else ""
    if field:
        # Behind an input's key stands the mapping's tag, which is pydantic's.
        parts = parts[:2]
    name = str(step.get("id", index))
    return Problem(
        path=".".join(("steps", name, *parts)),
        code="shape",
        message=message,
        step=str(step.get("name", "")),
        field=field or (parts[0] if parts else ""),
        step_id=name,
    )


def _innermost(location: Location, data: Any) -> tuple[dict[str, Any] | None, str | int, Location]:
    """Return the innermost step that a location leads to, its index, and the location inside it."""
    step: dict[str, Any] | None = None
    index: str | int = ""
    while (found := _next_step(location, data, inside=step is not None)) is not None:
        data, index, location = found
        step = data if isinstance(data, dict) else {}
        # Behind the index stands the step's kind, which is pydantic's.
        location = location[1:]
    return step, index, location


def _next_step(location: Location, data: Any, *, inside: bool) -> tuple[Any, int, Location] | None:
    """Return the next step on the way that a location describes, or None behind the last."""
    match location:
        case [("then" | "else" | "default" | "steps") as key, int(at), *_] if inside or key == "steps":
            lead: Location = (key,)
        case ["on_error", "steps", int(at), *_] if inside:
            lead = ("on_error", "steps")
        case ["cases", int(case), "steps", int(at), *_] if inside:
            lead = ("cases", case, "steps")
        case _:
            return None
    try:
        for part in lead:
            data = data[part]
        return data[at], at, location[len(lead) + 1 :]
    except (KeyError, IndexError, TypeError):
        return None
