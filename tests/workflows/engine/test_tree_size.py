"""The largest tree that is allowed is compiled, validated and run in little time."""

from time import perf_counter
from typing import Any

import pytest

from apps.workflows.engine.definition import MAX_DEPTH, MAX_STEPS, Definition, parse
from apps.workflows.engine.effects import Answered, RunOutcome
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.program import compile_program
from apps.workflows.engine.validation import validate
from tests.workflows.engine.fakes import CATALOG, CONNECTIONS, NOW, act, compares, scope, template, workflow

SECONDS = 1.0


def _tree(depth: int, per_level: int) -> list[dict[str, Any]]:
    """Return ifs inside ifs, each behind some actions that read what came before them."""
    steps = [
        act(
            "tag",
            f"s{depth}_{number}",
            inputs={"person": template("{{ steps.first.email | default: trigger.email }}")},
        )
        for number in range(per_level)
    ]
    if depth < MAX_DEPTH:
        condition = compares("{{ trigger.amount }}", "at_least", 1000)
        inner = _tree(depth + 1, per_level)
        holder = {"id": f"if{depth}", "kind": "if", "name": f"If {depth}", "condition": condition}
        steps.append({**holder, "then": inner})
    return steps


def _largest() -> Definition:
    first = act("find", "first", inputs={"customer": template("{{ trigger.customer }}")})
    steps = [first, *_tree(1, 24)]
    return workflow(*steps)


def test_two_hundred_steps_on_eight_levels_are_compiled_validated_and_run_within_a_second():
    definition = _largest()
    assert sum(1 for _ in definition.walk()) == MAX_STEPS
    begun = perf_counter()

    found = validate(definition, connections=CONNECTIONS, catalog=CATALOG)
    program = compile_program(definition, catalog=CATALOG)
    turn = drive(execute(program, scope(), {}, now=NOW), lambda call: Answered({}, at=NOW))

    assert perf_counter() - begun < SECONDS
    assert found == []
    assert turn.ended is not None
    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert len(turn.records) == MAX_STEPS


def test_a_thousand_items_are_run_in_little_time():
    body = act("tag", "inside", inputs={"person": template("{{ item }}@example.com")})
    loop = {
        "id": "each",
        "kind": "for_each",
        "name": "Each",
        "items": template("{{ trigger.tags }}"),
        "limit": 1000,
        "concurrency": 10,
        "steps": [body],
    }
    program = compile_program(workflow(loop), catalog=CATALOG)
    event = scope(tags=[f"n{number}" for number in range(1000)])
    begun = perf_counter()

    turn = drive(execute(program, event, {}, now=NOW), lambda call: Answered({"id": "1"}, at=NOW))

    assert perf_counter() - begun < SECONDS
    outputs = turn.records[-1].outputs
    assert outputs is not None
    assert outputs["succeeded"] == 1000


@pytest.mark.parametrize(("levels", "sound"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
def test_steps_are_nested_eight_levels_deep_and_no_deeper(levels, sound):
    step = act("tag", "deepest")
    for level in range(levels - 1):
        step = {"id": f"l{level}", "kind": "if", "name": "If", "condition": {}, "else": [step]}

    if sound:
        assert parse({"schema": 1, "trigger": {"trigger": "x"}, "steps": [step]})
        return
    with pytest.raises(Exception, match="8 levels deep") as caught:
        parse({"schema": 1, "trigger": {"trigger": "x"}, "steps": [step]})
    (problem,) = caught.value.problems
    assert (problem.code, problem.step_id) == ("too_deep", "deepest")


def test_steps_are_counted_over_the_whole_tree():
    inner = [act("tag", f"s{number}") for number in range(MAX_STEPS)]
    holder = {"id": "holder", "kind": "if", "name": "If", "condition": {}, "then": inner}

    with pytest.raises(Exception, match="200 steps in all"):
        parse({"schema": 1, "trigger": {"trigger": "x"}, "steps": [holder]})
