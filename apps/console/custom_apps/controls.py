"""Forms over a part of a declaration: controls, and rows of them, read, shown again and told problems.

A control's name in the page is its place in the declaration: `inputs-0-key` is
`inputs[0].key`. Rows are added and removed by buttons, so that no script is needed.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from apps.catalog.contract import Problem
from apps.console.custom_apps.texts import read, written
from apps.language.errors import UnsafeJSONError

MOST_ROWS = 60
BLANK = "__n__"
"""Stands for the number of a row that script adds."""


@dataclass(frozen=True, slots=True)
class Control:
    """One value. `name` is dotted below the part; `reads` says how the text becomes JSON.

    `shown_for` is `other.control=value|value`, in rows `row.other=…`: with script it is hidden otherwise.
    """

    name: str
    label: str
    kind: str = "text"  # text | area | code | select | check | color
    help: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    placeholder: str = ""
    required: bool = False
    reads: str = "text"  # text | raw | json | lines | numbers | bool | choices | example
    shown_for: str = ""
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """A list of objects, each with these controls."""

    name: str
    label: str
    columns: tuple[Control, ...]
    help: str = ""
    add: str = "Add a row"
    shown_for: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """Controls and rows under one heading."""

    title: str
    items: tuple[Control | Rows, ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class Bound:
    """A control with its text and problem, ready for the page."""

    control: Control
    name: str
    value: str
    error: str = ""

    @property
    def checked(self) -> bool:
        """Tell whether a tick is set."""
        return self.value == "on"

    @property
    def shown_for(self) -> str:
        """Return the condition under which script shows it, by the other control's name in the page."""
        return self.control.shown_for.replace(".", "-")


@dataclass(frozen=True, slots=True)
class BoundRows:
    """Rows with their controls, and one blank row for script to copy."""

    rows: Rows
    lines: list[list[Bound]]
    blank: list[Bound]
    error: str = ""

    @property
    def shown_for(self) -> str:
        """Return the condition under which script shows them."""
        return self.rows.shown_for.replace(".", "-")


