"""What a trigger's options leave out ends the run before its first step, with the reason."""

import pytest

from apps.catalog.spec import Field, FieldType
from apps.workflows.engine.effects import Answered, RunOutcome
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.options import settled_options
from apps.workflows.engine.program import compile_program
from tests.workflows.engine.fakes import MAILER, NOW, ORDER_PLACED, SHOP, FakeCatalog, act, scope, workflow

MINIMUM = Field(key="minimum", label="Minimum", type=FieldType.INTEGER, default=0)
PICKY = ORDER_PLACED.model_copy(
    update={
        "options": (MINIMUM, Field(key="note", label="Note")),
        "declines": lambda options, event: (
            "The order is small." if event["amount"] < options["minimum"] else None
        ),
    }
)
CATALOG = FakeCatalog(SHOP.model_copy(update={"triggers": (PICKY,)}), MAILER)


def run(options, **event):
    """Drive a workflow with these options over an event of 4900; return the turn and the calls made."""
    calls = []

    def perform(call):
        calls.append(call)
        return Answered({"id": "1"}, at=NOW)

    program = compile_program(workflow(act("tag"), options=options), catalog=CATALOG)
    return drive(execute(program, scope(**event), {}, now=NOW), perform), calls


def test_an_event_that_the_options_leave_out_ends_filtered_with_the_reason_and_calls_nothing():
    turn, calls = run({"minimum": 5000})

    assert turn.ended.outcome is RunOutcome.FILTERED
    assert (turn.ended.error.code, turn.ended.error.message) == ("trigger_options", "The order is small.")
    assert turn.ended.error.remedy
    assert turn.records == ()
    assert calls == []


@pytest.mark.parametrize("options", [{}, {"minimum": None}, {"minimum": 4900}, {"minimum": "100"}])
def test_an_event_that_they_let_through_runs(options):
    turn, calls = run(options)

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert len(calls) == 1


def test_a_trigger_without_a_rule_lets_every_event_through():
    program = compile_program(
        workflow(act("tag"), options={"minimum": 5000}), catalog=FakeCatalog(SHOP, MAILER)
    )

    turn = drive(execute(program, scope(), {}, now=NOW), lambda call: Answered({"id": "1"}, at=NOW))

    assert turn.ended.outcome is RunOutcome.SUCCEEDED


@pytest.mark.parametrize(
    ("given", "settled"),
    [
        ({}, {"minimum": 0}),
        ({"minimum": "12", "note": " "}, {"minimum": 12}),
        ({"minimum": "many", "note": "x", "unknown": 1}, {"minimum": 0, "note": "x"}),
    ],
)
def test_options_are_settled_by_their_type_and_default(given, settled):
    assert settled_options(PICKY, given) == settled
