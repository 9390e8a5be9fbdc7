"""A run's steps as the tree that its version is: branches taken and not taken, and the items of loops."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from apps.runs.models import StepRun
from apps.workflows.engine.definition import ForEachStep, IfStep, Step, SwitchStep, branches

ITEMS_SHOWN = 20
"""Items of a loop on one page."""


@dataclass(frozen=True, slots=True)
class Branch:
    """One sequence that a step holds; `nodes` are empty where it was not taken."""

    name: str
    taken: bool
    nodes: tuple["Node", ...] = ()
    steps: int = 0


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a loop. `status` is that of the step which says most about it."""

    index: int
    status: str
    nodes: tuple["Node", ...] = ()

    @property
    def number(self) -> int:
        """Return the item's number, counted from 1."""
        return self.index + 1

    @property
    def opened(self) -> bool:
        """Tell whether the item asks for a look."""
        return self.status in _WORTH_A_LOOK


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a loop that are on this page. `before` and `after` are where other pages begin."""

    count: int
    counts: tuple[tuple[str, int], ...]
    shown: tuple[Item, ...]
    before: int | None = None
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Node:
    """One step that was begun, with what it holds."""

    path: str
    branches: tuple[Branch, ...] = ()
    items: Items | None = None


_WORTH_A_LOOK = (StepRun.Status.NEEDS_DECISION, StepRun.Status.FAILED)
_TELLING = (
    StepRun.Status.NEEDS_DECISION,
    StepRun.Status.FAILED,
    StepRun.Status.RUNNING,
    StepRun.Status.WAITING,
    StepRun.Status.FILTERED,
)

Begin = Callable[[str], int | None]
"""Returns the index of the first item to be shown of the loop at a path, None where nobody chose one."""


class Grower:
    """Grows the tree from the version's steps and the rows of the run."""

    def __init__(self, rows: Sequence[StepRun], *, begin: Begin) -> None:
        self._rows = {row.path: row for row in rows}
        self._begin = begin
        self._items = _items_of(rows)

    def grow(self, steps: Sequence[Step], lead: str = "") -> tuple[Node, ...]:
        """Return the steps of a sequence that were begun."""
        return tuple(self._node(step, lead + step.id) for step in steps if self._is_known(lead + step.id))

    def _is_known(self, path: str) -> bool:
        return path in self._rows or path in self._items

    def _node(self, step: Step, path: str) -> Node:
        lead = path[: -len(step.id)]
        items = self._loop(step, path) if isinstance(step, ForEachStep) else None
        return Node(path, tuple(self._branches(step, path, lead)), items)

    def _branches(self, step: Step, path: str, lead: str) -> Iterator[Branch]:
        row = self._rows.get(path)
        taken = _taken(step, row)
        for branch in branches(step):
            if isinstance(step, ForEachStep) and branch.key == "steps":
                continue
            if branch.key == "on_error":
                if row is not None and row.status == StepRun.Status.FAILED:
                    yield Branch("On error", True, self.grow(branch.steps, lead))  # noqa: FBT003 - it was taken.
                continue
            nodes = self.grow(branch.steps, lead) if branch.key == taken else ()
            yield Branch(branch.name, branch.key == taken, nodes, len(branch.steps))

    def _loop(self, step: ForEachStep, path: str) -> Items:
        found = self._items.get(path, {})
        order = sorted(found)
        tally: dict[str, int] = {}
        states = {index: _state(found[index]) for index in order}
        for state in states.values():
            tally[state] = tally.get(state, 0) + 1
        chosen = self._begin(path)
        start = _worth_a_look(order, states) if chosen is None else chosen
        page = [index for index in order if index >= start][:ITEMS_SHOWN]
        earlier = [index for index in order if index < (page[0] if page else start)]
        later = [index for index in order if page and index > page[-1]]
        return Items(
            count=len(order),
            counts=tuple(sorted(tally.items())),
            shown=tuple(
                Item(index, states[index], self.grow(step.steps, f"{path}[{index}].")) for index in page
            ),
            before=earlier[-ITEMS_SHOWN:][0] if earlier else None,
            after=later[0] if later else None,
        )


def paths_in(nodes: Sequence[Node]) -> Iterator[str]:
    """List the paths of every step in the tree."""
    for node in nodes:
        yield node.path
        for branch in node.branches:
            yield from paths_in(branch.nodes)
        for item in node.items.shown if node.items else ():
            yield from paths_in(item.nodes)


def in_loop(path: str) -> bool:
    """Tell whether a path is that of a step in a loop's body."""
    return "[" in path


def _items_of(rows: Sequence[StepRun]) -> dict[str, dict[int, list[StepRun]]]:
    """Return the rows of every loop's items by the loop's path and the item's index."""
    found: dict[str, dict[int, list[StepRun]]] = {}
    for row in rows:
        for at, letter in enumerate(row.path):
            if letter == "[":
                index = row.path[at + 1 :].partition("]")[0]
                if index.isdigit():
                    found.setdefault(row.path[:at], {}).setdefault(int(index), []).append(row)
    return found


def _state(rows: Sequence[StepRun]) -> str:
    statuses = {row.status for row in rows}
    return str(next((each for each in _TELLING if each in statuses), StepRun.Status.SUCCEEDED))


def _worth_a_look(order: Sequence[int], states: Mapping[int, str]) -> int:
    """Return where the page begins on which the first item stands that asks for a look."""
    for wanted in _WORTH_A_LOOK:
        found = next((at for at, index in enumerate(order) if states[index] == wanted), None)
        if found is not None:
            return order[found - found % ITEMS_SHOWN]
    return 0


def _taken(step: Step, row: StepRun | None) -> str:
    """Return the key of the branch that was taken; "" where none was."""
    if row is None or not isinstance(step, IfStep | SwitchStep):
        return ""  # Of others the log is not read: it may not have been loaded.
    output = row.log.get("output") if isinstance(row.log, dict) else None
    if not isinstance(output, Mapping):
        return ""
    if isinstance(step, IfStep):
        return "then" if output.get("result") else "else"
    case = str(output.get("case_id", ""))
    return "default" if case == "default" else f"cases.{case}"
