from dataclasses import replace
from datetime import timedelta

import pytest

from apps.catalog.spec import Effect, Idempotency
from apps.workflows.engine.effects import (
    Answered,
    Ask,
    Call,
    Failed,
    Park,
    Prior,
    Progress,
    Record,
    RunOutcome,
    StepOutcome,
    Wait,
)
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.program import compile_program
from tests.workflows.engine.fakes import (
    CATALOG,
    NOW,
    act,
    busy,
    compares,
    only_if,
    refused,
    scope,
    template,
    timeout,
    unauthorized,
    value,
    workflow,
)

SEND = act("send", inputs={"person": value("a@example.com"), "text": value("hi")})
CHARGE = act("charge", inputs={"person": value("a@example.com"), "amount": value(5)})


def start(*steps, progress=None, event=None):
    program = compile_program(workflow(*steps), catalog=CATALOG)
    return execute(program, scope(**(event or {})), progress or {}, now=NOW)


def first_call(execution):
    batch = next(execution)
    (call,) = batch.work
    assert isinstance(call, Call)
    return call


def run(*steps, answers=None, **rest):
    """Drive one turn; return it and the calls that were made."""
    calls = []

    def perform(call):
        calls.append(call)
        answer = (answers or {}).get(call.path, {})
        if isinstance(answer, dict):
            return Answered(answer, at=NOW)
        return Failed(answer, at=NOW, first_sent_at=NOW)

    return drive(start(*steps, **rest), perform), calls


def test_a_call_carries_everything_that_is_needed_to_make_it():
    execution = start(CHARGE)

    call = first_call(execution)

    assert call == Call(
        path="charge",
        position=1,
        name="Do charge",
        action="mailer.charge",
        connection="mailer-1",
        inputs={"person": "a@example.com", "amount": 5},
        kind=Effect.CREATE,
        idempotency=Idempotency.KEY,
        key=call.key,
        attempt=1,
    )
    assert len(call.key) == 64


def test_a_read_has_no_key():
    assert first_call(start(act("find", inputs={"customer": value("c")}))).key == ""


def test_an_answer_is_recorded_with_inputs_and_outputs():
    turn, _ = run(act("tag"), answers={"tag": {"id": "t1"}})

    assert turn.records == (
        Record(
            path="tag",
            position=1,
            kind="action",
            name="Do tag",
            outcome=StepOutcome.SUCCEEDED,
            action="mailer.tag",
            inputs={"person": "pat@example.com", "color": "red"},
            outputs={"id": "t1"},
        ),
    )
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_later_steps_read_earlier_outputs_and_the_runs_facts():
    _, calls = run(
        act("find", inputs={"customer": template("{{ trigger.customer }}")}),
        act(
            "send",
            inputs={
                "person": template("{{ steps.find.email }}"),
                "text": template("{{ steps.find.name }} {{ run.code }} {{ run.event_id }} {{ run.replay }}"),
            },
        ),
        answers={"find": {"email": "found@example.com", "name": "Pat"}},
    )

    assert calls[1].inputs == {"person": "found@example.com", "text": "Pat run-1 evt_1 0"}


def test_a_reused_result_is_marked():
    execution = start(act("tag"))
    next(execution)

    assert execution.send((Answered({"id": "t"}, at=NOW, reused=True),)).reused


def test_a_filter_that_holds_lets_the_run_go_on():
    turn, calls = run(only_if(compares("{{ trigger.amount }}", "at_least", 1000)), act("tag"))

    assert [call.path for call in calls] == ["tag"]
    assert turn.records[0].outcome is StepOutcome.SUCCEEDED
    assert turn.records[0].conditions == (
        {"path": "", "op": "at_least", "left": 4900, "right": 1000, "result": True, "note": ""},
    )


def test_a_filter_that_does_not_hold_ends_the_run_as_filtered():
    turn, calls = run(only_if({"all": [compares("{{ trigger.amount }}", "at_least", 5000)]}), act("tag"))

    assert calls == []
    assert turn.ended.outcome is RunOutcome.FILTERED
    assert turn.ended.step == "gate"
    assert turn.records[0].outcome is StepOutcome.FILTERED
    assert turn.records[0].conditions[0]["path"] == "all.0"


def test_a_step_whose_condition_does_not_hold_is_skipped_and_its_outputs_are_null():
    turn, calls = run(
        act("find", inputs={"customer": value("c")}, run_if=compares("{{ trigger.email }}", "is_empty")),
        act(
            "tag",
            inputs={
                "person": template(
                    "{{ trigger.nickname | default: steps.find.email | default: 'x@example.com' }}"
                )
            },
        ),
    )

    assert [call.path for call in calls] == ["tag"]
    assert calls[0].inputs["person"] == "x@example.com"
    assert turn.records[0].outcome is StepOutcome.SKIPPED
    assert turn.records[0].outputs is None
    assert turn.records[0].conditions[0]["result"] is False


