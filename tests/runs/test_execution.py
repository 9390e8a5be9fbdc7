"""A run from its start to its end, through the worker's own loop."""

import json

import pytest
from django.utils import timezone

from apps.common import crypto
from apps.connections.accounts import secrets_of
from apps.runs import progress
from apps.runs.finding.keys import hashes_to_find
from apps.runs.models import Effect, Run, SearchKey, StepRun
from tests.runs.conftest import BIG, CREATE, IDENTIFY, READ, TRACK, ok, status


def test_a_run_makes_its_call_and_succeeds(world, provider, work):
    run = world.start(world.workflow(BIG, TRACK))

    work()

    run.refresh_from_db()
    assert (run.status, run.reason, run.lease_token) == ("succeeded", "", None)
    assert run.started_at is not None
    assert run.finished_at >= run.started_at
    assert [(row.path, row.status, row.position) for row in run.steps.all()] == [
        ("big", "succeeded", 1),
        ("tell", "succeeded", 2),
    ]
    (body,) = provider.bodies
    assert body["name"] == "charge_failed"


def test_the_ledger_names_the_call_its_key_and_the_provider_s_id(world, provider, work):
    run = world.start(world.workflow(TRACK))

    work()

    effect = Effect.objects.get(run=run)
    assert (effect.status, effect.attempts, effect.generation) == ("done", 1, 0)
    assert (effect.effect, effect.idempotency) == ("create", "event_id")
    assert len(effect.key) == 64
    assert effect.provider_id == provider.bodies[0]["id"]
    assert effect.answered_at is not None
    assert effect.answered_at >= effect.sent_at


def test_an_id_that_is_sent_along_stands_in_the_ledger_before_the_call_is_made(world, provider, work):
    known = []

    def answer(request):
        sent = json.loads(request.body)["id"]
        known.append(Effect.objects.filter(provider_id=sent, status="pending").count())
        return status(500) if len(known) == 1 else ok()

    provider.default = answer
    run = world.start(world.workflow(TRACK))
    work()
    Run.objects.filter(pk=run.pk).update(due_at=timezone.now())
    work()

    assert known == [1, 1]
    effect = Effect.objects.get()
    assert (effect.status, effect.provider_id) == ("done", provider.bodies[1]["id"])
    assert provider.bodies[0]["id"] == provider.bodies[1]["id"]


def test_a_read_has_no_ledger_row(world, provider, work):
    provider.default = ok({"id": "cus_1", "object": "customer", "email": "ada@example.com"})
    run = world.start(world.workflow(READ))

    work()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert not Effect.objects.exists()


def test_a_filter_ends_the_run_and_its_leaves_are_logged(world, provider, work):
    run = world.start(world.workflow(BIG, TRACK), world.deliver(amount=5))

    work()

    run.refresh_from_db()
    assert run.status == "filtered"
    assert "Only big ones" in run.reason
    (leaf,) = run.steps.get().log["conditions"]
    assert (leaf["left"], leaf["right"], leaf["result"]) == (5, 100, False)
    assert provider.requests == []


def test_a_required_field_without_a_value_fails_the_step_and_names_it(world, provider, work):
    run = world.start(world.workflow(TRACK), world.deliver(receipt_email=None))

    work()

    run.refresh_from_db()
    step = run.steps.get()
    assert (run.status, step.status, step.error_field) == ("failed", "failed", "identifier")
    assert "receipt_email" in run.reason
    assert run.remedy
    assert provider.requests == []


def test_later_steps_see_the_outputs_of_earlier_ones(world, provider, work):
    provider.script = [ok({"id": "cus_1", "object": "customer", "email": "grace@example.com"})]
    tell = {**TRACK, "inputs": {**TRACK["inputs"], "identifier": {"template": "{{ steps.read.email }}"}}}
    run = world.start(world.workflow(READ, tell))

    work()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert "grace%40example.com" in provider.requests[1].url


