"""Transform steps: operations on one value, compiled once and applied to a run's data. Pure.

    transform = compile_transform(step)          # templates parsed; raises TransformError
    value = apply(transform, scope)              # raises TransformError

The value begins as the source's, or as an empty object. Nothing that a template
reads is changed: every operation makes a new value. `problems_of` says what
keeps a step from being published.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from apps.language import conditions, safe_json
from apps.language.context import MAX_NAMESPACE, size_of
from apps.language.errors import LanguageError, UnsafeJSONError
from apps.language.filters.registry import MAX_ITEMS
from apps.language.values import is_number, plain, to_decimal, to_text, type_name
from apps.workflows.engine import definition as form
from apps.workflows.engine.definition import operations as ops
from apps.workflows.engine.mapped import Mapped, MappingError, compile_mapping, resolve
from apps.workflows.engine.messages import field_name, shown

MAX_EVALUATIONS: Final = 20_000
"""How many times one step may evaluate conditions and mappings for items."""

MAX_SIZE: Final = MAX_NAMESPACE
"""Characters of the value behind each operation, about."""

Scope = Mapping[str, Any]

Watch = Callable[[], object]
"""Is called again and again while a step is made; what it raises ends the step."""


class TransformError(Exception):
    """Why a transform step can't be compiled or made; `number` counts its operations from 1, 0 is the source.

    `message` tells the operation, without the step's name.
    """

    def __init__(self, message: str, *, code: str, number: int = 0, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.number = number
        self.remedy = remedy or "Change the operation, or filter such events out."


@dataclass(frozen=True, slots=True)
class Made:
    """One operation with its mapping parsed, where it has one."""

    operation: ops.Operation
    value: Mapped | None = None


@dataclass(frozen=True, slots=True)
class Transform:
    """A transform step made ready to run. Immutable."""

    source: Mapped | None = None
    operations: tuple[Made, ...] = field(default=())


def compile_transform(step: form.TransformStep) -> Transform:
    """Return the step with its templates parsed; raises `TransformError` for the first that can't be."""
    source = None if step.source is None else _compiled(step.source, 0, "source")
    made = []
    for number, operation in enumerate(step.operations, start=1):
        mapping = operation.value if isinstance(operation, ops.SetField | ops.MapItems) else None
        made.append(Made(operation, None if mapping is None else _compiled(mapping, number, operation.op)))
    return Transform(source, tuple(made))


def _compiled(mapping: form.Mapping, number: int, what: str) -> Mapped:
    try:
        return compile_mapping(mapping)
    except MappingError as error:
        message = f"{_place(number, what)}has a template that can't be read, {shown(error.source)}. "
        raise TransformError(
            f"{message}{error.cause.message}",
            code=error.cause.code,
            number=number,
            remedy="Mend the template, then publish the workflow again.",
        ) from None


def _place(number: int, what: str) -> str:
    return f"operation {number} ({what}) " if number else "the source "


def unwatched() -> None:
    """Let a step take as long as its other limits allow."""


def apply(transform: Transform, scope: Scope, *, watch: Watch = unwatched) -> Any:
    """Return what the operations make of the source. Raises `TransformError` naming the operation.

    `watch` is called before each operation and each item.
    """
    worker = _Worker(scope, watch)
    value: Any = {} if transform.source is None else worker.resolve(transform.source, scope, 0, "source")
    for number, made in enumerate(transform.operations, start=1):
        value = worker.apply(value, made, number)
    try:
        value = plain(value)
        safe_json.check(value)
    except UnsafeJSONError as error:
        raise TransformError(f"The result is refused. {error.message}", code=error.code) from None
    return value


