"""What differs between two definitions, in words."""

from copy import deepcopy
from typing import Any

import pytest

from apps.workflows.changes import MOST, describe_changes


def _base() -> dict[str, Any]:
    tell = {
        "id": "tell",
        "kind": "action",
        "name": "Tell",
        "action": "customerio.track-event",
        "connection": "b",
        "inputs": {"name": {"value": "paid"}, "identifier": {"template": "{{ trigger.email }}"}},
        "run_if": None,
        "confirmed": False,
    }
    only = {"id": "only", "kind": "filter", "name": "Only if", "condition": {"all": []}}
    trigger = {"id": "trigger", "trigger": "stripe.a", "connection": "a", "options": {}}
    return {"schema": 1, "trigger": trigger, "steps": [only, tell], "notes": ""}


def _with(*path: Any, value: Any) -> dict[str, Any]:
    changed = deepcopy(_base())
    place: Any = changed
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    return changed


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (_base(), []),
        (_with("trigger", "trigger", value="stripe.b"), ["Trigger changed from stripe.a to stripe.b"]),
        (_with("trigger", "trigger", value=""), ["Trigger changed from stripe.a to none"]),
        (_with("trigger", "connection", value="c"), ["Trigger: connection changed"]),
        (_with("trigger", "options", value={"a": 1}), ["Trigger: options changed"]),
        (_with("notes", value="Ask Ann"), ["Notes changed"]),
        (
            _with("order", value={"by": "{{ trigger.customer }}", "late": "supersede"}),
            ["Order: one run at a time per {{ trigger.customer }}, late events are marked superseded"],
        ),
        (_with("steps", value=_base()["steps"][1:]), ["Step “Only if” removed"]),
        (_with("steps", value=[*_base()["steps"], {"id": "x", "name": "New"}]), ["Step “New” added"]),
        (_with("steps", value=_base()["steps"][::-1]), ["Steps in another order"]),
        (_with("steps", 1, "name", value="Say"), ["Step “Say”: name changed"]),
        (_with("steps", 1, "connection", value="c"), ["Step “Tell”: connection changed"]),
        (_with("steps", 1, "run_if", value={"all": []}), ["Step “Tell”: run if changed"]),
        (_with("steps", 1, "confirmed", value=True), ["Step “Tell”: confirmed changed"]),
        (_with("steps", 0, "condition", value={"any": []}), ["Step “Only if”: condition changed"]),
        (_with("steps", 1, "inputs", "name", value={"value": "due"}), ["Step “Tell”: field “name” changed"]),
        (_with("steps", 1, "inputs", "at", value={"value": 1}), ["Step “Tell”: field “at” added"]),
        (
            _with("steps", 1, "inputs", value={"name": {"value": "paid"}}),
            ["Step “Tell”: field “identifier” removed"],
        ),
    ],
)
def test_each_difference_is_one_sentence(after: dict[str, Any], said: list[str]) -> None:
    assert describe_changes(_base(), after) == said


def test_values_are_not_repeated_since_they_may_be_personal() -> None:
    after = _with("steps", 1, "inputs", "identifier", value={"value": "ann@example.com"})

    assert "ann@example.com" not in " ".join(describe_changes(_base(), after))


def test_the_first_draft_is_compared_with_nothing() -> None:
    assert describe_changes({}, _base()) == [
        "Trigger changed from none to stripe.a",
        "Trigger: connection changed",
        "Trigger: options changed",
        "Step “Only if” added",
        "Step “Tell” added",
    ]


def test_many_differences_are_cut_with_how_many_more() -> None:
    after = _with("steps", 1, "inputs", value={f"field_{number}": {"value": 1} for number in range(30)})

    said = describe_changes(_base(), after)

    assert len(said) == MOST + 1
    assert said[-1] == "and 12 more"


def _tree() -> dict[str, Any]:
    choose = {
        "id": "choose",
        "kind": "switch",
        "name": "Choose",
        "cases": [
            {"id": "big", "name": "Big", "condition": {"all": []}, "steps": [{"id": "a", "name": "A"}]},
            {"id": "small", "name": "Small", "condition": {"all": []}, "steps": []},
        ],
        "default": [{"id": "b", "name": "B"}, {"id": "c", "name": "C"}],
    }
    return {"steps": [choose, {"id": "d", "name": "D"}]}


def _changed(change: Any) -> list[str]:
    after = deepcopy(_tree())
    change(after["steps"][0], after)
    return describe_changes(_tree(), after)


def _move_into_case(switch: dict[str, Any], after: dict[str, Any]) -> None:
    switch["cases"][1]["steps"].append(after["steps"].pop())


def _move_out(switch: dict[str, Any], after: dict[str, Any]) -> None:
    after["steps"].append(switch["cases"][0]["steps"].pop())


def _swap_in_default(switch: dict[str, Any], _: dict[str, Any]) -> None:
    switch["default"].reverse()


def _add_inside(switch: dict[str, Any], _: dict[str, Any]) -> None:
    switch["default"].append({"id": "e", "name": "E"})


def _change_condition(switch: dict[str, Any], _: dict[str, Any]) -> None:
    switch["cases"][1]["condition"] = {"any": []}


def _swap_cases(switch: dict[str, Any], _: dict[str, Any]) -> None:
    switch["cases"].reverse()


def _switch_off(switch: dict[str, Any], _: dict[str, Any]) -> None:
    switch["disabled"] = True


def _catch_errors(switch: dict[str, Any], _: dict[str, Any]) -> None:
    switch["on_error"] = {"steps": [{"id": "f", "name": "F"}], "then": "fail"}


def _write_defaults(switch: dict[str, Any], _: dict[str, Any]) -> None:
    switch.update(disabled=False, note="", on_error=None, retry=None, timeout=None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_move_into_case, ["Step “D” moved into “Choose” → “Small”"]),
        (_move_out, ["Step “A” moved out of “Choose” → “Big”"]),
        (_swap_in_default, ["Steps in “Choose” → “default” in another order"]),
        (_add_inside, ["Step “E” added into “Choose” → “default”"]),
        (_change_condition, ["Step “Choose”: case “Small” changed"]),
        (_swap_cases, ["Step “Choose”: cases in another order"]),
        (_switch_off, ["Step “Choose” switched off"]),
        (_catch_errors, ["Step “F” added into “Choose” → “on error”", "Step “Choose”: on error changed"]),
        (_write_defaults, []),
    ],
)
def test_what_changes_inside_branches_is_told_by_where_it_stands(change: Any, said: list[str]) -> None:
    assert _changed(change) == said
