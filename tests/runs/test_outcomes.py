"""The outcome table, cell by cell, through the worker's own loop and a provider that fails."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.catalog.transport import NoAnswer, NotSent
from apps.runs.models import Effect, Run, StepRun
from tests.runs.conftest import CREATE, DELETE, IDENTIFY, MAIL, READ, TRACK, KilledError, ok, status

STEPS = {"read": READ, "upsert": IDENTIFY, "delete": DELETE, "event": TRACK, "key": CREATE, "none": MAIL}
ANSWERS = {
    "read": ok({"id": "cus_1", "object": "customer"}),
    "none": ok({"delivery_id": "dlv_1", "queued_at": 1}),
    "key": ok({"id": "thing_1"}),
}
NOT_DONE = {
    "not_sent": lambda: NotSent("Could not connect.", code="connect_failed"),
    "429": lambda: status(429, {"meta": {"error": "slow down"}}),
}
UNCERTAIN = {
    "no_answer": lambda: NoAnswer("No answer in 8 seconds.", code="timeout"),
    "500": lambda: status(500),
    "503": lambda: status(503),
}
REFUSED = (400, 402, 403, 404)

pytestmark = pytest.mark.usefixtures("keyed_action")


def fails_once(world, provider, work, kind, answer):
    """Start a run of one step whose first call comes to this; return it after its first turn."""
    provider.default = ANSWERS.get(kind, ok())
    provider.script = [answer]
    run = world.start(world.workflow(STEPS[kind]))
    work()
    run.refresh_from_db()
    return run


def goes_on(world, run, work):
    world.make_due()
    work()
    run.refresh_from_db()
    return run.status


def sent_identity(request):
    """Return what makes a repeated request the same one at the provider."""
    return (request.method, request.url, request.body, request.headers.get("Idempotency-Key"))


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("outcome", NOT_DONE)
def test_what_was_surely_not_done_is_repeated_with_the_same_key(world, provider, work, kind, outcome):
    run = fails_once(world, provider, work, kind, NOT_DONE[outcome]())

    assert run.status == "waiting"
    assert run.due_at > timezone.now()
    assert run.reason
    assert set(Effect.objects.values_list("status", flat=True)) <= {"not_done"}
    assert goes_on(world, run, work) == "succeeded"
    first, second = provider.requests
    assert sent_identity(first) == sent_identity(second)


@pytest.mark.parametrize("kind", ["read", "upsert", "delete", "event", "key"])
@pytest.mark.parametrize("outcome", UNCERTAIN)
def test_what_is_uncertain_is_repeated_where_that_is_harmless(world, provider, work, kind, outcome):
    run = fails_once(world, provider, work, kind, UNCERTAIN[outcome]())

    assert run.status == "waiting"
    assert set(Effect.objects.values_list("status", flat=True)) <= {"unknown"}
    assert goes_on(world, run, work) == "succeeded"
    first, second = provider.requests
    assert sent_identity(first) == sent_identity(second)


@pytest.mark.parametrize("outcome", UNCERTAIN)
def test_an_uncertain_call_without_any_key_asks_a_person(world, provider, work, outcome):
    run = fails_once(world, provider, work, "none", UNCERTAIN[outcome]())

    assert run.status == "needs_decision"
    assert Effect.objects.get().status == "unknown"
    assert StepRun.objects.get().status == "needs_decision"
    work()
    assert len(provider.requests) == 1


@pytest.mark.parametrize("kind", ["read", "upsert", "delete", "event", "key"])
def test_a_crash_in_the_call_repeats_it_with_the_same_key(world, provider, work, kind):
    provider.default = ANSWERS.get(kind, ok())
    provider.script = [KilledError()]
    run = world.start(world.workflow(STEPS[kind]))
    with pytest.raises(KilledError):
        work()
    assert set(Effect.objects.values_list("status", flat=True)) <= {"pending"}

    world.lose_worker()
    work()

    run.refresh_from_db()
    assert run.status == "succeeded"
    first, second = provider.requests
    assert sent_identity(first) == sent_identity(second)


def test_a_crash_in_a_call_without_any_key_asks_and_shows_what_was_sent(world, provider, work):
    provider.script = [KilledError()]
    run = world.start(world.workflow(MAIL))
    with pytest.raises(KilledError):
        work()

    world.lose_worker()
    work()

    run.refresh_from_db()
    assert run.status == "needs_decision"
    assert Effect.objects.get().status == "unknown"
    assert run.steps.get().log["input"]["to"] == "ada@example.com"
    assert len(provider.requests) == 1


@pytest.mark.parametrize("kind", STEPS)
@pytest.mark.parametrize("code", REFUSED)
def test_what_the_provider_refuses_fails_for_good(world, provider, work, kind, code):
    run = fails_once(world, provider, work, kind, status(code, {"error": {"message": "no"}}))

    assert run.status == "failed"
    assert run.remedy
    assert set(Effect.objects.values_list("status", flat=True)) <= {"refused"}
    world.make_due()
    work()
    assert len(provider.requests) == 1


@pytest.mark.parametrize("first", [status(500), KilledError()], ids=["500", "crash"])
def test_a_delete_that_finds_nothing_behind_an_uncertain_one_has_succeeded(world, provider, work, first):
    provider.script = [first, status(404)]
    run = world.start(world.workflow(DELETE))
    try:
        work()
    except KilledError:
        world.lose_worker()

    assert goes_on(world, run, work) == "succeeded"
    assert Effect.objects.get().status == "done"


def test_a_wish_to_wait_is_honoured(world, provider, work):
    run = fails_once(world, provider, work, "event", status(429, retry_after="120"))

    assert timedelta(seconds=100) < run.due_at - timezone.now() < timedelta(seconds=170)


def test_waits_grow(world, provider, work):
    provider.default = status(503)
    run = world.start(world.workflow(TRACK))
    waits = []
    for _ in range(4):
        work()
        run.refresh_from_db()
        waits.append(run.due_at - timezone.now())
        world.make_due()

    assert waits == sorted(waits)
    assert waits[-1] > 3 * waits[0]
    assert (Effect.objects.get().attempts, StepRun.objects.get().attempts) == (4, 4)


@pytest.mark.parametrize("crashed", [True, False])
def test_an_uncertain_call_whose_key_is_too_old_asks(world, provider, work, crashed):
    provider.default = ANSWERS["key"]
    provider.script = [KilledError() if crashed else status(500)]
    run = world.start(world.workflow(CREATE))
    try:
        work()
    except KilledError:
        world.lose_worker()
    Effect.objects.update(first_sent_at=timezone.now() - timedelta(hours=23, minutes=1))

    assert goes_on(world, run, work) == "needs_decision"
    assert len(provider.requests) == 1


def test_one_uncertain_attempt_is_not_forgotten_over_a_later_one_that_did_nothing(world, provider, work):
    provider.script = [status(500), status(429)]
    run = world.start(world.workflow(CREATE))
    work()
    goes_on(world, run, work)

    assert Effect.objects.get().status == "unknown"


def test_a_crash_before_the_call_was_announced_leaves_no_doubt(world, provider, work):
    run = world.start(world.workflow(MAIL))
    provider.default = ANSWERS["none"]
    Run.objects.filter(pk=run.pk).take(token=run.code, at=timezone.now(), until=timezone.now())

    world.lose_worker()
    work()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert len(provider.requests) == 1
