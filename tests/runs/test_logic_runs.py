"""Runs with logic steps through the worker's own loop: loops, code, delays, branches."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.catalog.transport import NoAnswer
from apps.runs import record, services
from apps.runs.dispatch import do, not_done
from apps.runs.leases import DatabaseClock
from apps.runs.models import Effect, Run, StepRun
from apps.runs.worker.drain import Drain
from apps.runs.worker.stopping import NeverStop
from apps.workspaces.access import Actor
from tests.factories import MembershipFactory
from tests.runs.conftest import KilledError, ok, status, take
from tests.runs.logic import code, create, delay, for_each, template, track, value, workflow

ACTOR = Actor.system("test")


def statuses(run):
    return {row.path: row.status for row in run.steps.all()}


def test_each_item_makes_its_own_call_with_its_own_key(world, provider, work, keyed_action):
    run = world.start(workflow(world, for_each(create("make", "{{ item }}"), concurrency=2)))

    work()

    run.refresh_from_db()
    assert (run.status, run.reason) == ("succeeded", "")
    keys = [request.headers["Idempotency-Key"] for request in provider.requests]
    assert len(set(keys)) == 3
    assert set(Effect.objects.values_list("path", flat=True)) == {f"loop[{n}].make" for n in range(3)}
    assert statuses(run)["loop"] == "succeeded"


def test_the_calls_of_a_wave_are_announced_before_any_is_sent(world, provider, work, keyed_action):
    seen = []

    def answer(_: object) -> Any:
        seen.append(Effect.objects.filter(status="pending").count())
        return ok()

    provider.default = answer
    world.start(workflow(world, for_each(create("make", "{{ item }}"), concurrency=3)))

    work()

    assert seen[0] == 3


def test_a_worker_that_dies_in_a_wave_repeats_it_with_the_same_keys(world, provider, work, keyed_action):
    provider.script = [ok({"id": "th_1"}), KilledError()]
    run = world.start(workflow(world, for_each(create("make", "{{ item }}"), concurrency=3)))
    with pytest.raises(KilledError):
        work()
    pending = Effect.objects.filter(status="pending").count()

    world.lose_worker()
    work()

    run.refresh_from_db()
    keys = [request.headers["Idempotency-Key"] for request in provider.requests]
    assert pending == 3
    assert run.status == "succeeded"
    assert len(set(keys)) == 3
    assert Effect.objects.filter(status="done").count() == 3


def test_a_retry_goes_on_with_the_items_that_failed(world, provider, work, keyed_action):
    provider.script = [ok({"id": "th_1"}), status(400), ok({"id": "th_3"})]
    run = world.start(workflow(world, for_each(create("make", "{{ item }}"), concurrency=3), track(name="x")))
    work()
    run.refresh_from_db()
    failed = run.status

    services.retry(run, actor=ACTOR)
    work()

    run.refresh_from_db()
    assert (failed, run.status) == ("failed", "succeeded")
    things = [request for request in provider.requests if request.url.endswith("/things")]
    assert len(things) == 4
    keys = [request.headers["Idempotency-Key"] for request in things]
    assert keys[3] not in keys[:3]  # Refused: a new key, since some providers answer an old one alike.


def test_items_that_may_fail_are_left_alone_by_a_retry(world, provider, work, keyed_action):
    loop = for_each(create("make", "{{ item }}"), on_item_error="continue")
    provider.script = [ok(), status(400), ok(), status(400)]
    run = world.start(workflow(world, loop, track(name="x")))
    work()
    services.retry(run, actor=ACTOR)
    work()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert statuses(run)["loop[1].make"] == "failed"
    assert sum(request.url.endswith("/things") for request in provider.requests) == 3


def test_running_again_reuses_what_each_item_created(world, provider, work, keyed_action):
    provider.script = [ok({"id": "th_1"}), ok({"id": "th_2"}), ok({"id": "th_3"})]
    run = world.start(workflow(world, for_each(create("make", "{{ item }}"))))
    work()

    again = services.run_again(run, actor=ACTOR)
    work()

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert len(provider.requests) == 3
    assert all(row.reused for row in again.steps.filter(path__contains="["))


def test_code_runs_in_the_sandbox_and_its_output_goes_on(world, provider, work):
    step = code("print('hello')\nreturn inputs['amount'] * 2", amount=template("{{ trigger.amount }}"))
    run = world.start(workflow(world, step, track(name="{{ steps.compute.output }}")))

    work()

    run.refresh_from_db()
    row = run.steps.get(path="compute")
    assert run.status == "succeeded"
    assert row.log["output"] == {"output": 4000, "printed": "hello\n"}
    assert json.loads(provider.requests[0].body)["name"] == "4000"


def test_a_runaway_program_fails_its_step_and_no_other_run(world, provider, work):
    endless = {**code("while True:\n    pass"), "timeout": 0.1}
    bad = world.start(workflow(world, endless), world.deliver("evt_bad"))
    good = world.start(workflow(world, track(name="x")), world.deliver("evt_good"))

    work()

    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, bad.reason_code) == ("failed", "code_timeout")
    assert good.status == "succeeded"


def test_a_delay_holds_no_worker_and_goes_on_at_its_time(world, provider, work):
    run = world.start(workflow(world, delay(3600), track(name="x")))
    work()
    run.refresh_from_db()
    waiting, due = run.status, run.due_at
    Run.objects.update(due_at=timezone.now())  # A worker that is early finds that it is early.
    work()
    run.refresh_from_db()

    assert (waiting, run.status, run.reason_code) == ("waiting", "waiting", "delay")
    assert due > timezone.now() + timedelta(minutes=55)
    assert abs((run.due_at - due).total_seconds()) < 1
    assert not provider.requests

    StepRun.objects.update(resume_at=timezone.now() - timedelta(seconds=1))
    Run.objects.update(due_at=timezone.now())
    work()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert len(provider.requests) == 1


def test_an_error_branch_that_continues_lets_the_run_succeed(world, provider, work, keyed_action):
    step = {**create("make"), "on_error": {"steps": [track(name="{{ error.code }}")], "then": "continue"}}
    provider.script = [status(400)]
    run = world.start(workflow(world, step))

    work()

    run.refresh_from_db()
    assert (run.status, run.reason) == ("succeeded", "")
    assert statuses(run) == {"make": "failed", "tell": "succeeded"}


def test_a_wave_that_was_cut_in_two_begins_nothing_more_and_keeps_what_came(world, provider, keyed_action):
    run = world.start(workflow(world, for_each(create("make", "{{ item }}"), concurrency=2)))
    clock = DatabaseClock()
    (execution,) = take(clock)
    record.write([execution])
    first, second = execution.pieces
    execution.resume(do(first))
    execution.resume(not_done(second))
    record.write([execution])

    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("queued", "given_back")
    assert {row.path: row.status for row in Effect.objects.all()} == {
        "loop[0].make": "done",
        "loop[1].make": "not_done",
    }
    Drain("next", stop=NeverStop(), threads=2).run_until_idle()
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert len(provider.requests) == 3


def test_branches_and_items_are_on_the_page(world, provider, work, client):
    choice = {
        "id": "choice",
        "kind": "switch",
        "name": "How much",
        "cases": [
            {
                "id": "big",
                "name": "Big",
                "condition": {
                    "left": template("{{ trigger.amount }}"),
                    "op": "greater_than",
                    "right": value(1000),
                },
                "steps": [track("loud", "x")],
            }
        ],
        "default": [track("quiet", "y")],
    }
    run = world.start(workflow(world, choice, for_each(track("each", "{{ item }}"), items=list(range(25)))))
    work()
    client.force_login(_member(world))

    page = client.get(f"/admin/runs/run/{run.pk}/change/").content.decode()

    assert "Default: not taken" in page
    assert "Track loud" in page
    assert "25 items" in page
    assert "Item 20 " in page
    assert "Item 21 " not in page
    later = client.get(f"/admin/runs/run/{run.pk}/change/?items=loop&from=20").content.decode()
    assert "Item 21 " in later
    assert "Item 20 " not in later


def test_an_item_that_asks_is_on_the_page_without_turning_to_it(world, provider, work, client):
    mail = {
        "id": "mail",
        "kind": "action",
        "name": "Mail",
        "action": "customerio.send-transactional-email",
        "inputs": {
            "transactional_message_id": value("3"),
            "to": value("ada@example.com"),
            "identifiers_email": value("ada@example.com"),
        },
    }
    provider.script = [ok({"delivery_id": "dlv_1", "queued_at": 1})] * 24 + [
        NoAnswer("Nobody answered.", code="no_answer")
    ]
    run = world.start(workflow(world, for_each(mail, items=list(range(25)))))
    work()
    client.force_login(_member(world))

    page = client.get(f"/admin/runs/run/{run.pk}/change/").content.decode()
    services.decide(Effect.objects.get(path="loop[24].mail"), actor=ACTOR, decision="happened")
    work()

    run.refresh_from_db()
    assert "It is not known whether this call happened" in page
    assert "Item 25 " in page
    assert run.status == "succeeded"
    assert len(provider.requests) == 25


def test_the_pages_queries_do_not_grow_with_the_items(
    world, provider, work, client, django_assert_max_num_queries
):
    run = world.start(workflow(world, for_each(track("each", "x"), items=list(range(60)), concurrency=10)))
    work()
    client.force_login(_member(world))
    client.get(f"/admin/runs/run/{run.pk}/change/")

    with django_assert_max_num_queries(16):
        client.get(f"/admin/runs/run/{run.pk}/change/")


def _member(world):
    return MembershipFactory(workspace=world.workspace, role="owner").user
