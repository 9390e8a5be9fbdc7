"""For each: items, waves, limits, failures, and what may be read inside and behind."""

from datetime import timedelta

import pytest

from apps.workflows.engine.effects import (
    Answered,
    Batch,
    Failed,
    Pause,
    Prior,
    Progress,
    Record,
    RunOutcome,
    StepOutcome,
)
from apps.workflows.engine.executor import drive, execute
from apps.workflows.engine.outcomes import DEFAULT_POLICY, Policy
from apps.workflows.engine.program import compile_program, step_id_of
from tests.workflows.engine.fakes import (
    CATALOG,
    NOW,
    act,
    compares,
    only_if,
    refused,
    scope,
    template,
    value,
    workflow,
)

NOT_VIP = compares("{{ item }}", "not_equals", "vip")
TAGS = ["new", "vip", "late"]


def each(*body, step_id="each", items="{{ trigger.tags }}", **rest):
    made = {"id": step_id, "kind": "for_each", "name": step_id.capitalize(), "items": template(items)}
    return made | {"steps": list(body)} | rest


def reads(source, step_id="last"):
    text = {"person": value("a@example.com"), "text": template(f"[{source}]")}
    return act("send", step_id, inputs=text)


def start(*steps, progress=None, now=NOW, policy=DEFAULT_POLICY, **event):
    program = compile_program(workflow(*steps), catalog=CATALOG)
    return execute(program, scope(**{"tags": TAGS, **event}), progress or {}, now=now, policy=policy)


def run(*steps, fail=(), **rest):
    calls = {}

    def perform(call):
        calls[call.path] = dict(call.inputs)
        if call.path in fail:
            return Failed(refused(), at=NOW, first_sent_at=NOW)
        return Answered({"id": f"id of {call.path}"}, at=NOW)

    return drive(start(*steps, **rest), perform), calls


def test_the_body_runs_once_for_each_item():
    turn, calls = run(
        each(reads("{{ item }} {{ loop.index }} {{ loop.number }} of {{ loop.count }}", "tell"))
    )

    assert [call["text"] for call in calls.values()] == [
        "[new 0 1 of 3]",
        "[vip 1 2 of 3]",
        "[late 2 3 of 3]",
    ]
    assert list(calls) == ["each[0].tell", "each[1].tell", "each[2].tell"]
    assert [record.index for record in turn.records] == [0, 1, 2, None]


def test_what_the_items_gave_is_read_behind_the_loop():
    loop = each(only_if(NOT_VIP), act("tag"))

    turn, calls = run(
        loop,
        reads("{{ steps.each.count }} {{ steps.each.succeeded }} {{ steps.each.filtered }}"),
    )

    assert calls["last"]["text"] == "[3 2 1]"
    assert turn.records[-2].outputs["results"] == [
        {"index": 0, "outcome": "succeeded", "output": {"id": "id of each[0].tag"}},
        {"index": 1, "outcome": "filtered", "output": None},
        {"index": 2, "outcome": "succeeded", "output": {"id": "id of each[2].tag"}},
    ]


def test_an_inner_loop_reads_the_item_of_the_outer_one():
    inner = each(
        reads("{{ steps.outer.item.name }}-{{ item }}", "tell"), step_id="inner", items="{{ item.tags }}"
    )
    groups = [{"name": "a", "tags": [1, 2]}, {"name": "b", "tags": [3]}]

    _, calls = run(each(inner, step_id="outer", items="{{ trigger.extra.groups }}"), extra={"groups": groups})

    assert {path: call["text"] for path, call in calls.items()} == {
        "outer[0].inner[0].tell": "[a-1]",
        "outer[0].inner[1].tell": "[a-2]",
        "outer[1].inner[0].tell": "[b-3]",
    }
    assert step_id_of("outer[0].inner[1].tell") == "tell"


def test_items_have_keys_of_their_own():
    execution = start(each(act("charge", inputs={"person": value("a@example.com"), "amount": value(1)})))
    keys: list[str] = []
    effect = next(execution)
    while len(keys) < 3:
        if isinstance(effect, Batch):
            keys.append(effect.work[0].key)
            effect = execution.send((Answered({}, at=NOW),))
        else:
            effect = next(execution)

    assert len(set(keys)) == 3