def test_the_log_holds_input_output_and_exchanges_but_no_secret(world, provider, work):
    secrets = secrets_of(world.customerio)
    run = world.start(world.workflow(TRACK))

    work()

    log = run.steps.get().log
    assert log["input"]["name"] == "charge_failed"
    assert log["output"]["identifier"] == "ada@example.com"
    (exchange,) = log["exchanges"]
    assert (exchange["method"], exchange["status"]) == ("POST", 200)
    assert secrets
    assert not any(secret in json.dumps(log) for secret in secrets)


def test_working_state_is_sealed_and_bound_to_its_step(world, provider, work):
    run = world.start(world.workflow(TRACK))

    work()

    step = run.steps.get()
    assert b"ada@example.com" not in bytes(step.working)
    assert progress.outputs_of(step)["identifier"] == "ada@example.com"
    with pytest.raises(crypto.SealError):
        crypto.unpack(bytes(step.working), bound_to=progress.binding(step.run_id, "other"))


def test_a_run_is_found_by_the_e_mails_and_ids_of_its_event_and_inputs(world, provider, work):
    run = world.start(world.workflow(IDENTIFY), world.deliver(customer="cus_77"))

    work()

    def found(kind, value):
        hashes = hashes_to_find(value, kind=kind, workspace=str(world.workspace.code))
        return SearchKey.objects.filter(run=run, kind=kind, value_hash__in=hashes).count()

    assert found("email", "Ada@Example.com") == 1
    assert found("identifier", "cus_77") == 1
    assert found("email", "grace@example.com") == 0


def test_a_hostile_answer_is_recorded_in_a_form_that_every_database_stores(world, provider, work):
    hostile = json.dumps(
        {"id": "cus_1", "object": "customer", "email": "a\0b\ud800@example.com", "n": 10**60}
    )
    provider.default = ok()
    provider.script = [ok(json.loads(hostile))]
    run = world.start(world.workflow(READ))

    work()

    run.refresh_from_db()
    assert run.status == "succeeded"
    assert "\0" not in json.dumps(run.steps.get().log, ensure_ascii=False)


def test_a_long_body_is_cut_in_the_log_with_a_note(world, provider, work):
    provider.script = [ok({"id": "cus_1", "object": "customer", "description": "x" * 50_000})]
    run = world.start(world.workflow(READ))

    work()

    (exchange,) = run.steps.get().log["exchanges"]
    assert len(exchange["response_body"]) < 17_000
    assert "more bytes cut" in exchange["response_body"]


def test_what_can_t_be_opened_fails_the_run_with_a_remedy(world, provider, work):
    delivery = world.deliver()
    delivery.body = b""
    delivery.save()
    run = world.start(world.workflow(TRACK), delivery)

    work()

    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("failed", "payload_gone")
    assert run.remedy


def test_a_step_whose_connection_is_gone_fails_without_a_call(world, provider, work):
    run = world.start(world.workflow({**TRACK, "connection": "8f14e45f-ceea-467f-a8d2-2f2d8b9b2b7f"}))

    work()

    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("failed", "connection_missing")
    assert provider.requests == []


def test_a_connection_of_another_workspace_is_not_used(world, provider, work):
    from tests.runs.conftest import World

    foreign = World().customerio
    run = world.start(world.workflow({**TRACK, "connection": str(foreign.code)}))

    work()

    run.refresh_from_db()
    assert run.reason_code == "connection_missing"
    assert provider.requests == []


def test_the_keys_of_repetitions_workflows_and_events_differ(world, provider, work, keyed_action):
    first, second = world.workflow(CREATE), world.workflow(CREATE)
    delivery = world.deliver()
    world.start(first, delivery)
    world.start(second, delivery)
    world.start(first, world.deliver("evt_2"))

    work()

    keys = {request.headers["Idempotency-Key"] for request in provider.requests}
    assert len(keys) == 3
    assert keys == set(Effect.objects.values_list("key", flat=True))


def test_the_number_of_queries_does_not_grow_with_the_batch(
    world, provider, work, django_assert_max_num_queries
):
    workflow = world.workflow(BIG, TRACK)
    for number in range(40):
        world.start(workflow, world.deliver(f"evt_{number}", receipt_email=f"ada{number}@example.com"))

    with django_assert_max_num_queries(40):
        work()

    assert Run.objects.filter(status="succeeded").count() == 40
    assert StepRun.objects.count() == 80
