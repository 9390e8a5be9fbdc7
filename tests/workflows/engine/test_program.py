import pytest

from apps.workflows.engine.program import CompiledAction, compile_program
from tests.workflows.engine.fakes import CATALOG, act, compares, only_if, template, workflow


def error_of(step):
    (compiled,) = compile_program(workflow(step), catalog=CATALOG).steps
    assert isinstance(compiled, CompiledAction)
    return compiled.error


def test_steps_are_numbered_from_one_and_named_by_their_ids():
    program = compile_program(workflow(only_if(compares("x", "exists")), act("tag")), catalog=CATALOG)

    assert [(step.position, step.path) for step in program.steps] == [(1, "gate"), (2, "tag")]


def test_a_sound_step_carries_no_error():
    assert error_of(act("tag")) is None


@pytest.mark.parametrize(
    ("step", "code", "told"),
    [
        (act("tag", action="mailer.tags"), "unknown_action", "Did you mean “mailer.tag”"),
        (act("tag", inputs={"persn": template("x")}), "unknown_input", "Did you mean “person”?"),
        (act("tag", inputs={"person": template("{{ trigger.email")}), "syntax", "field “person”"),
        (
            act("event", inputs={"data": {"object": {"a": template("{{ x | nofilter }}")}}}),
            "unknown_filter",
            "field “data.a”",
        ),
    ],
)
def test_a_step_that_can_not_be_performed_carries_the_reason(step, code, told):
    error = error_of(step)

    assert error.code == code
    assert error.message.startswith("Step “Do ")
    assert told in error.message
    assert error.remedy


def test_where_a_failure_is_caught_is_known_of_every_path():
    caught = act("tag", "caught", on_error={"steps": [act("tag", "told")], "then": "continue"})
    told_only = act("tag", "told_only", on_error={"steps": [act("tag", "also")], "then": "fail"})
    loop = {
        "id": "each",
        "kind": "for_each",
        "name": "Each",
        "items": template("{{ trigger.tags }}"),
        "on_item_error": "continue",
        "steps": [act("tag", "inside"), {**told_only, "id": "strict", "on_error": None}],
    }
    program = compile_program(workflow(caught, told_only, loop, act("tag", "plain")), catalog=CATALOG)

    assert program.tolerates("caught")
    assert program.tolerates("each[3].inside")
    assert not program.tolerates("told")
    assert not program.tolerates("told_only")
    assert not program.tolerates("each")
    assert not program.tolerates("plain")
    assert not program.tolerates("nowhere")


def test_a_step_is_found_by_its_path_in_a_loop():
    loop = {"id": "each", "kind": "for_each", "name": "Each", "items": template("{{ trigger.tags }}")}
    program = compile_program(workflow({**loop, "steps": [act("tag", "inside")]}), catalog=CATALOG)

    assert program.find("each[12].inside").step.id == "inside"
    assert program.find("nowhere") is None
