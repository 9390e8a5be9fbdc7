"""Where a run goes: if, switch, filter, stop, error branches, and steps that are switched off."""

import pytest

from apps.workflows.engine.effects import (
    Answered,
    CodeFailed,
    Failed,
    Ran,
    RunOutcome,
    StepError,
    StepOutcome,
)
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.program import compile_program
from tests.workflows.engine.fakes import (
    CATALOG,
    NOW,
    act,
    compares,
    refused,
    scope,
    template,
    value,
    workflow,
)

BIG = compares("{{ trigger.amount }}", "at_least", 1000)
HUGE = compares("{{ trigger.amount }}", "at_least", 100_000)
UNDECIDED = compares("{{ trigger.email }}", "at_least", 1)


def run(*steps, fail=(), code=None, **event):
    """Drive one turn in which the calls at `fail` are refused; return it and the inputs by path."""
    calls = {}

    def perform(call):
        calls[call.path] = dict(call.inputs)
        if call.path in fail:
            return Failed(refused(), at=NOW, first_sent_at=NOW)
        return Answered({"id": f"id of {call.path}"}, at=NOW)

    program = compile_program(workflow(*steps), catalog=CATALOG)
    turn = drive(execute(program, scope(**event), {}, now=NOW), perform, lambda work: code)
    return turn, calls


def branch(kind, step_id="split", **rest):
    return {"id": step_id, "kind": kind, "name": step_id.capitalize(), **rest}


def reads(source, step_id="last"):
    """An action whose text shows what a template gives behind the steps before it."""
    text = {"person": value("a@example.com"), "text": template(f"[{source}]")}
    return act("send", step_id, inputs=text)


def outcomes(turn):
    return {record.path: record.outcome for record in turn.records}


@pytest.mark.parametrize(("amount", "taken", "name"), [(4900, "yes", "Yes"), (5, "no", "No")])
def test_an_if_runs_one_of_its_sequences_and_both_join_behind_it(amount, taken, name):
    split = branch("if", condition=BIG, then=[act("tag", "yes")], **{"else": [act("tag", "no")]})

    turn, calls = run(split, reads("{{ steps.split.result }}"), amount=amount)

    assert list(calls) == [taken, "last"]
    assert turn.records[0].branch == name
    assert calls["last"]["text"] == f"[{str(taken == 'yes').lower()}]"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_what_a_branch_that_was_not_taken_would_give_is_null():
    split = branch("if", condition=HUGE, then=[act("tag", "yes")], **{"else": [act("tag", "no")]})

    _, calls = run(split, reads("{{ steps.yes.id }}-{{ steps.no.id }}"))

    assert calls["last"]["text"] == "[-id of no]"


@pytest.mark.parametrize(
    ("amount", "taken", "case"), [(200_000, "a", "Huge"), (4900, "b", "Big"), (5, "c", "default")]
)
def test_a_switch_takes_the_first_case_that_holds(amount, taken, case):
    cases = [
        {"id": "huge", "name": "Huge", "condition": HUGE, "steps": [act("tag", "a")]},
        {"id": "big", "name": "Big", "condition": BIG, "steps": [act("tag", "b")]},
        {"id": "also", "name": "Also", "condition": BIG, "steps": [act("tag", "never")]},
    ]
    split = branch("switch", cases=cases, default=[act("tag", "c")])

    turn, calls = run(split, reads("{{ steps.split.case }}"), amount=amount)

    assert list(calls) == [taken, "last"]
    assert calls["last"]["text"] == f"[{case}]"
    assert turn.records[0].outputs["case_id"] == (case.lower())


def test_a_switch_records_the_comparisons_of_each_case_it_tried():
    cases = [
        {"id": "huge", "name": "Huge", "condition": HUGE, "steps": []},
        {"id": "big", "name": "Big", "condition": BIG, "steps": []},
    ]

    turn, _ = run(branch("switch", cases=cases), act("tag"))

    assert [(leaf["case"], leaf["result"]) for leaf in turn.records[0].conditions] == [
        ("huge", False),
        ("big", True),
    ]


def test_a_case_that_cant_be_decided_fails_the_switch_and_is_named():
    cases = [{"id": "odd", "name": "Odd", "condition": UNDECIDED, "steps": []}]

    turn, _ = run(branch("switch", cases=cases), act("tag"))

    assert turn.ended.outcome is RunOutcome.FAILED
    assert "the condition of case “Odd” can't be decided" in turn.ended.error.message
    assert turn.ended.error.field == "cases.odd"


def test_a_filter_in_a_branch_ends_the_run():
    inner = [branch("filter", "gate", condition=HUGE), act("tag", "never")]

    turn, calls = run(branch("if", condition=BIG, then=inner), act("tag", "behind"))

    assert calls == {}
    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FILTERED, "gate")