class PartForm:
    """The form of one part: texts by name in the page."""

    def __init__(self, groups: Sequence[Group], texts: Mapping[str, str], counts: Mapping[str, int]) -> None:
        self._groups = groups
        self._texts = dict(texts)
        self._counts = dict(counts)
        self.errors: dict[str, str] = {}
        self.elsewhere: list[str] = []

    @classmethod
    def of_data(cls, groups: Sequence[Group], data: Mapping[str, Any]) -> "PartForm":
        """Return the form that shows stored data."""
        texts: dict[str, str] = {}
        counts: dict[str, int] = {}
        for item in _items(groups):
            if isinstance(item, Control):
                texts[_name(item.name)] = written(item.reads, _at(data, item.name))
                continue
            lines = _at(data, item.name) or []
            counts[item.name] = len(lines)
            for number, line in enumerate(lines):
                for column in item.columns:
                    texts[f"{item.name}-{number}-{_name(column.name)}"] = written(
                        column.reads, _at(line, column.name)
                    )
        return cls(groups, texts, counts)

    @classmethod
    def of_post(cls, groups: Sequence[Group], posted: Mapping[str, str]) -> "PartForm":
        """Return the form as it was sent; rows in which nothing was entered are left out."""
        texts: dict[str, str] = {}
        counts: dict[str, int] = {}
        for item in _items(groups):
            if isinstance(item, Control):
                texts[_name(item.name)] = _sent(posted, _name(item.name))
                continue
            lines = [line for line in _lines(item, posted) if _is_filled(item, line)]
            counts[item.name] = len(lines)
            for number, line in enumerate(lines):
                texts.update({f"{item.name}-{number}-{name}": text for name, text in line.items()})
        return cls(groups, texts, counts)

    def data(self) -> dict[str, Any]:
        """Return the part as JSON; what can't be read is null and named in `errors`."""
        data: dict[str, Any] = {}
        for item in _items(self._groups):
            if isinstance(item, Control):
                _set(data, item.name, self._read(item, _name(item.name), ""))
                continue
            lines: list[dict[str, Any]] = []
            for number in range(self._counts.get(item.name, 0)):
                line: dict[str, Any] = {}
                prefix = f"{item.name}-{number}-"
                for column in item.columns:
                    _set(line, column.name, self._read(column, prefix + _name(column.name), prefix))
                lines.append(line)
            data[item.name] = lines
        return data

    def add_row(self, name: str, line: Mapping[str, Any] | None = None) -> None:
        """Add a row at the end, blank or with these values."""
        rows = next(
            (item for item in _items(self._groups) if isinstance(item, Rows) and item.name == name), None
        )
        number = self._counts.get(name, 0)
        if rows is None or number >= MOST_ROWS:
            return
        self._counts[name] = number + 1
        for column in rows.columns:
            value = _at(line or {}, column.name)
            self._texts[f"{name}-{number}-{_name(column.name)}"] = (
                written(column.reads, value) if line else ""
            )

    def remove_row(self, name: str, number: int) -> None:
        """Remove a row; those behind it move up."""
        count = self._counts.get(name, 0)
        if not 0 <= number < count:
            return
        moved: dict[str, str] = {}
        pattern = re.compile(rf"{re.escape(name)}-([0-9]+)-(.+)")
        for key, text in self._texts.items():
            found = pattern.fullmatch(key)
            index = int(found[1]) if found else -1
            if found and index != number:
                moved[f"{name}-{index - (index > number)}-{found[2]}"] = text
            elif not found:
                moved[key] = text
        self._texts, self._counts[name] = moved, count - 1

    def put(self, name: str, text: str) -> None:
        """Put a text into a control."""
        self._texts[name] = text

    def text(self, name: str) -> str:
        """Return the text of a control."""
        return self._texts.get(name, "")

    def tell(self, problems: Iterable[Problem]) -> None:
        """Put problems at their controls, by their paths below the part; the rest is told above the form."""
        names = self._names()
        for problem in problems:
            parts = [str(part) for part in problem.path]
            found = next(
                (name for end in range(len(parts), 0, -1) if (name := "-".join(parts[:end])) in names), None
            )
            if found is None:
                place = " › ".join(part.replace("_", " ") for part in parts)
                self.elsewhere.append(f"{place}: {problem.as_text()}" if place else problem.as_text())
            else:
                self.errors.setdefault(found, problem.as_text())

    def bound(self) -> list[tuple[Group, list[Bound | BoundRows]]]:
        """Return the groups with everything that the page shows."""
        return [(group, [self._bind(item) for item in group.items]) for group in self._groups]

    def _bind(self, item: Control | Rows) -> Bound | BoundRows:
        if isinstance(item, Control):
            return self._bound(item, _name(item.name))
        lines = [
            [self._bound(column, f"{item.name}-{number}-{_name(column.name)}") for column in item.columns]
            for number in range(self._counts.get(item.name, 0))
        ]
        blank = [Bound(column, f"{item.name}-{BLANK}-{_name(column.name)}", "") for column in item.columns]
        return BoundRows(item, lines, blank, self.errors.get(item.name, ""))

    def _bound(self, control: Control, name: str) -> Bound:
        return Bound(control, name, self._texts.get(name, ""), self.errors.get(name, ""))

    def _names(self) -> set[str]:
        names = set(self._texts)
        for item in _items(self._groups):
            names.add(_name(item.name))
        return names

    def _read(self, control: Control, name: str, prefix: str) -> Any:
        text = self._texts.get(name, "")
        try:
            return read(control.reads, text, self._texts.get(f"{prefix}type", ""))
        except UnsafeJSONError as error:
            self.errors[name] = f"This is no JSON: {error.message}"
        except ValueError:
            self.errors[name] = "These are not whole numbers, parted by commas."
        return None


def _items(groups: Sequence[Group]) -> list[Control | Rows]:
    return [item for group in groups for item in group.items]


def _name(dotted: str) -> str:
    return dotted.replace(".", "-")


def _at(data: Any, dotted: str) -> Any:
    for part in dotted.split("."):
        data = data.get(part) if isinstance(data, Mapping) else None
    return data


def _set(data: dict[str, Any], dotted: str, value: Any) -> None:
    *above, last = dotted.split(".")
    for part in above:
        data = data.setdefault(part, {})
    data[last] = value


def _sent(posted: Mapping[str, str], name: str) -> str:
    return posted.get(name, "").replace("\r\n", "\n")


def _lines(rows: Rows, posted: Mapping[str, str]) -> list[dict[str, str]]:
    pattern = re.compile(rf"{re.escape(rows.name)}-([0-9]{{1,4}})-")
    numbers = sorted({int(found[1]) for key in posted if (found := pattern.match(key))})[:MOST_ROWS]
    return [
        {_name(each.name): _sent(posted, f"{rows.name}-{number}-{_name(each.name)}") for each in rows.columns}
        for number in numbers
    ]


def _is_filled(rows: Rows, line: Mapping[str, str]) -> bool:
    return any(
        line[_name(column.name)].strip() for column in rows.columns if column.kind not in ("check", "select")
    )