@pytest.mark.parametrize(
    ("steps", "code", "field"),
    [
        ([act("tag", inputs={"person": template("{{ trigger.nickname }}")})], "empty_input", "person"),
        ([act("tag", action="mailer.unknown")], "unknown_action", ""),
        ([act("tag", inputs={"person": template("{{")})], "syntax", "person"),
        ([only_if(compares("{{ trigger.tags }}", "greater_than", 3))], "incomparable", "condition"),
        ([only_if({"all": []})], "malformed", "condition"),
        ([act("tag", run_if=compares("{{ trigger.tags | upcase }}", "exists"))], "wrong_type", "run_if"),
    ],
)
def test_what_the_data_or_definition_makes_impossible_fails_the_step(steps, code, field):
    turn, calls = run(*steps, act("wipe"))

    assert calls == []
    assert turn.ended.outcome is RunOutcome.FAILED
    assert turn.ended.step == steps[0]["id"]
    (record,) = turn.records
    assert record.outcome is StepOutcome.FAILED
    assert record.error == turn.ended.error
    assert (record.error.code, record.error.field) == (code, field)
    assert record.error.message.startswith(f"Step “{steps[0]['name']}”: ")


def test_a_refused_call_fails_the_step_and_the_run():
    turn, calls = run(act("tag"), act("wipe"), answers={"tag": refused()})

    assert [call.path for call in calls] == ["tag"]
    assert turn.ended.error.code == "refused"
    assert turn.records[0].inputs["person"] == "pat@example.com"


def test_a_call_that_was_surely_not_done_waits():
    turn, _ = run(
        act("send", inputs={"person": value("a@example.com"), "text": value("hi")}),
        answers={"send": busy(after=60)},
    )

    assert isinstance(turn.stopped, Wait)
    assert turn.stopped.path == "send"
    assert turn.stopped.until == NOW + timedelta(seconds=60)
    assert turn.records == ()


def test_an_uncertain_call_without_any_key_asks():
    turn, _ = run(
        act("send", inputs={"person": value("a@example.com"), "text": value("hi")}),
        answers={"send": timeout()},
    )

    assert isinstance(turn.stopped, Ask)


def test_refused_credentials_park_the_run_on_the_steps_connection():
    turn, _ = run(act("tag"), answers={"tag": unauthorized()})

    assert turn.stopped == Park("tag", "mailer-1", turn.stopped.error)
    assert turn.stopped.error.code == "unauthorized"


def test_the_time_goes_on_with_the_answers():
    later = NOW + timedelta(hours=1)
    execution = start(act("tag"), act("wipe"))
    next(execution)
    execution.send((Answered({}, at=later),))
    next(execution)

    (wait,) = execution.send((Failed(busy(after=30), at=later, first_sent_at=later),)).stops

    assert wait.until == later + timedelta(seconds=30)


DONE = Progress(Prior.DONE, attempts=1, outcome=StepOutcome.SUCCEEDED, outputs={"id": "t1"})


def test_what_is_recorded_is_neither_called_nor_recorded_again():
    turn, calls = run(
        CHARGE,
        act("send", inputs={"person": value("a@example.com"), "text": template("{{ steps.charge.id }}")}),
        progress={"charge": DONE},
    )

    assert [call.path for call in calls] == ["send"]
    assert calls[0].inputs["text"] == "t1"
    assert [record.path for record in turn.records] == ["send"]


@pytest.mark.parametrize(
    ("outcome", "ended"),
    [
        (StepOutcome.FILTERED, RunOutcome.FILTERED),
        (StepOutcome.FAILED, RunOutcome.FAILED),
        (StepOutcome.SKIPPED, RunOutcome.SUCCEEDED),
    ],
)
def test_a_recorded_outcome_still_decides_how_the_run_goes_on(outcome, ended):
    turn, _ = run(act("tag"), progress={"tag": Progress(Prior.DONE, outcome=outcome)})

    assert turn.ended.outcome is ended


def test_a_skipped_step_of_an_earlier_turn_has_null_outputs():
    turn, calls = run(
        act("find", inputs={"customer": value("c")}),
        act("tag", inputs={"person": template("{{ steps.find.email | default: 'x@example.com' }}")}),
        progress={"find": Progress(Prior.DONE, outcome=StepOutcome.SKIPPED)},
    )

    assert calls[0].inputs["person"] == "x@example.com"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_a_waiting_step_is_called_again_with_the_same_key():
    (first,) = run(act("tag"))[1]

    _, (second,) = run(act("tag"), progress={"tag": Progress(Prior.WAITING, attempts=3, first_sent_at=NOW)})

    assert second.attempt == 4
    assert second.key == first.key


def test_a_persons_do_it_now_makes_another_key():
    (first,) = run(act("tag"))[1]

    _, (second,) = run(act("tag"), progress={"tag": Progress(Prior.WAITING, generation=1)})

    assert second.key != first.key


def key_of_tag(facts):
    program = compile_program(workflow(act("tag")), catalog=CATALOG)
    return first_call(execute(program, facts, {}, now=NOW)).key