def test_a_wave_is_one_batch_of_the_items_under_way():
    execution = start(each(act("tag", "one"), act("tag", "two"), concurrency=2))
    waves, answer = [], None
    try:
        while True:
            effect = execution.send(answer)
            answer = None
            if isinstance(effect, Batch):
                waves.append([call.path for call in effect.work])
                answer = tuple(Answered({}, at=NOW) for _ in effect.work)
    except StopIteration:
        pass

    assert waves == [
        ["each[0].one", "each[1].one"],
        ["each[0].two", "each[1].two"],
        ["each[2].one"],
        ["each[2].two"],
    ]


@pytest.mark.parametrize(
    ("items", "count"), [(None, 0), ([], 0), (["x"], 1)], ids=["nothing", "an empty list", "one item"]
)
def test_a_list_without_items_is_no_failure(items, count):
    turn, _ = run(each(act("tag"), items="{{ trigger.extra.list }}"), extra={"list": items})

    assert turn.records[-1].outputs["count"] == count
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_what_is_no_list_fails_the_step():
    turn, _ = run(each(act("tag"), items="{{ trigger.email }}"))

    assert turn.ended.error.code == "wrong_type"
    assert "“items” must be a list. It is filled by {{ trigger.email }}." in turn.ended.error.message


def test_more_items_than_the_limit_fail_the_step_or_are_left_out():
    failed, calls = run(each(act("tag"), limit=2))
    first, _ = run(each(act("tag"), limit=2, over_limit="first"))

    assert calls == {}
    assert failed.ended.error.code == "too_many_items"
    assert first.records[-1].outputs["count"] == 2
    assert first.records[-1].note == "Only the first 2 of 3 items."


def test_a_failed_item_stops_the_loop_and_is_named():
    turn, calls = run(each(act("tag")), act("tag", "behind"), fail=("each[1].tag",))

    assert list(calls) == ["each[0].tag", "each[1].tag"]
    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.FAILED, "each")
    assert turn.ended.error.message == "Step “Each”: item 2 of 3 failed. Mailer refused it."


def test_a_failed_item_may_be_left_behind():
    turn, calls = run(
        each(act("tag"), on_item_error="continue"), reads("{{ steps.each.failed }}"), fail=("each[1].tag",)
    )

    assert calls["last"]["text"] == "[1]"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_the_error_branch_of_a_loop_takes_over_where_an_item_fails():
    loop = each(act("tag"), on_error={"steps": [reads("{{ error.message }}", "told")], "then": "continue"})

    turn, calls = run(loop, fail=("each[0].tag",))

    assert calls["told"]["text"] == "[Step “Each”: item 1 of 3 failed. Mailer refused it.]"
    assert turn.ended.outcome is RunOutcome.SUCCEEDED


def test_a_stop_in_a_body_ends_the_run():
    stop = {"id": "end", "kind": "stop", "name": "End", "outcome": "succeeded"}

    turn, calls = run(each(act("tag"), stop), act("tag", "behind"))

    assert list(calls) == ["each[0].tag"]
    assert (turn.ended.outcome, turn.ended.step) == (RunOutcome.SUCCEEDED, "each[0].end")


def test_items_that_wait_pause_the_run_together():
    nap = {"id": "nap", "kind": "delay", "name": "Nap", "mode": "for", "amount": value(1), "unit": "days"}

    turn, _ = run(each(nap, concurrency=2))

    assert [stop.path for stop in turn.stops] == ["each[0].nap", "each[1].nap"]
    assert {stop.until for stop in turn.stops} == {NOW + timedelta(days=1)}


def test_an_item_that_waits_keeps_its_place_while_others_go_on():
    nap = {"id": "nap", "kind": "delay", "name": "Nap", "mode": "for", "amount": value(1), "unit": "days"}
    only_vip = {
        "id": "ask",
        "kind": "if",
        "name": "Ask",
        "condition": compares("{{ item }}", "equals", "vip"),
    }

    turn, calls = run(each({**only_vip, "then": [nap]}, act("tag"), concurrency=2))

    assert list(calls) == ["each[0].tag", "each[2].tag"]
    assert [stop.path for stop in turn.stops] == ["each[1].nap"]


