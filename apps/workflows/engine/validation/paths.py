"""Whether what a template or condition reads is declared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from apps.catalog.spec import Field, FieldType
from apps.language.paths import Path, did_you_mean, format_path
from apps.workflows.engine.catalog import RAW, RUN_FIELDS
from apps.workflows.engine.outputs import ERROR_FIELDS, LOOP_FIELDS

_OPEN = (FieldType.OBJECT, FieldType.ANY)
_LIST_PARTS = ("first", "last", "size")
_TEXTS = (FieldType.TEXT, FieldType.LONG_TEXT, FieldType.EMAIL, FieldType.URL, FieldType.CHOICE)
_RUN = {each.key: each for each in RUN_FIELDS}
_LOOP = {each.key: each for each in LOOP_FIELDS}
_ERROR = {each.key: each for each in ERROR_FIELDS}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a path can't be read."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Declared:
    """What one step may read: the trigger's fields and the outputs of the steps before it.

    None stands for fields that are not known because the trigger or action is
    not; they are not checked. `pending` names this step and those that have not
    run by then. `bodies` names the for each around each step that is in one,
    `waits` the steps with an address of their own. `item` and `loop` are there
    in the body of a for each, `error` in an error branch.
    """

    trigger: Mapping[str, Field] | None
    pending: Mapping[str, str]
    steps: Mapping[str, Mapping[str, Field] | None]
    bodies: Mapping[str, str] = field(default_factory=dict)
    waits: tuple[str, ...] = ()
    item: Field | None = None
    loop: bool = False
    error: bool = False

    def behind(self, step_id: str, outputs: Mapping[str, Field] | None) -> "Declared":
        """Return what may be read behind this step."""
        pending = {key: name for key, name in self.pending.items() if key != step_id}
        return replace(self, pending=pending, steps={**self.steps, step_id: outputs})

    def joined(self, branch: "Declared") -> "Declared":
        """Return what may be read behind a branch that has ended."""
        pending = {key: name for key, name in self.pending.items() if key not in branch.steps}
        return replace(self, pending=pending, steps={**self.steps, **branch.steps})

    def run_fields(self) -> dict[str, Field]:
        """Return what `{{ run.… }}` offers."""
        if not self.waits:
            return _RUN
        addresses = tuple(Field(key=each, label=each, type=FieldType.URL) for each in self.waits)
        urls = Field(key="wait_urls", label="Wait addresses", type=FieldType.OBJECT, fields=addresses)
        return {**_RUN, urls.key: urls}

    def field(self, path: Path) -> Field | None:
        """Return the declared field that a path names exactly."""
        match path:
            case ("trigger", str(key)):
                return (self.trigger or {}).get(key)
            case ("trigger", str(key), str(member)):
                whole = (self.trigger or {}).get(key)
                return by_key(whole.fields).get(member) if whole else None
            case ("steps", str(step_id), str(key)):
                return (self.steps.get(step_id) or {}).get(key)
            case ("run", str(key)):
                return _RUN.get(key)
            case ("item", str(key)) if self.item is not None:
                return by_key(self.item.fields).get(key)
            case ("item",):
                return self.item
            case ("loop", str(key)) if self.loop:
                return _LOOP.get(key)
            case ("error", str(key)) if self.error:
                return _ERROR.get(key)
        return None


def by_key(fields: Iterable[Field]) -> dict[str, Field]:
    """Return fields by their keys."""
    return {field.key: field for field in fields}


def find_fault(path: Path, declared: Declared) -> Fault | None:
    """Return why a path is not declared, or None."""
    if path[0] == "trigger":
        if path[1:2] == (RAW,):
            return None
        return _fault_in(path, 1, declared.trigger, also=(RAW,))
    if path[0] == "run":
        return _fault_in(path, 1, declared.run_fields())
    if path[0] == "steps":
        return _fault_in_steps(path, declared)
    if path[0] in ("item", "loop"):
        return _fault_in_loop(path, declared)
    if path[0] == "error":
        return _fault_in(path, 1, _ERROR) if declared.error else _only(path, "an error branch")
    return _unknown_name(path, declared)


def _unknown_name(path: Path, declared: Declared) -> Fault:
    loop = ("item", "loop") if declared.loop else ()
    roots = ("trigger", "steps", "run", *loop, *(("error",) if declared.error else ()))
    near = did_you_mean(str(path[0]), roots)
    listed = f"{', '.join(roots[:-1])} or {roots[-1]}"
    message = f"Unknown name “{path[0]}” in {_told(path)}.{near} A path starts with {listed}."
    return Fault("unknown_name", message)


def _fault_in_loop(path: Path, declared: Declared) -> Fault | None:
    if path[0] == "loop" and declared.loop:
        return _fault_in(path, 1, _LOOP)
    if path[0] == "item" and declared.item is not None:
        return _fault_in(path, 0, {"item": declared.item})
    return _only(path, "the body of a for each")


def _only(path: Path, where: str) -> Fault:
    message = f"{_told(path)} can be read only in {where}."
    return Fault("out_of_place", message)


def _fault_in_steps(path: Path, declared: Declared) -> Fault | None:
    if len(path) == 1:
        return None
    step_id = str(path[1])
    if step_id in declared.steps:
        return _fault_in(path, 2, declared.steps[step_id])
    if step_id in declared.bodies and not declared.loop:
        message = (
            f"{_told(path)} reads a step inside “{declared.bodies[step_id]}”, which runs once for each item. "
            "Behind it, read the results of the for each."
        )
        return Fault("inside_loop", message)
    if step_id in declared.pending:
        message = (
            f"{_told(path)} reads step “{declared.pending[step_id]}”, which has not run by then. "
            "Only the results of earlier steps can be read."
        )
        return Fault("later_step", message)
    near = did_you_mean(step_id, declared.steps)
    return Fault("unknown_step", f"Unknown step “{step_id}” in {_told(path)}.{near}")


def _fault_in(
    path: Path, at: int, fields: Mapping[str, Field] | None, *, also: tuple[str, ...] = ()
) -> Fault | None:
    if fields is None or len(path) == at:
        return None
    key = path[at]
    field = fields.get(key) if isinstance(key, str) else None
    if field is None:
        near = did_you_mean(str(key), (*fields, *also))
        return Fault("unknown_field", f"Unknown field “{key}” in {_told(path)}.{near}")
    if len(path) > at + 1 and field.type is FieldType.OBJECT and field.fields:
        return _fault_in(path, at + 1, by_key(field.fields))
    if len(path) > at + 1 and not _has_part(field, path[at + 1]):
        part = format_path(path[at + 1 : at + 2])
        return Fault("no_part", f"“{key}” has no “{part}” inside it, in {_told(path)}.")
    return None


def _has_part(field: Field, part: str | int) -> bool:
    if field.type is FieldType.LIST:
        return isinstance(part, int) or part in _LIST_PARTS
    return field.type in _OPEN or (field.type in _TEXTS and part == "size")


def _told(path: Path) -> str:
    return f"{{{{ {format_path(path)} }}}}"
