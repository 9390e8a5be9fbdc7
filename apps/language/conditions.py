"""Conditions: a JSON tree of all, any and not, with comparisons as leaves.

    {"all": [{"left": {"template": "{{ trigger.amount }}"}, "op": "at_least", "right": {"value": 1000}},
             {"not": {"left": {"template": "{{ trigger.email }}"}, "op": "is_empty"}}]}

`check` tells a writer what is wrong; `evaluate` trusts what was checked and
reports every leaf, so that the run log can show why.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from apps.language import mappings
from apps.language.errors import ConditionError, TemplateError
from apps.language.operators import OPERATORS, Operator
from apps.language.paths import Path, did_you_mean

__all__ = [
    "MAX_DEPTH",
    "MAX_LEAVES",
    "OPERATORS",
    "LeafResult",
    "Operator",
    "Problem",
    "Verdict",
    "check",
    "comparisons",
    "evaluate",
    "paths_of",
    "unfilled",
]

MAX_DEPTH: Final = 8
MAX_LEAVES: Final = 200

_LEAF_KEYS: Final = frozenset({"left", "op", "right", "ignore_case"})


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong at one place of a tree, such as `("all", 0, "right")`."""

    path: Path
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class LeafResult:
    """One comparison with the values that it met. `note` says why, where that is not plain."""

    path: Path
    op: str
    left: Any
    right: Any
    result: bool
    note: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether a condition holds, and every comparison in it."""

    result: bool
    leaves: tuple[LeafResult, ...]


def check(tree: Any) -> list[Problem]:
    """List everything that is wrong with a tree, templates included; empty means sound.

    Codes: `malformed`, `too_deep`, `too_many`, `empty_group`, `unknown_operator`,
    `missing`, `unexpected`, and those of `TemplateError`.
    """
    problems = list(_check_node(tree, ()))
    if _count_leaves(tree) > MAX_LEAVES:
        message = f"A condition may have {MAX_LEAVES} comparisons."
        problems.insert(0, Problem((), "too_many", message))
    return problems


def _group(node: Any) -> str | None:
    if isinstance(node, dict) and len(node) == 1:
        (key,) = node
        return key if key in ("all", "any", "not") else None
    return None


def _children(node: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    key = _group(node)
    if key == "not":
        yield node["not"], (*path, "not")
    elif key is not None and isinstance(node[key], list):
        for index, child in enumerate(node[key]):
            yield child, (*path, key, index)


def _depth(path: Path) -> int:
    return sum(isinstance(segment, int) or segment == "not" for segment in path)


def _count_leaves(node: Any, depth: int = 0) -> int:
    if _group(node) is None:
        return 1
    if depth >= MAX_DEPTH:
        return 0
    return sum(_count_leaves(child, depth + 1) for child, _ in _children(node, ()))


def _check_node(node: Any, path: Path) -> Iterator[Problem]:
    key = _group(node)
    if key is None:
        yield from _check_leaf(node, path)
    elif _depth(path) >= MAX_DEPTH:
        yield Problem(path, "too_deep", f"A condition may be nested {MAX_DEPTH} levels deep.")
    elif key != "not" and not isinstance(node[key], list):
        yield Problem((*path, key), "malformed", f"“{key}” needs a list of conditions.")
    elif key != "not" and not node[key]:
        yield Problem((*path, key), "empty_group", f"“{key}” has no condition in it. Add one or remove it.")
    else:
        for child, child_path in _children(node, path):
            yield from _check_node(child, child_path)


def _check_leaf(leaf: Any, path: Path) -> Iterator[Problem]:
    if not isinstance(leaf, dict) or not leaf.keys() & {"left", "op", "right"}:
        message = "A condition is “all”, “any” or “not”, or has “left”, “op” and “right”."
        yield Problem(path, "malformed", message)
        return
    for key in leaf.keys() - _LEAF_KEYS:
        near = did_you_mean(str(key), _LEAF_KEYS)
        yield Problem((*path, str(key)), "unexpected", f"A comparison has no “{str(key)[:40]}”.{near}")
    operator = OPERATORS.get(leaf["op"]) if isinstance(leaf.get("op"), str) else None
    if operator is None:
        yield _operator_problem(leaf, path)
    yield from _check_side(leaf, "left", path)
    if operator is None or operator.arity == 2 or leaf.get("right") is not None:
        yield from _check_right(leaf, operator, path)
    yield from _check_ignore_case(leaf, operator, path)


def _operator_problem(leaf: dict[str, Any], path: Path) -> Problem:
    if "op" not in leaf:
        return Problem((*path, "op"), "missing", "This comparison has no operator.")
    name = str(leaf["op"])[:40]
    message = f"There is no operator “{name}”.{did_you_mean(name, OPERATORS)}"
    return Problem((*path, "op"), "unknown_operator", message)


def _check_right(leaf: dict[str, Any], operator: Operator | None, path: Path) -> Iterator[Problem]:
    if operator is not None and operator.arity == 1:
        message = f"“{operator.label}” compares with nothing. Remove the right side."
        yield Problem((*path, "right"), "unexpected", message)
    elif operator is not None or "right" in leaf:
        yield from _check_side(leaf, "right", path)


def _check_side(leaf: dict[str, Any], side: str, path: Path) -> Iterator[Problem]:
    if side not in leaf:
        yield Problem((*path, side), "missing", f"This comparison has no {side} side.")
        return
    try:
        mappings.template_of(leaf[side])
    except TemplateError as error:
        yield Problem((*path, side), error.code, error.message)


def _check_ignore_case(leaf: dict[str, Any], operator: Operator | None, path: Path) -> Iterator[Problem]:
    if "ignore_case" not in leaf:
        return
    where = (*path, "ignore_case")
    if not isinstance(leaf["ignore_case"], bool):
        yield Problem(where, "malformed", "“ignore_case” is true or false.")
    elif leaf["ignore_case"] and operator is not None and not operator.takes_ignore_case:
        yield Problem(where, "unexpected", f"“{operator.label}” does not look at case.")


def comparisons(tree: Any) -> Iterator[tuple[dict[str, Any], Path]]:
    """List the comparisons of a sound tree, each with its place."""
    return _leaves(tree, ())


def unfilled(tree: Any) -> list[Problem]:
    """List the sides of a sound tree that somebody has not filled yet.

    Such a comparison has the same result for every event: nothing equals nothing,
    and every text contains the empty one.
    """
    return [
        Problem((*path, side), "missing", words)
        for leaf, path in _leaves(tree, ())
        for side, words in _SIDES
        if side in leaf and leaf[side] is not None and _is_blank(leaf[side])
    ]


_SIDES: Final = (
    ("left", "Choose what is compared."),
    ("right", "Say what it is compared with. To ask whether it is empty, compare with “is empty”."),
)


def _is_blank(mapping: Any) -> bool:
    content = mapping.get("template", mapping.get("value")) if isinstance(mapping, dict) else None
    return content is None or (isinstance(content, str) and not content.strip())


def paths_of(tree: Any) -> tuple[Path, ...]:
    """Return the data paths that a sound tree reads, each once. Raises `TemplateError`."""
    found: dict[Path, None] = {}
    for leaf, _ in _leaves(tree, ()):
        for side in ("left", "right"):
            if leaf.get(side) is not None:
                found.update(dict.fromkeys(mappings.paths_of(leaf[side])))
    return tuple(found)


def _leaves(node: Any, path: Path) -> Iterator[tuple[dict[str, Any], Path]]:
    if _group(node) is None:
        if not isinstance(node, dict) or not isinstance(node.get("op"), str) or "left" not in node:
            raise _malformed(path)
        yield node, path
        return
    children = list(_children(node, path))
    if not children or _depth(path) >= MAX_DEPTH:
        # An empty "all" would let everything pass.
        raise _malformed(path)
    for child, child_path in children:
        yield from _leaves(child, child_path)


def _malformed(path: Path) -> ConditionError:
    message = "This condition is not in the form that was published. Check and publish the workflow again."
    return ConditionError(message, code="malformed", path=_written(path))


def _written(path: Path) -> str:
    return ".".join(map(str, path))


def evaluate(tree: Any, scope: Mapping[str, Any]) -> Verdict:
    """Decide a condition against data. Every leaf is evaluated and reported, whatever the others gave.

    Raises `ConditionError` where types can't be compared, and `TemplateError`
    where a side can't be rendered; both with the leaf's place as `path`.
    """
    results = {path: _evaluate_leaf(leaf, path, scope) for leaf, path in _leaves(tree, ())}
    return Verdict(_decide(tree, (), results), tuple(results.values()))


def _decide(node: Any, path: Path, results: dict[Path, LeafResult]) -> bool:
    key = _group(node)
    if key is None:
        return results[path].result
    decided = [_decide(child, child_path, results) for child, child_path in _children(node, path)]
    if key == "not":
        return not decided[0]
    return all(decided) if key == "all" else any(decided)


def _evaluate_leaf(leaf: dict[str, Any], path: Path, scope: Mapping[str, Any]) -> LeafResult:
    operator = OPERATORS.get(leaf["op"])
    if operator is None or (operator.arity == 2 and "right" not in leaf):
        raise _malformed(path)
    try:
        left = mappings.resolve(leaf["left"], scope)
        right = mappings.resolve(leaf["right"], scope) if operator.arity == 2 else None
        outcome = operator.decide(left, right, str.casefold if leaf.get("ignore_case") is True else str)
    except (ConditionError, TemplateError) as error:
        error.path = _written(path)
        raise
    return LeafResult(path, operator.key, left, right, outcome.result, outcome.note)
