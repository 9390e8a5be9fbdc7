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
