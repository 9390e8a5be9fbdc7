"""A replay without sending: what it would do, and how it differs from the old run."""

import pytest

from apps.catalog.transport import Request
from apps.runs.models import Run
from apps.runs.replays.checking import check
from apps.runs.replays.dry.diffing import ADDED, CHANGED, REMOVED, SAME, compare, lines_of
from apps.runs.replays.dry.running import dry_run
from apps.runs.replays.wanted import Wanted
from apps.workspaces.access import Actor
from tests.runs.conftest import BIG, CREATE, DELETE, IDENTIFY, MAIL, READ, TRACK, ok, status
from tests.runs.test_replays import publish

SYSTEM = Actor.system("test")


def dry(run, wanted=None, *, afresh=True):
    run = Run.objects.get(pk=run.pk)
    return dry_run(run, check(run, wanted or Wanted(), actor=SYSTEM), afresh=afresh)


def diff(run, wanted=None):
    return compare(Run.objects.get(pk=run.pk), dry(run, wanted))


@pytest.fixture
def finished(world, provider, work):
    """Return a run that looked somebody up, and wrote, told, mailed and deleted."""

    def answer(request: Request):
        if "customers" in request.url:
            return ok({"id": "cus_1", "object": "customer", "email": "eve@example.com"})
        return ok({"delivery_id": "dlv_1", "queued_at": 1})

    provider.default = answer
    run = world.start(world.workflow(BIG, READ, IDENTIFY, TRACK, MAIL, DELETE))
    work()
    run.refresh_from_db()
    assert run.status == "succeeded"
    provider.requests.clear()
    return run


def test_the_same_version_is_identical_and_nothing_is_sent(finished, provider):
    found = diff(finished, Wanted(version="same"))

    assert [(step.path, step.mark, step.parts) for step in found.steps if step.mark != SAME] == []
    assert found.identical
    assert found.told.startswith("Identical")
    assert provider.requests == []
    assert Run.objects.count() == 1


def test_keyed_creates_are_identical_under_the_old_run_s_key(world, provider, work, keyed_action):
    provider.default = ok({"id": "thing_1"})
    run = world.start(world.workflow(CREATE))
    work()

    assert diff(run).identical


def test_a_changed_input_shows_in_input_and_request(finished, world, provider):
    told = {**TRACK, "inputs": {**TRACK["inputs"], "name": {"value": "other"}}}
    publish(world, finished.workflow, BIG, READ, IDENTIFY, told, MAIL, DELETE)

    (step,) = diff(finished).differing

    assert (step.path, step.mark) == ("tell", CHANGED)
    lines = {(part.title, line.where): (line.old, line.new) for part in step.parts for line in part.lines}
    assert lines == {
        ("Input", "name"): ("charge_failed", "other"),
        ("Request", "body.name"): ("charge_failed", "other"),
    }
    assert provider.requests == []


def test_new_and_missing_steps_are_told(finished, world):
    publish(world, finished.workflow, BIG, READ, {**TRACK, "id": "newly", "name": "Newly"}, TRACK)

    marks = {step.path: step.mark for step in diff(finished).steps}

    assert marks == {
        "big": SAME,
        "read": SAME,
        "newly": ADDED,
        "tell": SAME if marks["tell"] == SAME else CHANGED,
        "identify": REMOVED,
        "mail": REMOVED,
        "remove": REMOVED,
    }


def test_a_filter_that_does_not_hold_any_more_ends_it_otherwise(finished, world):
    bigger = {
        **BIG,
        "condition": {
            "all": [
                {"left": {"template": "{{ trigger.amount }}"}, "op": "greater_than", "right": {"value": 9999}}
            ]
        },
    }
    publish(world, finished.workflow, bigger, TRACK)

    found = diff(finished)

    assert [(line.old, line.new) for line in found.end] == [("succeeded", "filtered")]
    assert not found.identical


def test_a_failed_step_is_taken_as_done_with_a_note(world, provider, work):
    provider.script = [status(400)]
    run = world.start(world.workflow(TRACK, IDENTIFY))
    work()

    steps = {step.path: step for step in diff(run).steps}

    assert steps["tell"].mark == CHANGED
    assert "failed in the old run" in steps["tell"].notes[0]
    assert steps["identify"].mark == ADDED


def test_a_preview_counts_what_is_sent_and_what_is_reused(finished, provider):
    found = dry(finished, Wanted(redo=frozenset({"mail"})), afresh=False)

    assert {step.path for step in found.sends} == {"identify", "mail"}
    assert {step.path for step in found.reuses} == {"tell", "remove"}
    assert found.steps["mail"].requests[0]["url"] == "https://api.customer.io/v1/send/email"
    assert provider.requests == []


def test_a_preview_from_a_step_on_leaves_out_what_is_before(finished):
    found = dry(finished, Wanted(version="same", from_step="mail"), afresh=False)

    assert list(found.steps) == ["mail", "remove"]


def test_no_secret_is_in_a_dry_replay(finished, world):
    from apps.connections.accounts import secrets_of

    found = dry(finished)

    for connection in (world.stripe, world.customerio):
        for secret in secrets_of(connection):
            assert secret not in str(found)


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, [(CHANGED, "a", "1", "2")]),
        ({"a": 1}, {}, [(REMOVED, "a", "1", "")]),
        ({}, {"a": {"b": 1}}, [(ADDED, "a", "", '{\n  "b": 1\n}')]),
        ({"a": [1, 2]}, {"a": [1]}, [(REMOVED, "a[1]", "2", "")]),
        (
            {"a": {"b": [1]}},
            {"a": {"b": [3, 4]}},
            [(CHANGED, "a.b[0]", "1", "3"), (ADDED, "a.b[1]", "", "4")],
        ),
        ({"a": True}, {"a": 1}, [(CHANGED, "a", "true", "1")]),
        ({"a": None}, {"a": ""}, [(CHANGED, "a", "null", "")]),
    ],
)
def test_the_leaves_that_differ(old, new, lines):
    assert [(line.mark, line.where, line.old, line.new) for line in lines_of(old, new)] == lines
