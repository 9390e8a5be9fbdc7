"""People and crashes come in between: nothing is doubled, and nothing that was asked for is forgotten."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.common.errors import Conflict
from apps.runs import record, services
from apps.runs.calling import Outgoing, perform
from apps.runs.finding.keys import stored_hash
from apps.runs.leases import DatabaseClock
from apps.runs.models import Effect, Run, SearchKey
from apps.workspaces.access import Actor
from tests.runs.conftest import MAIL, TRACK, status, take

SYSTEM = Actor.system("test")


@pytest.mark.parametrize("answer", [429, 500])
def test_a_cancel_during_a_call_that_must_be_repeated_ends_the_run(world, provider, work, answer):
    def cancel_meanwhile(request):
        services.cancel(Run.objects.get(), actor=SYSTEM)
        return status(answer)

    provider.script = [cancel_meanwhile]
    run = world.start(world.workflow(TRACK))
    work()

    run.refresh_from_db()
    assert run.status == "cancelled"


def test_a_run_that_was_run_again_is_not_retried_beside_it(world, provider, work):
    provider.script = [status(429)]
    run = world.start(world.workflow(TRACK))
    work()
    services.cancel(run, actor=SYSTEM)
    services.run_again(run, actor=SYSTEM)
    work()

    with pytest.raises(Conflict) as refused:
        services.retry(run, actor=SYSTEM)
    work()

    assert refused.value.code == "run_again_since"
    assert len(provider.requests) == 2
    run.refresh_from_db()
    assert run.status == "cancelled"


def test_nothing_runs_again_over_a_call_whose_question_was_cancelled(world, provider, work):
    provider.script = [status(500)]
    run = world.start(world.workflow(MAIL))
    work()
    services.decide(Effect.objects.get(), actor=SYSTEM, decision="cancel")

    with pytest.raises(Conflict) as refused:
        services.run_again(run, actor=SYSTEM)

    assert refused.value.code == "undecided"
    services.retry(run, actor=SYSTEM)
    work()
    run.refresh_from_db()
    assert run.status == "needs_decision"
    assert len(provider.requests) == 1


def test_a_run_whose_first_worker_died_can_still_be_searched(world, provider, work):
    told = {**TRACK, "inputs": {**TRACK["inputs"], "identifier": {"value": "somebody-else"}}}
    run = world.start(world.workflow(told))
    take(DatabaseClock())
    world.lose_worker()

    work()

    workspace = str(world.workspace.code)
    wanted = stored_hash("ada@example.com", kind="email", workspace=workspace)
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert SearchKey.objects.filter(run=run, value_hash=wanted).exists()


def test_a_wait_is_counted_on_the_database_s_clock(world, provider):
    """A host whose own clock is wrong must neither rush nor miss the repetition."""
    clock = DatabaseClock()
    clock.set(datetime.now(UTC) + timedelta(hours=1))
    run = world.start(world.workflow(TRACK))
    (execution,) = take(clock)
    [piece] = execution.pieces
    assert isinstance(piece, Outgoing)
    provider.script = [status(429, retry_after="60")]
    execution.resume(perform(piece))

    assert execution.verdict is not None
    assert execution.verdict.due_at is not None
    assert timedelta(seconds=59) < execution.verdict.due_at - clock.now() <= timedelta(seconds=61)
    assert run.pk == execution.run.pk


def test_who_must_decide_sees_the_request_of_a_worker_that_died(world, provider, work):
    run = world.start(world.workflow(MAIL))
    (execution,) = take(DatabaseClock())
    record.write([execution])
    world.lose_worker()

    work()

    run.refresh_from_db()
    planned = run.steps.get().log["planned"]
    assert run.status == "needs_decision"
    assert provider.requests == []
    assert (planned["method"], planned["url"]) == ("POST", "https://api.customer.io/v1/send/email")
    assert "ada@example.com" in planned["body"]
    assert "••••" in planned["headers"]["Authorization"]


def test_the_planned_request_gives_way_to_what_was_exchanged(world, provider, work):
    provider.script = [status(500)]
    run = world.start(world.workflow(MAIL))
    work()

    log = run.steps.get().log
    assert "planned" not in log
    assert len(log["exchanges"]) == 1


def test_a_request_that_was_not_sent_is_not_shown_as_sent(world):
    run = world.start(world.workflow(MAIL))
    (execution,) = take(DatabaseClock())
    record.write([execution])
    execution.give_back()
    record.write([execution])

    assert "planned" not in run.steps.get().log


MERGE = {
    "id": "merge",
    "kind": "action",
    "name": "Make one of them",
    "action": "customerio.merge-people",
    "confirmed": True,
    "inputs": {
        "primary": {"template": "{{ trigger.receipt_email }}"},
        "secondary": {"value": "kim@example.com"},
    },
}


def test_a_merge_that_may_have_happened_is_not_repeated_but_asked_about(world, provider, work):
    provider.script = [status(500), status(400, {"meta": {"error": "secondary not found"}})]
    run = world.start(world.workflow(MERGE))

    work()

    run.refresh_from_db()
    assert run.status == "needs_decision"
    assert len(provider.requests) == 1
    services.decide(Effect.objects.get(), actor=SYSTEM, decision="happened")
    work()
    run.refresh_from_db()
    assert run.status == "succeeded"
    assert len(provider.requests) == 1