class _Worker:
    """Applies operations within one step's limits."""

    def __init__(self, scope: Scope, watch: Watch) -> None:
        self.scope = scope
        self.watch = watch
        self.evaluations = 0

    def resolve(self, mapped: Mapped, scope: Scope, number: int, what: str) -> Any:
        try:
            return resolve(mapped, scope)
        except MappingError as error:
            inner = f"at {field_name(error.keys[0], error.keys[1:])} " if error.keys else ""
            message = f"{_place(number, what)}{inner}can't be filled by {shown(error.source)}. "
            raise TransformError(
                f"{_capital(message)}{error.cause.message}", code=error.cause.code, number=number
            ) from None

    def apply(self, value: Any, made: Made, number: int) -> Any:
        self.watch()
        operation = made.operation
        if isinstance(operation, ops.SetField | ops.RenameField | ops.PickFields | ops.RemoveFields):
            changed: Any = self._of_object(self._object(value, operation, number), made, number)
        elif operation.field is None:
            changed = self._of_list(self._list(value, operation, number), made, number)
        else:
            whole = self._object(value, operation, number)
            items = self._list(whole.get(operation.field), operation, number)
            target = getattr(operation, "to", None) or operation.field
            changed = {**whole, target: self._of_list(items, made, number)}
        self._bounded(changed, operation, number)
        return changed

    def _of_object(self, whole: Mapping[str, Any], made: Made, number: int) -> dict[str, Any]:
        match made.operation:
            case ops.SetField(field=name):
                value = None
                if made.value is not None:
                    value = self.resolve(made.value, self.scope, number, "set")
                return {**whole, name: value}
            case ops.RenameField(field=name, to=to):
                renamed = {(to if key == name else key): each for key, each in whole.items() if key != to}
                return renamed if name in whole else dict(whole)
            case ops.PickFields(fields=names):
                return {name: whole[name] for name in names if name in whole}
            case ops.RemoveFields(fields=names):
                return {key: each for key, each in whole.items() if key not in names}
        raise TypeError(made.operation.op)

    def _of_list(self, items: list[Any], made: Made, number: int) -> Any:
        operation = made.operation
        match operation:
            case ops.FilterItems(condition=condition):
                return [item for item in items if self._holds(condition, item, number)]
            case ops.MapItems():
                return self._mapped(items, made, number)
            case ops.SortItems(by=by, descending=descending):
                return self._sorted(items, by or None, number, descending=descending)
            case ops.UniqueItems(by=by):
                keys = [_key(self._part(item, by or None, "unique", number)) for item in items]
                first = {key: index for index, key in reversed(list(enumerate(keys)))}
                return [items[index] for index in sorted(first.values())]
            case ops.TakeItems(count=count):
                return items[:count]
            case ops.JoinItems(separator=separator):
                return separator.join(to_text(item) for item in items)
            case ops.CountItems():
                return len(items)
            case ops.SumItems(by=by):
                return self._sum(items, by or None, number)
            case ops.FlattenItems():
                return [
                    each for item in items for each in (item if isinstance(item, list | tuple) else [item])
                ]
        raise TypeError(operation.op)

    def _mapped(self, items: list[Any], made: Made, number: int) -> list[Any]:
        found, size = [], 0
        for item in items:
            self._spend("map", number)
            value = None
            if made.value is not None:
                value = self.resolve(made.value, {**self.scope, "item": item}, number, "map")
            size += size_of(value)
            if size > MAX_SIZE:
                raise _too_large("map", number)
            found.append(value)
        return found

    def _holds(self, condition: Mapping[str, Any], item: Any, number: int) -> bool:
        self._spend("filter", number)
        try:
            return conditions.evaluate(condition, {**self.scope, "item": item}).result
        except LanguageError as error:
            message = f"Operation {number} (filter) can't decide its condition. {error.message}"
            raise TransformError(message, code=error.code, number=number) from None

    def _sorted(self, items: list[Any], by: str | None, number: int, *, descending: bool) -> list[Any]:
        keyed = [(self._part(item, by, "sort", number), item) for item in items]
        present = [(key, item) for key, item in keyed if key is not None]
        if not all(is_number(key) for key, _ in present) and not all(
            isinstance(key, str) for key, _ in present
        ):
            raise _wrong("sort", number, "can sort numbers, or texts, but not a list of different kinds.")
        present.sort(key=lambda pair: _order(pair[0]), reverse=descending)
        # Nulls come last, whatever the direction.
        return [item for _, item in present] + [item for key, item in keyed if key is None]

    def _sum(self, items: list[Any], by: str | None, number: int) -> Any:
        total = Decimal(0)
        for index, item in enumerate(items, start=1):
            value = self._part(item, by, "sum", number)
            if value is None:
                continue
            exact = to_decimal(value)
            if exact is None:
                raise _wrong("sum", number, f"adds numbers, but item {index} is {type_name(value)}.")
            total += exact
        return plain(total)

    def _part(self, item: Any, by: str | None, op: str, number: int) -> Any:
        if by is None:
            return item
        if not isinstance(item, dict):
            raise _wrong(op, number, f"reads “{by}” of objects, but one item is {type_name(item)}.")
        return item.get(by)

    def _object(self, value: Any, operation: ops.Operation, number: int) -> dict[str, Any]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            raise _wrong(operation.op, number, f"needs an object, but has {type_name(value)}.")
        return value

    def _list(self, value: Any, operation: ops.Operation, number: int) -> list[Any]:
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            name = getattr(operation, "field", None)
            where = f"in “{name}”" if name else "to work on"
            raise _wrong(operation.op, number, f"needs a list {where}, but has {type_name(value)}.")
        if len(value) > MAX_ITEMS:
            raise _wrong(
                operation.op, number, f"takes {MAX_ITEMS:,} items, but has {len(value):,}.", code="limit"
            )
        return list(value)

    def _spend(self, op: str, number: int) -> None:
        self.watch()
        self.evaluations += 1
        if self.evaluations > MAX_EVALUATIONS:
            message = f"goes beyond {MAX_EVALUATIONS:,} items that one step may work on."
            raise _wrong(op, number, message, code="limit")

    def _bounded(self, value: Any, operation: ops.Operation, number: int) -> None:
        if size_of(value) > MAX_SIZE:
            raise _too_large(operation.op, number)