def test_items_that_were_begun_are_finished_where_another_has_failed():
    loop = each(act("tag"), concurrency=3)
    cut_off = {
        "each[0].tag": Progress(Prior.DONE, outcome=StepOutcome.FAILED),
        "each[2].tag": Progress(Prior.UNCERTAIN, attempts=1, first_sent_at=NOW),
    }

    turn, calls = run(loop, progress=cut_off)

    assert list(calls) == ["each[2].tag"]
    assert turn.ended.outcome is RunOutcome.FAILED


def test_a_finished_loop_is_not_run_again():
    outputs = {"count": 3, "succeeded": 3, "failed": 0, "filtered": 0, "results": []}
    done = {"each": Progress(Prior.DONE, outcome=StepOutcome.SUCCEEDED, outputs=outputs)}

    turn, calls = run(each(act("tag")), reads("{{ steps.each.succeeded }}"), progress=done)

    assert list(calls) == ["last"]
    assert calls["last"]["text"] == "[3]"
    assert [record.path for record in turn.records] == ["last"]


def test_what_a_body_gives_is_null_at_the_beginning_of_each_item():
    maybe = {"id": "ask", "kind": "if", "name": "Ask", "condition": NOT_VIP, "then": [act("tag")]}

    _, calls = run(each(maybe, reads("{{ steps.tag.id }}", "tell")))

    assert calls["each[1].tell"]["text"] == "[]"
    assert calls["each[2].tell"]["text"] == "[id of each[2].tag]"


def test_results_that_are_too_large_are_left_out_and_counted():
    turn = drive(
        start(each(act("tag"))),
        lambda call: Answered({"id": "x" * (600 * 1024)}, at=NOW),
    )

    outputs = turn.records[-1].outputs
    assert outputs is not None
    assert [result["output"] is None for result in outputs["results"]] == [False, True, True]
    assert turn.records[-1].note == "What 2 items gave is too large to be kept in the results."


@pytest.mark.parametrize("on_item_error", ["stop", "continue"])
def test_loops_inside_loops_are_bounded_over_the_whole_run(on_item_error):
    gate = only_if(compares("{{ item }}", "exists"))
    rest = {"limit": 1000, "on_item_error": on_item_error}
    inner = each(gate, step_id="inner", **rest)
    loop = each(inner, step_id="outer", on_error={"steps": [], "then": "continue"}, **rest)

    turn, _ = run(loop, tags=TAGS * 10, policy=Policy(max_steps=100))

    assert (turn.ended.outcome, turn.ended.error.code) == (RunOutcome.FAILED, "too_many_steps")
    assert len(turn.records) < 200


def test_a_run_that_was_too_long_is_so_in_a_later_turn_too():
    gate = only_if(compares("{{ item }}", "exists"))
    loop = each(each(gate, step_id="inner", limit=1000), step_id="outer", limit=1000)
    turn, _ = run(loop, tags=TAGS * 10, policy=Policy(max_steps=100))
    past = {
        record.path: Progress(Prior.DONE, outcome=record.outcome, outputs=record.outputs, error=record.error)
        for record in turn.records
    }

    again, _ = run(loop, tags=TAGS * 10, policy=Policy(max_steps=100), progress=past)

    assert again.records == ()
    assert again.ended == turn.ended


def test_a_loop_can_not_be_left_without_its_answers():
    execution = start(each(act("tag"), concurrency=2))
    next(execution)

    with pytest.raises(RuntimeError, match="one answer for each"):
        execution.send((Answered({}, at=NOW),))


def test_a_paused_loop_can_not_be_resumed():
    nap = {"id": "nap", "kind": "delay", "name": "Nap", "mode": "for", "amount": value(1), "unit": "days"}
    execution = start(each(nap))
    effect = next(execution)
    while isinstance(effect, Record):
        effect = next(execution)
    assert isinstance(effect, Pause)

    with pytest.raises(RuntimeError, match="close the execution"):
        next(execution)
