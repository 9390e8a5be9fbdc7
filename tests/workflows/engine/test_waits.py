"""Steps that let time pass: delay, approval, and wait for webhook."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from apps.workflows.engine.effects import (
    Answered,
    Approve,
    Listen,
    Prior,
    Progress,
    RunOutcome,
    Sleep,
    StepOutcome,
)
from apps.workflows.engine.executor import RunScope, drive, execute
from apps.workflows.engine.program import compile_program
from tests.workflows.engine.fakes import CATALOG, EVENT, NOW, act, compares, template, value, workflow

HOUR = timedelta(hours=1)
MEMBER = [{"email": "ada@example.com"}]


def run(*steps, progress=None, now=NOW, wait_urls=None):
    calls = {}

    def perform(call):
        calls[call.path] = dict(call.inputs)
        return Answered({"id": f"id of {call.path}"}, at=now)

    facts = RunScope(EVENT, "run-1", "evt_1", "workflow-1", "shop-1", wait_urls=wait_urls or {})
    program = compile_program(workflow(*steps), catalog=CATALOG)
    return drive(execute(program, facts, progress or {}, now=now), perform), calls


def delay(**settings):
    return {"id": "nap", "kind": "delay", "name": "Nap", **settings}


def approval(**settings):
    made = {
        "id": "ask",
        "kind": "approval",
        "name": "Ask",
        "message": template("Send to {{ trigger.email }}?"),
    }
    return made | {"approvers": MEMBER, "deadline": {"amount": 2, "unit": "hours"}} | settings


def listen(**settings):
    made = {"id": "hear", "kind": "wait_webhook", "name": "Hear", "deadline": {"amount": 2, "unit": "hours"}}
    return made | settings


def known(until=None, answer=None):
    return Progress(Prior.WAITING, uncertain=False, until=until, answer=answer)


def reads(source, step_id="last"):
    text = {"person": value("a@example.com"), "text": template(f"[{source}]")}
    return act("send", step_id, inputs=text)


@pytest.mark.parametrize(
    ("settings", "until"),
    [
        ({"mode": "for", "amount": value(2), "unit": "hours"}, NOW + 2 * HOUR),
        (
            {"mode": "for", "amount": template("{{ trigger.amount }}"), "unit": "seconds"},
            NOW + timedelta(seconds=4900),
        ),
        ({"mode": "until", "until": value("2026-03-02T00:00:00Z")}, datetime(2026, 3, 2, tzinfo=UTC)),
        (
            {"mode": "time_of_day", "time": "09:00", "zone": "Europe/Berlin"},
            datetime(2026, 3, 2, 8, tzinfo=UTC),
        ),
    ],
)
def test_a_delay_pauses_the_run_until_its_moment(settings, until):
    turn, calls = run(delay(**settings), act("tag"))

    assert turn.stops == (Sleep("nap", until, 1, "Nap"),)
    assert (turn.records, calls) == ((), {})


def test_a_delay_goes_on_at_its_moment_and_gives_it():
    turn, calls = run(
        delay(mode="for", amount=value(1), unit="hours"),
        reads("{{ steps.nap.until }}"),
        progress={"nap": known(until=NOW)},
    )

    assert calls["last"]["text"] == f"[{int(NOW.timestamp())}]"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_a_delay_that_is_woken_early_sleeps_on_until_the_same_moment():
    turn, _ = run(delay(mode="for", amount=value(5), unit="hours"), progress={"nap": known(until=NOW + HOUR)})

    assert turn.stops[0].until == NOW + HOUR


def test_a_moment_that_has_passed_is_no_pause():
    turn, _ = run(delay(mode="until", until=template("{{ trigger.placed }}")))

    assert turn.ended.outcome is RunOutcome.SUCCEEDED


@pytest.mark.parametrize(
    ("settings", "code", "told"),
    [
        ({"mode": "for", "amount": template("{{ trigger.nickname }}")}, "empty_input", "“amount” is empty."),
        ({"mode": "for", "amount": template("{{ trigger.email }}")}, "wrong_type", "must be a number."),
        ({"mode": "for", "amount": value(91), "unit": "days"}, "too_far", "more than 90 days ahead."),
        ({"mode": "until", "until": template("{{ trigger.email }}")}, "not_a_time", "is not a time."),
        ({"mode": "time_of_day", "time": "9"}, "wrong_type", "a time of day such as 09:30."),
    ],
)
def test_a_delay_that_cant_be_reckoned_fails_and_says_why(settings, code, told):
    turn, _ = run(delay(**settings))

    assert turn.ended.error.code == code
    assert told in turn.ended.error.message


def test_an_approval_shows_what_will_be_sent():
    send = act("send", inputs={"person": template("{{ trigger.email }}"), "text": value("Hi")})

    turn, _ = run(act("tag"), approval(connection="mail"), send, reads("{{ steps.send.id }}", "later"))

    assert turn.stops == (
        Approve(
            path="ask",
            position=2,
            name="Ask",
            message="Send to pat@example.com?",
            shown=(
                {
                    "step": "Do send",
                    "action": "mailer.send",
                    "connection": "mailer-1",
                    "inputs": {"person": "pat@example.com", "text": "Hi"},
                },
                {"step": "Do send", "action": "mailer.send", "connection": "mailer-1", "inputs": None},
            ),
            approvers=("ada@example.com",),
            connection="mail",
            until=NOW + 2 * HOUR,
            on_deadline="deny",
        ),
    )


def test_an_approval_shows_the_actions_in_branches_behind_it_with_the_way_there():
    sent = {"person": template("{{ trigger.email }}"), "text": value("Hi")}
    each = {"person": template("{{ item }}"), "text": value("Hi")}
    holds = compares("{{ trigger.amount }}", "at_least", 1)
    items = template("{{ trigger.tags }}")
    loop = {"id": "loop", "kind": "for_each", "name": "Loop", "items": items}
    fork = {
        "id": "fork",
        "kind": "if",
        "name": "Fork",
        "condition": holds,
        "then": [act("send", "a", inputs=sent), loop | {"steps": [act("send", "b", inputs=each)]}],
        "else": [act("send", "c", inputs=sent, disabled=True)],
    }
    on_error = {"steps": [reads("{{ error.message }}")], "then": "continue"}

    turn, _ = run(approval(), fork, act("tag", on_error=on_error))

    shown = turn.stops[0].shown
    assert [(each.get("branch", ""), each["inputs"] is None) for each in shown] == [
        ("“Fork”: then", False),
        ("“Fork”: then › “Loop”: each item", True),
        ("", False),
        ("“Do tag”: on error", True),
    ]


def test_an_approval_in_a_loop_does_not_show_the_item_of_a_loop_inside_as_its_own():
    each = {"person": template("{{ item }}"), "text": value("Hi")}
    inner: dict[str, Any] = {
        "id": "in",
        "kind": "for_each",
        "name": "In",
        "items": template("{{ trigger.tags }}"),
    }
    outer: dict[str, Any] = {
        "id": "out",
        "kind": "for_each",
        "name": "Out",
        "items": template("{{ trigger.tags }}"),
    }
    inner["steps"] = [act("send", inputs=each)]

    turn, _ = run(outer | {"steps": [approval(), inner]})

    assert turn.stops[0].shown[0]["inputs"] is None


def test_what_was_shown_is_what_is_sent():
    send = act(
        "send", inputs={"person": template("{{ trigger.email }}"), "text": template("{{ steps.tag.id }}")}
    )
    steps = (act("tag"), approval(), send)
    asked, _ = run(*steps)
    tag = Progress(Prior.DONE, outcome=StepOutcome.SUCCEEDED, outputs={"id": "id of tag"})

    _, calls = run(*steps, progress={"tag": tag, "ask": known(answer={"approved": True})})

    assert calls["send"] == asked.stops[0].shown[0]["inputs"]


def test_an_approval_that_came_lets_the_run_go_on():
    answer = {"approved": True, "decision": "approved", "decided_by": "ada@example.com"}

    turn, calls = run(
        approval(),
        reads("{{ steps.ask.decided_by }}{{ steps.ask.comment }}"),
        progress={"ask": known(until=NOW - HOUR, answer=answer)},
    )

    assert calls["last"]["text"] == "[ada@example.com]"
    assert (turn.records[0].branch, turn.records[0].note) == ("Approved", "Approved by ada@example.com")


def test_a_denied_approval_ends_the_run_with_who_and_why():
    answer = {"approved": False, "decision": "denied", "decided_by": "ada@example.com", "comment": "too much"}

    turn, calls = run(approval(), act("tag"), progress={"ask": known(answer=answer)})

    assert calls == {}
    assert turn.ended.outcome is RunOutcome.FILTERED
    assert turn.ended.error.message == "Step “Ask”: Denied by ada@example.com: too much."


def test_a_denied_approval_may_go_on():
    answer = {"approved": False, "decision": "denied"}

    turn, calls = run(
        approval(on_denied="continue"),
        reads("{{ steps.ask.approved }}"),
        progress={"ask": known(answer=answer)},
    )

    assert calls["last"]["text"] == "[false]"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


@pytest.mark.parametrize(
    ("on_deadline", "outcome"), [("deny", RunOutcome.FILTERED), ("approve", RunOutcome.SUCCEEDED)]
)
def test_at_the_deadline_an_approval_is_decided_as_its_step_says(on_deadline, outcome):
    turn, _ = run(approval(on_deadline=on_deadline), progress={"ask": known(until=NOW)})

    assert turn.ended.outcome is outcome
    assert turn.records[0].outputs["by_deadline"] is True
    assert turn.records[0].outputs["decided_at"] == int(NOW.timestamp())


def test_an_approval_that_nobody_decided_yet_is_asked_with_the_same_deadline():
    turn, _ = run(approval(), progress={"ask": known(until=NOW + HOUR)})

    assert turn.stops[0].until == NOW + HOUR


def test_the_address_of_a_step_that_waits_is_known_from_the_start():
    urls = {"hear": "https://tandem.example.com/v1/waits/t"}

    turn, calls = run(reads("{{ run.wait_urls.hear }}"), listen(), wait_urls=urls)

    assert calls["last"]["text"] == "[https://tandem.example.com/v1/waits/t]"
    assert turn.stops == (Listen("hear", 2, "Hear", NOW + 2 * HOUR),)


def test_what_came_is_read_behind_the_step():
    answer = {"received": True, "body": {"ok": 1}, "received_at": 5}

    _, calls = run(listen(), reads("{{ steps.hear.body.ok }}"), progress={"hear": known(answer=answer)})

    assert calls["last"]["text"] == "[1]"


@pytest.mark.parametrize(
    ("on_timeout", "outcome"),
    [("continue", RunOutcome.SUCCEEDED), ("stop", RunOutcome.FILTERED), ("fail", RunOutcome.FAILED)],
)
def test_where_nothing_comes_in_time_the_step_says_what_then(on_timeout, outcome):
    turn, _ = run(listen(on_timeout=on_timeout), progress={"hear": known(until=NOW)})

    assert turn.ended.outcome is outcome
    assert (turn.ended.error is None) == (on_timeout == "continue")


@pytest.mark.parametrize("step", [approval(), listen(on_timeout="stop")])
def test_an_end_is_told_the_same_where_the_step_is_recorded_already(step):
    past = {step["id"]: known(until=NOW)}
    turn, _ = run(step, progress=past)
    (record,) = turn.records
    done = Progress(Prior.DONE, outcome=record.outcome, outputs=record.outputs)

    again, _ = run(step, progress={step["id"]: done})

    assert again.ended == turn.ended


def test_an_approval_in_a_loop_ends_its_item_alone():
    loop = {"id": "each", "kind": "for_each", "name": "Each", "items": template("{{ trigger.tags }}")}
    denied = known(answer={"approved": False})
    approved = known(answer={"approved": True})

    turn, calls = run(
        {**loop, "steps": [approval(), act("tag")]},
        progress={"each[0].ask": denied, "each[1].ask": approved},
    )

    assert list(calls) == ["each[1].tag"]
    assert turn.records[-1].outputs["filtered"] == 1


def test_a_condition_reads_what_was_decided():
    gate = {
        "id": "gate",
        "kind": "filter",
        "name": "Gate",
        "condition": compares("{{ steps.ask.approved }}", "is_true"),
    }

    turn, _ = run(approval(on_denied="continue"), gate, progress={"ask": known(answer={"approved": False})})

    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FILTERED, "gate")