def _too_large(op: str, number: int) -> TransformError:
    return _wrong(op, number, f"makes more than {MAX_SIZE:,} characters.", code="limit")


def _wrong(op: str, number: int, what: str, *, code: str = "wrong_type") -> TransformError:
    return TransformError(f"Operation {number} ({op}) {what}", code=code, number=number)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _order(value: Any) -> Any:
    return to_decimal(value) if is_number(value) else value


def _key(value: Any) -> Any:
    """Return what equal values share: numbers by value, true and false only with themselves."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return (type(value).__name__, value)
    if is_number(value):
        return ("number", to_decimal(value))
    return (type(value).__name__, safe_json.dumps(value))


@dataclass(frozen=True, slots=True)
class OperationProblem:
    """What keeps an operation from being published; `index` counts from 0, `key` is the part at fault."""

    index: int
    key: str
    code: str
    message: str


def problems_of(step: form.TransformStep) -> Iterator[OperationProblem]:
    """List what operations lack. Their mappings' and conditions' paths are not looked at here."""
    for index, operation in enumerate(step.operations):
        for key in ("field", "to"):
            named = ops.SetField | ops.RenameField
            if isinstance(operation, named) and not getattr(operation, key, "x"):
                yield _lacks(index, operation, key, "the name of a field")
        if isinstance(operation, ops.PickFields | ops.RemoveFields) and not all(operation.fields or ("",)):
            yield _lacks(index, operation, "fields", "the names of fields")
        if isinstance(operation, ops.FilterItems):
            for problem in conditions.check(operation.condition):
                where = ".".join(("condition", *map(str, problem.path)))
                yield OperationProblem(index, where, problem.code, problem.message)
        if getattr(operation, "to", None) and getattr(operation, "field", None) is None:
            message = (
                f"Operation {index + 1} ({operation.op}) puts its result into a field only where it takes "
            )
            yield OperationProblem(
                index, "to", "unexpected", f"{message}its list from a field. Name that field."
            )


def _lacks(index: int, operation: ops.Operation, key: str, what: str) -> OperationProblem:
    return OperationProblem(index, key, "required", f"Operation {index + 1} ({operation.op}) needs {what}.")
