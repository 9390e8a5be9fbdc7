"""What may have happened is never given up into an error branch, nor into a loop's next item."""

import pytest

from apps.workflows.engine.effects import Answered, Call, Failed, Prior, Progress, RunOutcome, Wait
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.program import compile_program
from tests.workflows.engine.fakes import CATALOG, NOW, act, busy, scope, timeout, value, workflow

INSTEAD = {"steps": [act("tag", "instead", inputs={"person": value("b@example.com")})], "then": "continue"}
ONCE = {"attempts": 1, "first_delay": 1}


def run(step, error, *, attempts=0):
    """Run the steps; each call but the one instead fails with this error."""
    calls: list[Call] = []

    def perform(call):
        calls.append(call)
        if call.path == "instead":
            return Answered({"id": "1"}, at=NOW)
        return Failed(error, at=NOW, first_sent_at=NOW)

    path = "first" if step["kind"] == "action" else "each[0].first"
    known = {path: Progress(Prior.WAITING, attempts=attempts, first_sent_at=NOW)} if attempts else {}
    program = compile_program(workflow(step), catalog=CATALOG)
    return drive(execute(program, scope(), known, now=NOW), perform), [call.path for call in calls]


def first(key, **rest):
    amount = {"amount": value(5)} if key == "charge" else {}
    inputs = {"person": value("a@example.com")} | amount
    return act(key, "first", inputs=inputs, retry=ONCE) | rest


@pytest.mark.parametrize("key", ["tag", "event", "charge"])
def test_a_call_that_may_have_happened_is_repeated_however_few_attempts_it_has(key):
    turn, calls = run(first(key, on_error=INSTEAD), timeout())

    assert calls == ["first"]
    assert isinstance(turn.stopped, Wait)


@pytest.mark.parametrize("key", ["tag", "event"])
def test_given_up_it_ends_the_run_and_no_error_branch_does_something_else(key):
    turn, calls = run(first(key, on_error=INSTEAD), timeout(), attempts=4)

    assert calls == ["first"]
    assert turn.ended.outcome is RunOutcome.FAILED
    assert turn.ended.error.code == "gave_up_uncertain"


def test_a_loop_that_continues_begins_no_further_item_behind_it():
    loop = {
        "id": "each",
        "kind": "for_each",
        "name": "Each",
        "items": value([1, 2, 3]),
        "on_item_error": "continue",
        "on_error": INSTEAD,
        "steps": [first("tag")],
    }

    turn, calls = run(loop, timeout(), attempts=4)

    assert calls == ["each[0].first"]
    assert turn.ended.error.code == "gave_up_uncertain"


def test_the_next_turn_reads_the_failure_as_the_same_end():
    program = compile_program(workflow(first("tag", on_error=INSTEAD)), catalog=CATALOG)
    turn, _ = run(first("tag", on_error=INSTEAD), timeout(), attempts=4)
    (record,) = turn.records
    known = {"first": Progress(Prior.DONE, outcome=record.outcome, error=record.error)}

    again = drive(execute(program, scope(), known, now=NOW), lambda call: pytest.fail(call.path))

    assert again.ended == turn.ended


def test_what_was_surely_not_done_goes_into_the_error_branch():
    turn, calls = run(first("tag", on_error=INSTEAD), busy())

    assert calls == ["first", "instead"]
    assert turn.ended.outcome is RunOutcome.SUCCEEDED