@pytest.mark.parametrize("outcome", ["succeeded", "filtered", "failed"])
def test_a_stop_ends_the_run_from_inside_a_branch(outcome):
    stop = branch("stop", "end", outcome=outcome, message=template("for {{ trigger.email }}"))

    turn, calls = run(branch("if", condition=BIG, then=[stop]), act("tag", "behind"))

    assert calls == {}
    assert turn.ended.outcome.value == outcome
    assert turn.records[-1].note == "for pat@example.com"
    assert (turn.ended.error is None) == (outcome == "succeeded")


def test_a_failed_step_goes_on_behind_its_error_branch_with_its_outputs_null():
    told = reads("{{ error.code }}", "told")
    risky = act("tag", "risky", on_error={"steps": [told], "then": "continue"})

    turn, calls = run(risky, reads("{{ steps.risky.id }}"), fail=("risky",))

    assert calls["told"]["text"] == "[refused]"
    assert calls["last"]["text"] == "[]"
    assert outcomes(turn)["risky"] is StepOutcome.FAILED
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_an_error_branch_that_fails_ends_the_run_with_the_steps_error():
    risky = act("tag", "risky", on_error={"steps": [act("tag", "told")], "then": "fail"})

    turn, calls = run(risky, act("tag", "behind"), fail=("risky",))

    assert list(calls) == ["risky", "told"]
    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FAILED, "risky")
    assert turn.ended.error.message == "Mailer refused it."


def test_an_error_branch_is_not_run_where_nothing_fails():
    turn, calls = run(
        act("tag", "risky", on_error={"steps": [act("tag", "told")]}), reads("{{ steps.told.id }}")
    )

    assert list(calls) == ["risky", "last"]
    assert calls["last"]["text"] == "[]"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_a_stop_in_an_error_branch_wins():
    stop = branch("stop", "end", outcome="succeeded")

    turn, _ = run(act("tag", "risky", on_error={"steps": [stop], "then": "fail"}), fail=("risky",))

    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.SUCCEEDED, "end")


def test_a_filter_in_an_error_branch_does_not_hide_a_failure():
    gate = branch("filter", "gate", condition=HUGE)

    turn, _ = run(act("tag", "risky", on_error={"steps": [gate], "then": "fail"}), fail=("risky",))

    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FAILED, "risky")


def test_the_error_branch_of_an_if_catches_what_fails_inside_it():
    told = reads("{{ error.step }}", "told")
    split = branch("if", condition=BIG, then=[act("tag", "risky")], on_error={"steps": [told]})

    turn, calls = run(split, act("tag", "behind"), fail=("risky",))

    assert calls["told"]["text"] == "[Do tag]"
    assert list(calls) == ["risky", "told", "behind"]
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_a_step_that_fails_in_an_error_branch_is_not_caught_by_that_branch():
    risky = act("tag", "risky", on_error={"steps": [act("tag", "told")], "then": "continue"})

    turn, _ = run(risky, fail=("risky", "told"))

    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FAILED, "told")


def test_a_step_that_is_switched_off_is_passed_over_with_all_that_it_holds():
    split = branch("if", condition=BIG, then=[act("tag", "yes")], disabled=True)

    turn, calls = run(split, reads("{{ steps.split.result }}{{ steps.yes.id }}"))

    assert list(calls) == ["last"]
    assert calls["last"]["text"] == "[]"
    assert turn.records[0].outcome is StepOutcome.SKIPPED
    assert "yes" not in outcomes(turn)


def test_a_filter_that_is_switched_off_lets_everything_through():
    turn, _ = run(branch("filter", "gate", condition=HUGE, disabled=True), act("tag"))

    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_code_is_handed_its_inputs_and_gives_its_output():
    code = branch("code", "sum", code="1", inputs={"a": template("{{ trigger.amount }}")}, timeout=0.5)

    turn, calls = run(code, reads("{{ steps.sum.output.n }}"), code=Ran({"n": 7}, printed="hm"))

    assert turn.records[0].inputs == {"a": 4900}
    assert turn.records[0].outputs == {"output": {"n": 7}, "printed": "hm"}
    assert calls["last"]["text"] == "[7]"


def test_code_that_fails_fails_its_step():
    turn, _ = run(
        branch("code", "sum", code="1"), act("tag"), code=CodeFailed(StepError("name", "No such name"))
    )

    assert (turn.ended.outcome, turn.ended.error.code) == (RunOutcome.FAILED, "name")


def test_a_call_takes_the_time_and_the_attempts_that_its_step_says():
    step = act("tag", timeout=3, retry={"attempts": 1})
    program = compile_program(workflow(step), catalog=CATALOG)
    execution = execute(program, scope(), {}, now=NOW)

    (call,) = next(execution).work

    assert call.deadline == 3
