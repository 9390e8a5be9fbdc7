"""Run again with a loop: each call is made once, whatever the list looks like this time."""

import copy

import pytest

from apps.runs import decisions, services
from apps.runs.models import Effect, Run
from apps.workflows.models import WorkflowVersion
from apps.workspaces.access import Actor
from tests.factories import MembershipFactory
from tests.runs.conftest import ok, status
from tests.runs.logic import create, for_each, track, value, workflow

ACTOR = Actor.system("test")


@pytest.fixture
def again(world, provider, work):
    """Return a function that runs a list, then again with another one; gives the second run."""

    def run_twice(body, first, second, *, between=lambda: None, **facts):
        run = world.start(workflow(world, for_each(body, items=first, **facts)))
        work()
        between()
        provider.requests.clear()
        publish_items(run.workflow, second)
        made = services.run_again(Run.objects.get(pk=run.pk), actor=ACTOR)
        work()
        made.refresh_from_db()
        return made

    return run_twice


def publish_items(published, items):
    definition = copy.deepcopy(published.live_version.definition)
    definition["steps"][-1]["items"] = value(list(items))
    version = WorkflowVersion.objects.create(
        workflow=published, number=10_000, definition=definition, lineage=[]
    )
    type(published).objects.filter(pk=published.pk).update(live_version=version)


def sent(provider):
    return [name for name in ("ann", "ben", "cid") for body in provider.bodies if name in str(body)]


@pytest.mark.parametrize("concurrency", [1, 3])
@pytest.mark.parametrize("second", [("ben", "ann"), ("ben",), ("ann", "ben")])
def test_another_order_or_length_calls_nobody_twice(again, provider, second, concurrency):
    run = again(track("tell", "{{ item }}"), ("ann", "ben"), second, concurrency=concurrency)

    assert run.status == "succeeded"
    assert sent(provider) == []
    assert all(row.reused for row in run.steps.filter(path__contains="["))


def test_a_new_item_behind_the_former_ones_is_called(again, provider):
    run = again(track("tell", "{{ item }}"), ("ann", "ben"), ("ben", "ann", "cid"))

    assert run.status == "succeeded"
    assert sent(provider) == ["cid"]


def test_an_item_twice_in_the_list_takes_one_former_call_only(again, provider):
    run = again(track("tell", "{{ item }}"), ("ann",), ("ann", "ann"))

    assert run.status == "succeeded"
    assert sent(provider) == ["ann"]


def test_items_at_once_are_matched_before_one_of_them_counts_as_new(again, provider):
    run = again(track("tell", "{{ item }}"), ("ann", "ben"), ("cid", "ann", "ben"), concurrency=3)

    assert run.status == "succeeded"
    assert sent(provider) == ["cid"]


def test_while_former_calls_are_left_over_a_person_is_asked_about_a_new_one(again, provider, work):
    run = again(track("tell", "{{ item }}"), ("ann", "ben"), ("cid", "ann", "ben"))
    effect = run.effects.get()
    asked = (run.status, run.reason_code, effect.status, effect.attempts, sent(provider))
    logged = run.steps.get(path="loop[0].tell").log["input"]["name"]

    person = MembershipFactory(workspace=run.workspace, role="owner").user
    decisions.decide(effect, actor=Actor.of(person), decision="do_now")
    work()

    run.refresh_from_db()
    assert asked == ("needs_decision", "maybe_done_before", "unknown", 0, [])
    assert logged == "cid"
    assert run.status == "succeeded"
    assert sent(provider) == ["cid"]


def test_calls_of_which_no_inputs_are_known_are_never_taken_silently(again, provider):
    forget = lambda: Effect.objects.update(digest=b"")  # noqa: E731 - as rows of before the digest

    run = again(track("tell", "{{ item }}"), ("ann", "ben"), ("ann", "ben"), between=forget)

    assert run.status == "needs_decision"
    assert sent(provider) == []


def test_asked_and_cancelled_it_is_asked_again_by_a_retry(again, provider, work, keyed_action):
    provider.script = [ok({"id": "th_1"})]
    run = again(create("make", "{{ item }}"), (1,), (2,))
    person = MembershipFactory(workspace=run.workspace, role="owner").user
    decisions.decide(run.effects.get(), actor=Actor.of(person), decision="cancel")

    run.refresh_from_db()
    services.retry(run, actor=ACTOR)
    work()

    run.refresh_from_db()
    assert run.status == "needs_decision"
    assert provider.requests == []


def test_a_call_taken_in_an_earlier_turn_is_not_taken_again(again, provider, work, world):
    provider.script = [ok(), status(503)]
    run = again(track("tell", "{{ item }}"), ("ann",), ("ann", "ben", "ann"))
    waited = run.status
    world.make_due()
    work()

    run.refresh_from_db()
    assert (waited, run.status) == ("waiting", "succeeded")
    assert {row.path: row.reused for row in run.steps.filter(path__contains="[")} == {
        "loop[0].tell": True,
        "loop[1].tell": False,
        "loop[2].tell": False,
    }