@pytest.mark.parametrize(
    "other",
    [{"replay": 1}, {"event_id": "evt_2"}, {"workflow_code": "workflow-2"}, {"trigger_connection": "shop-2"}],
)
def test_another_event_workflow_connection_or_replay_makes_another_key(other):
    assert key_of_tag(replace(scope(), **other)) != key_of_tag(scope())


def test_a_restored_run_makes_the_same_key():
    assert key_of_tag(replace(scope(), code="run-2")) == key_of_tag(scope())


def test_a_step_that_was_begun_is_not_skipped():
    turn, calls = run(
        act("tag", run_if=compares("{{ trigger.email }}", "is_empty")),
        progress={"tag": Progress(Prior.UNCERTAIN, attempts=1, first_sent_at=NOW)},
    )

    assert [call.path for call in calls] == ["tag"]
    assert turn.records[0].outcome is StepOutcome.SUCCEEDED


@pytest.mark.parametrize("key", ["tag", "event", "wipe"])
def test_after_a_crash_a_guarded_call_is_made_again_at_once(key):
    _, (call,) = run(act(key), progress={key: Progress(Prior.UNCERTAIN, attempts=1, first_sent_at=NOW)})

    assert call.attempt == 2


def test_after_a_crash_a_call_without_any_key_asks():
    turn, calls = run(SEND, progress={"send": Progress(Prior.UNCERTAIN, attempts=1, first_sent_at=NOW)})

    assert calls == []
    assert isinstance(turn.stopped, Ask)
    assert turn.stopped.error.code == "crashed"


@pytest.mark.parametrize("prior", [Prior.UNCERTAIN, Prior.WAITING])
def test_a_create_whose_key_may_be_forgotten_asks(prior):
    old = Progress(prior, attempts=1, first_sent_at=NOW - timedelta(hours=23))

    turn, calls = run(CHARGE, progress={"charge": old})

    assert calls == []
    assert isinstance(turn.stopped, Ask)


def test_an_old_create_that_surely_never_happened_is_made():
    old = Progress(Prior.WAITING, attempts=1, first_sent_at=NOW - timedelta(days=3), uncertain=False)

    _, calls = run(CHARGE, progress={"charge": old})

    assert [call.attempt for call in calls] == [2]


def test_a_call_that_crashes_the_worker_every_time_is_given_up():
    often = Progress(Prior.UNCERTAIN, attempts=20, first_sent_at=NOW)

    turn, calls = run(act("tag"), progress={"tag": often})

    assert calls == []
    assert turn.ended.error.code == "gave_up_uncertain"


def test_a_call_that_may_have_happened_and_can_no_longer_be_described_asks():
    turn, _ = run(
        act("send", action="mailer.unknown"), progress={"send": Progress(Prior.UNCERTAIN, attempts=1)}
    )

    assert isinstance(turn.stopped, Ask)
    assert turn.stopped.error.code == "unknown_action"


@pytest.mark.parametrize(
    "known",
    [
        Progress(Prior.UNCERTAIN, attempts=1, first_sent_at=NOW, uncertain=False),
        Progress(Prior.WAITING, attempts=1, first_sent_at=NOW, uncertain=True),
        # A person retried what was given up.
        Progress(Prior.WAITING, attempts=0, uncertain=True),
    ],
)
def test_a_delete_that_finds_nothing_after_an_uncertain_one_has_succeeded(known):
    turn, _ = run(act("wipe"), answers={"wipe": refused(gone=True)}, progress={"wipe": known})

    assert turn.ended.outcome is RunOutcome.SUCCEEDED
    assert turn.records[0].outputs is None


def test_a_first_delete_that_finds_nothing_fails():
    turn, _ = run(act("wipe"), answers={"wipe": refused(gone=True)})

    assert turn.ended.outcome is RunOutcome.FAILED


@pytest.mark.parametrize("error", [busy(), timeout(), unauthorized()])
def test_an_execution_that_has_stopped_can_not_be_resumed(error):
    execution = start(SEND)
    next(execution)
    pause = execution.send((Failed(error, at=NOW, first_sent_at=NOW),))
    assert isinstance(pause.stops[0], Wait | Ask | Park)

    with pytest.raises(RuntimeError, match="close the execution"):
        next(execution)


def test_a_call_can_not_be_left_without_an_answer():
    execution = start(SEND)
    next(execution)

    with pytest.raises(RuntimeError, match="answered by"):
        next(execution)


def test_one_program_serves_many_runs():
    program = compile_program(workflow(act("tag")), catalog=CATALOG)

    first = execute(program, scope(email="a@example.com"), {}, now=NOW)
    second = execute(program, scope(email="b@example.com"), {}, now=NOW)

    assert first_call(first).inputs["person"] == "a@example.com"
    assert first_call(second).inputs["person"] == "b@example.com"


def test_the_keys_of_what_was_published_before_stay_the_same():
    execution = start(act("tag", inputs={"person": value("a@example.com")}))

    assert first_call(execution).key == "b04174baf79dd3f3352cc7833bbb5b883f5d8b25f56166bd053fc48ef7d1938f"
