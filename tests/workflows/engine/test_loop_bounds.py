"""Loops in loops stay within what one run may execute and may have under way."""

from time import perf_counter

import pytest

from apps.workflows.engine.effects import Answered, Batch, Prior, Progress
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.executor.frames import TOO_MANY_STEPS
from apps.workflows.engine.program import compile_program
from tests.workflows.engine.fakes import CATALOG, NOW, act, scope, template, value, workflow


def tag(**rest):
    return act("tag", "inside", inputs={"person": value("a@example.com")}, **rest)


def nested(levels, *steps, **facts):
    """Return loops inside each other over the event's tags, around the steps."""
    body = list(steps)
    for level in range(levels):
        loop = {"id": f"l{level}", "kind": "for_each", "name": "L", "items": template("{{ trigger.tags }}")}
        body = [loop | {"limit": 1000, "on_item_error": "continue", "steps": body} | facts]
    return body


def begin(steps, tags, progress=None):
    program = compile_program(workflow(*steps), catalog=CATALOG)
    return execute(program, scope(tags=tags), progress or {}, now=NOW)


@pytest.mark.parametrize(
    "body",
    [
        [],
        [tag(disabled=True)],
        [{"id": "f", "kind": "filter", "name": "F", "condition": {"left": value(1), "op": "equals"}}],
    ],
    ids=["empty", "switched off", "filter"],
)
def test_a_thousand_times_a_thousand_times_a_thousand_items_end_soon(body):
    execution = begin(nested(3, *body), ["x"] * 1000)
    begun = perf_counter()

    turn = drive(execution, lambda call: Answered({"id": "1"}, at=NOW))

    assert perf_counter() - begun < 5
    assert turn.ended.error.code == TOO_MANY_STEPS


def test_what_an_earlier_turn_counted_is_counted_again():
    loop = nested(1, tag())
    later = nested(1, tag())[0] | {"id": "more"}
    later["steps"] = [tag(disabled=True) | {"id": "other"}]
    done = {"l0": Progress(Prior.DONE, outputs={"count": 1000})}
    done |= {f"l0[{item}].inside": Progress(Prior.DONE, outputs={}) for item in range(19_990)}

    turn = drive(begin([*loop, later], ["x"] * 20, done), lambda call: Answered({"id": "1"}, at=NOW))

    assert turn.ended.error.code == TOO_MANY_STEPS


@pytest.mark.parametrize(("levels", "concurrency", "most"), [(3, 10, 10), (2, 3, 9), (3, 2, 8), (1, 10, 10)])
def test_all_levels_together_have_ten_items_under_way(levels, concurrency, most):
    execution = begin(nested(levels, tag(), concurrency=concurrency), list("abcdefghij"))

    batch = next(execution)

    assert isinstance(batch, Batch)
    assert len(batch.work) == most


def test_a_loop_of_one_item_leaves_the_room_to_the_loop_inside():
    outer = nested(1, *nested(1, tag(), concurrency=10))[0] | {"id": "one", "items": value([1])}
    execution = begin([outer | {"concurrency": 10}], list("abcdefghij"))

    assert len(next(execution).work) == 10
