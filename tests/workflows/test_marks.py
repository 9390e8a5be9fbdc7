"""What became of each step between two definitions."""

from typing import Any

import pytest

from apps.workflows.marks import marks


def step(step_id: str, **more: Any) -> dict[str, Any]:
    """Return a step as stored."""
    return {"id": step_id, "kind": "action", "name": step_id.title(), **more}


def flow(*steps: dict[str, Any], trigger: str = "stripe.new-customer") -> dict[str, Any]:
    """Return a definition as stored."""
    return {"schema": 1, "trigger": {"id": "trigger", "trigger": trigger}, "steps": list(steps)}


def choice(*, then: tuple[Any, ...] = (), otherwise: tuple[Any, ...] = (), amount: int = 1) -> dict[str, Any]:
    """Return an If step as stored."""
    return {
        "id": "choice",
        "kind": "if",
        "name": "Choice",
        "condition": {"all": [amount]},
        "then": list(then),
        "else": list(otherwise),
    }


A, B, C, D = (step(key) for key in "abcd")


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (flow(A, B), flow(A, B), {}),
        (flow(A), flow(A, B), {"b": "added"}),
        (flow(A, B), flow(B), {"a": "removed"}),
        (flow(A), flow(step("a", inputs={"to": 1})), {"a": "changed"}),
        (flow(A), flow(A, trigger="stripe.invoice-paid"), {"trigger": "changed"}),
        (flow(A, B, C), flow(C, A, B), {"c": "moved"}),
        (flow(A, B, C, D), flow(B, C, D, A), {"a": "moved"}),
        (flow(A, choice()), flow(choice(then=(A,))), {"a": "moved"}),
        (flow(choice(then=(A,))), flow(choice(otherwise=(A,))), {"a": "moved"}),
        (flow(choice(then=(A,))), flow(choice(then=(A,), amount=2)), {"choice": "changed"}),
        (flow(choice(then=(A,))), flow(choice(then=(step("a", inputs={"x": 1}),))), {"a": "changed"}),
        (flow(choice(then=(A, B))), flow(), {"choice": "removed", "a": "removed", "b": "removed"}),
        (
            flow(step("a", on_error={"then": "fail", "steps": []})),
            flow(step("a", on_error={"then": "continue", "steps": [B]})),
            {"a": "changed", "b": "added"},
        ),
    ],
)
def test_each_step_is_marked_by_what_became_of_it(before, after, expected):
    assert marks(before, after) == expected


def test_the_mark_of_a_case_is_that_of_its_switch_and_not_of_its_steps():
    def switch(name: str) -> dict[str, Any]:
        case = {"id": "one", "name": name, "condition": {}, "steps": [A]}
        return {"id": "s", "kind": "switch", "name": "S", "cases": [case], "default": []}

    assert marks(flow(switch("First")), flow(switch("Second"))) == {"s": "changed"}


def test_another_order_of_the_runs_marks_the_trigger() -> None:
    before = {"trigger": {"trigger": "stripe.a"}, "steps": []}

    assert marks(before, {**before, "order": {"by": "{{ trigger.customer }}"}}) == {"trigger": "changed"}
