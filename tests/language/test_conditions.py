"""Conditions: checked before they run, decided with every comparison reported."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language.conditions import MAX_DEPTH, MAX_LEAVES, OPERATORS, check, evaluate, paths_of, unfilled
from apps.language.errors import ConditionError, TemplateError

SCOPE: dict[str, Any] = {
    "trigger": {"email": "ada@example.com", "amount": 2000, "phone": None, "tags": ["a"], "at": 1769853600}
}


def leaf(left: Any, op: str, right: Any = None, **more: Any) -> dict[str, Any]:
    sides = {"left": _tagged(left)} | ({"right": _tagged(right)} if OPERATORS[op].arity == 2 else {})
    return {**sides, "op": op, **more}


def _tagged(side: Any) -> dict[str, Any]:
    return {"template": side} if isinstance(side, str) and "{{" in side else {"value": side}


TRUE = leaf(1, "equals", 1)
FALSE = leaf(1, "equals", 2)


@pytest.mark.parametrize(
    ("tree", "result"),
    [
        (TRUE, True),
        ({"all": [TRUE, TRUE]}, True),
        ({"all": [TRUE, FALSE]}, False),
        ({"any": [FALSE, TRUE]}, True),
        ({"any": [FALSE, FALSE]}, False),
        ({"not": FALSE}, True),
        ({"not": {"any": [FALSE, {"all": [TRUE, {"not": FALSE}]}]}}, False),
    ],
)
def test_groups_combine_what_is_in_them(tree: Any, *, result: bool):
    assert check(tree) == []
    assert evaluate(tree, SCOPE).result is result


trees = st.recursive(
    st.sampled_from([TRUE, FALSE]),
    lambda inner: (
        st.fixed_dictionaries({"not": inner})
        | st.fixed_dictionaries({"all": st.lists(inner, min_size=1, max_size=3)})
        | st.fixed_dictionaries({"any": st.lists(inner, min_size=1, max_size=3)})
    ),
    max_leaves=8,
)


def decide(tree: Any) -> bool:
    if "not" in tree:
        return not decide(tree["not"])
    if "all" in tree:
        return all(map(decide, tree["all"]))
    return any(map(decide, tree["any"])) if "any" in tree else tree is TRUE or tree == TRUE


@given(trees)
def test_a_sound_tree_is_decided_as_logic_says(tree: Any):
    if not check(tree):
        assert evaluate(tree, {}).result is decide(tree)


def test_every_comparison_is_reported_whatever_the_others_gave():
    tree = {
        "any": [
            leaf("{{ trigger.amount }}", "at_least", 1000),
            {"not": leaf("{{ trigger.email }}", "contains", "@")},
            leaf("{{ trigger.phone }}", "greater_than", 1),
            leaf("{{ trigger.phone }}", "is_empty"),
        ]
    }

    verdict = evaluate(tree, SCOPE)

    assert verdict.result is True
    assert [(found.path, found.op, found.left, found.right, found.result) for found in verdict.leaves] == [
        (("any", 0), "at_least", 2000, 1000, True),
        (("any", 1, "not"), "contains", "ada@example.com", "@", True),
        (("any", 2), "greater_than", None, 1, False),
        (("any", 3), "is_empty", None, None, True),
    ]
    assert "null" in verdict.leaves[2].note
    assert verdict.leaves[0].note == ""


def test_types_that_can_not_be_compared_are_named_with_their_place():
    tree = {"all": [TRUE, leaf("{{ trigger.tags }}", "greater_than", 5)]}

    with pytest.raises(ConditionError) as caught:
        evaluate(tree, SCOPE)

    assert caught.value.code == "incomparable"
    assert caught.value.path == "all.1"
    assert "a list" in caught.value.message
    assert "a number" in caught.value.message


def test_a_side_that_can_not_be_rendered_tells_its_place():
    with pytest.raises(TemplateError) as caught:
        evaluate({"not": leaf("{{ trigger.email | plus: 1 }}", "equals", 1)}, SCOPE)

    assert caught.value.path == "not"


def nested(levels: int) -> Any:
    tree: Any = TRUE
    for _ in range(levels):
        tree = {"not": tree}
    return tree


@pytest.mark.parametrize(
    ("tree", "path", "code"),
    [
        (None, (), "malformed"),
        ([], (), "malformed"),
        ({}, (), "malformed"),
        ({"All": [TRUE]}, (), "malformed"),
        ({"all": [TRUE], "any": [TRUE]}, (), "malformed"),
        ({"all": TRUE}, ("all",), "malformed"),
        ({"all": []}, ("all",), "empty_group"),
        ({"any": [{"all": []}]}, ("any", 0, "all"), "empty_group"),
        ({"not": []}, ("not",), "malformed"),
        (nested(MAX_DEPTH + 1), ("not",) * MAX_DEPTH, "too_deep"),
        ({"all": [TRUE] * (MAX_LEAVES + 1)}, (), "too_many"),
        ({"left": {"value": 1}, "right": {"value": 1}}, ("op",), "missing"),
        ({"left": {"value": 1}, "op": "equals"}, ("right",), "missing"),
        ({"op": "equals", "right": {"value": 1}}, ("left",), "missing"),
        ({**TRUE, "op": "equal"}, ("op",), "unknown_operator"),
        ({**TRUE, "op": ["equals"]}, ("op",), "unknown_operator"),
        ({**TRUE, "rigth": 1}, ("rigth",), "unexpected"),
        ({**TRUE, "left": 1}, ("left",), "untagged"),
        ({**TRUE, "right": None}, ("right",), "untagged"),
        ({**TRUE, "left": {"template": "{{ a | bogus }}"}}, ("left",), "unknown_filter"),
        ({**leaf(1, "exists"), "right": {"value": 1}}, ("right",), "unexpected"),
        ({**TRUE, "ignore_case": "yes"}, ("ignore_case",), "malformed"),
        (leaf(1, "at_least", 2, ignore_case=True), ("ignore_case",), "unexpected"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tree: Any, path: tuple[Any, ...], code: str):
    assert [(problem.path, problem.code) for problem in check(tree)] == [(path, code)]


def test_all_problems_are_told_at_once_with_near_matches():
    problems = check({"all": [{**TRUE, "op": "greter_than"}, {"all": []}, {**TRUE, "left": 5}]})

    assert [problem.path for problem in problems] == [("all", 0, "op"), ("all", 1, "all"), ("all", 2, "left")]
    assert "Did you mean “greater_than”" in problems[0].message


def test_a_tree_at_the_limits_is_sound():
    assert check(nested(MAX_DEPTH)) == []
    assert check({"all": [TRUE] * MAX_LEAVES}) == []
    assert evaluate(nested(MAX_DEPTH), {}).result is True


def test_a_hostile_depth_is_refused_without_exhausting_the_stack():
    tree = nested(50_000)

    assert [problem.code for problem in check(tree)] == ["too_deep"]
    with pytest.raises(ConditionError):
        evaluate(tree, {})


@pytest.mark.parametrize(
    "tree",
    [None, {}, {"all": []}, {"all": TRUE}, {"left": {"value": 1}, "op": "equals"}, {**TRUE, "op": "equal"}],
)
def test_a_tree_that_is_not_sound_is_refused_and_never_passes(tree: Any):
    with pytest.raises(ConditionError) as caught:
        evaluate(tree, SCOPE)

    assert caught.value.code == "malformed"


def test_the_paths_of_a_condition_are_told_once_each():
    tree = {
        "all": [
            leaf("{{ trigger.amount }}", "at_least", "{{ steps.limit.value }}"),
            {"not": leaf("{{ trigger.amount }}", "is_empty")},
        ]
    }

    assert paths_of(tree) == (("trigger", "amount"), ("steps", "limit", "value"))


@pytest.mark.parametrize(
    ("left", "op", "right", "sides"),
    [
        ({"template": "{{ trigger.a }}"}, "equals", {"value": "x"}, []),
        ({"template": "{{ trigger.a }}"}, "equals", {"value": 0}, []),
        ({"template": "{{ trigger.a }}"}, "equals", {"value": False}, []),
        ({"template": "{{ trigger.a }}"}, "is_empty", None, []),
        ({"value": ""}, "is_empty", None, ["left"]),
        ({"template": "  "}, "equals", {"value": "x"}, ["left"]),
        ({"value": None}, "equals", {"template": ""}, ["left", "right"]),
        ({"template": "{{ trigger.a }}"}, "contains", {"value": " "}, ["right"]),
    ],
)
def test_a_side_that_nobody_filled_is_found(left, op, right, sides):
    leaf = {"left": left, "op": op} | ({} if right is None else {"right": right})

    found = unfilled({"all": [leaf]})

    assert check({"all": [leaf]}) == []
    assert [problem.path for problem in found] == [("all", 0, side) for side in sides]
