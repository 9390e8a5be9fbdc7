"""One run repeated: what is reused, what is done again, by which version, with which data, and by whom."""

import threading
from itertools import combinations

import pytest
from django.db import connection as database

from apps.catalog.spec import Effect as EffectKind
from apps.common.errors import Conflict, NotAllowed, ServiceError, ValidationFailed
from apps.runs import services
from apps.runs.models import Effect, Replay, Run
from apps.runs.replays.made import made_for
from apps.runs.replays.services import replay
from apps.runs.replays.wanted import Wanted
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import MembershipFactory, VersionFactory
from tests.runs.conftest import BIG, CREATE, DELETE, IDENTIFY, MAIL, TRACK, KilledError, ok, status

SYSTEM = Actor.system("test")


def member(world, role):
    return Actor.of(MembershipFactory(workspace=world.workspace, role=role).user)


def publish(world, workflow, *steps):
    """Publish other steps of the same workflow."""
    made = world.workflow(*steps)
    version = VersionFactory(workflow=workflow, number=2, definition=made.live_version.definition)
    workflow.live_version = version
    workflow.save()
    return version


@pytest.fixture
def finished(world, provider, work):
    """Return a run that has made a person, an event and a mail, and deleted somebody."""
    provider.default = ok({"delivery_id": "dlv_1", "queued_at": 1})
    run = world.start(world.workflow(IDENTIFY, TRACK, MAIL, DELETE))
    work()
    run.refresh_from_db()
    assert run.status == "succeeded"
    provider.requests.clear()
    return run


PLACES = ("tell", "mail", "remove")


@pytest.mark.parametrize("redo", [each for n in range(4) for each in combinations(PLACES, n)], ids="+".join)
def test_nothing_that_succeeded_is_done_again_unless_it_is_ticked(finished, provider, work, redo):
    again = replay(finished, actor=SYSTEM, wanted=Wanted(redo=frozenset(redo)))
    work()

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert dict(again.steps.values_list("path", "reused")) == {
        "identify": False,
        **{place: place not in redo for place in PLACES},
    }
    assert len(provider.requests) == 1 + len(redo)
    assert set(again.effects.values_list("path", flat=True)) == {"identify", *redo}
    keys = Effect.objects.values_list("key", flat=True)
    assert len(set(keys)) == len(keys)


OUTCOMES = [
    # The step, what the provider answers first, what a person decides, whether a replay calls again.
    (TRACK, ok(), "", False),
    (TRACK, status(400), "", True),
    (MAIL, ok({"delivery_id": "d", "queued_at": 1}), "", False),
    (MAIL, status(400), "", True),
    (MAIL, status(500), "happened", False),
    (MAIL, status(500), "skip", False),
    (DELETE, ok(), "", False),
    (DELETE, status(403), "", True),
    (IDENTIFY, ok(), "", True),
    (IDENTIFY, status(400), "", True),
]


@pytest.mark.parametrize(
    ("step", "answer", "decision", "called"),
    OUTCOMES,
    ids=lambda each: (
        each["id"] if isinstance(each, dict) and "id" in each else str(getattr(each, "status", each))
    ),
)
def test_what_became_of_a_call_decides_whether_a_replay_makes_it(
    world, provider, work, step, answer, decision, called
):
    provider.default = ok({"delivery_id": "d", "queued_at": 1})
    provider.script = [answer]
    run = world.start(world.workflow(step))
    work()
    if decision:
        services.decide(Effect.objects.get(), actor=SYSTEM, decision=decision)
        work()
    provider.requests.clear()

    replay(run, actor=SYSTEM, wanted=Wanted())
    work()

    assert bool(provider.requests) is called


def test_a_third_time_reuses_what_was_done_again(finished, provider, work):
    second = replay(finished, actor=SYSTEM, wanted=Wanted(redo=frozenset({"tell"})))
    work()
    provider.requests.clear()

    replay(second, actor=SYSTEM, wanted=Wanted())
    work()

    assert [request.method for request in provider.requests] == ["PUT"]


def test_a_worker_that_dies_in_a_call_done_again_is_asked_about_and_not_repeated(
    finished, provider, world, work
):
    provider.script = [ok(), KilledError()]
    again = replay(finished, actor=SYSTEM, wanted=Wanted(redo=frozenset({"mail"})))
    with pytest.raises(KilledError):
        work()
    world.lose_worker()
    work()

    again.refresh_from_db()
    assert again.status == "needs_decision"
    mails = [request for request in provider.requests if request.url.endswith("/send/email")]
    assert len(mails) == 1


def test_the_list_of_what_was_done_says_what_it_was(finished):
    made = {each.place: each for each in made_for(finished)}

    assert list(made) == ["tell", "mail", "remove"]
    assert made["mail"].provider_ids == ("dlv_1",)
    assert (made["remove"].kind, made["remove"].costly, made["mail"].costly) == (
        EffectKind.DELETE,
        True,
        False,
    )


@pytest.mark.parametrize(
    ("role", "place", "allowed"),
    [
        ("editor", "mail", True),
        ("editor", "remove", False),
        ("admin", "remove", True),
        ("owner", "remove", True),
        ("viewer", "mail", False),
    ],
)
def test_deletes_are_done_again_by_admins_and_owners_only(world, finished, role, place, allowed):
    wanted = Wanted(redo=frozenset({place}))

    if allowed:
        replay(finished, actor=member(world, role), wanted=wanted)
    else:
        with pytest.raises(NotAllowed):
            replay(finished, actor=member(world, role), wanted=wanted)
    assert Replay.objects.count() == int(allowed)


def test_money_is_sent_again_by_admins_and_owners_only(world, provider, work):
    refund = {
        "id": "refund",
        "kind": "action",
        "name": "Pay it back",
        "action": "stripe.create-refund",
        "confirmed": True,
        "inputs": {
            "charge": {"value": "ch_1"},
            "amount": {"value": 1200},
            "amount_unit": {"value": "minor"},
        },
    }
    provider.default = ok({"id": "re_1", "object": "refund", "amount": 1200, "currency": "usd"})
    run = world.start(world.workflow(refund))
    work()

    (made,) = made_for(run)
    assert made.costly
    assert made.amount == "1,200 in minor units"
    with pytest.raises(NotAllowed):
        replay(run, actor=member(world, "editor"), wanted=Wanted(redo=frozenset({"refund"})))


def test_what_was_not_done_can_not_be_done_again(finished):
    with pytest.raises(ValidationFailed) as refused:
        replay(finished, actor=SYSTEM, wanted=Wanted(redo=frozenset({"nothing"})))

    assert refused.value.field == "redo"


def test_from_a_step_on_the_results_before_are_taken_over(world, provider, work):
    provider.script = [ok(), status(400)]
    run = world.start(world.workflow(IDENTIFY, TRACK, MAIL))
    work()
    provider.requests.clear()
    provider.default = ok({"delivery_id": "d", "queued_at": 1})

    again = replay(run, actor=SYSTEM, wanted=Wanted(version="same", from_step="tell"))
    work()

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert [request.method for request in provider.requests] == ["POST", "POST"]
    assert dict(again.steps.values_list("path", "reused")) == {"identify": True, "tell": False, "mail": False}
    assert again.steps.get(path="identify").log["input"] == run.steps.get(path="identify").log["input"]


def test_what_steps_before_gave_is_read_by_those_behind(world, provider, work):
    provider.script = [ok({"id": "cus_1", "object": "customer", "email": "eve@example.com"}), status(400)]
    read = {
        "id": "read",
        "kind": "action",
        "name": "Look",
        "action": "stripe.get-customer",
        "inputs": {"customer_id": {"template": "{{ trigger.customer }}"}},
    }
    told = {**TRACK, "inputs": {**TRACK["inputs"], "identifier": {"template": "{{ steps.read.email }}"}}}
    run = world.start(world.workflow(read, told))
    work()
    provider.requests.clear()

    again = replay(run, actor=SYSTEM, wanted=Wanted(version="same", from_step="tell"))
    work()

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert "eve" in provider.requests[0].url
    assert len(provider.requests) == 1


def test_a_step_that_was_not_reached_is_no_beginning(world, provider, work):
    provider.script = [status(400)]
    run = world.start(world.workflow(TRACK, MAIL))
    work()

    with pytest.raises(Conflict) as refused:
        replay(run, actor=SYSTEM, wanted=Wanted(version="same", from_step="mail"))

    assert refused.value.code == "not_reached"


def test_the_live_version_goes_on_where_nothing_before_was_changed(world, provider, work):
    provider.script = [ok(), status(400)]
    run = world.start(world.workflow(IDENTIFY, TRACK))
    work()
    mended = {**TRACK, "name": "Tell it well", "inputs": {**TRACK["inputs"], "name": {"value": "well"}}}
    version = publish(world, run.workflow, IDENTIFY, mended)
    provider.requests.clear()

    again = replay(run, actor=SYSTEM, wanted=Wanted(from_step="tell"))
    work()

    again.refresh_from_db()
    assert (again.status, again.version) == ("succeeded", version)
    assert [body["name"] for body in provider.bodies] == ["well"]


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ((BIG, IDENTIFY, TRACK), "“Only big ones” is new."),
        ((TRACK,), "“Know the person” was taken out."),
        (
            ({**IDENTIFY, "inputs": {**IDENTIFY["inputs"], "email": {"value": "a@example.com"}}}, TRACK),
            "changed",
        ),
        ((TRACK, IDENTIFY), "“Know the person” was taken out."),
    ],
)
def test_the_live_version_does_not_go_on_where_the_path_differs(world, provider, work, steps, said):
    provider.script = [ok(), status(400)]
    run = world.start(world.workflow(IDENTIFY, TRACK))
    work()
    publish(world, run.workflow, *steps)

    with pytest.raises(Conflict) as refused:
        replay(run, actor=SYSTEM, wanted=Wanted(from_step="tell"))

    assert refused.value.code == "path_changed"
    assert said in refused.value.remedy


def test_an_edited_event_is_what_the_steps_see(world, provider, work):
    run = world.start(world.workflow(TRACK))
    provider.script = [status(400)]
    work()
    provider.requests.clear()

    again = replay(run, actor=SYSTEM, wanted=Wanted(trigger={"receipt_email": "eve@example.com"}))
    work()
    third = replay(again, actor=SYSTEM, wanted=Wanted(redo=frozenset({"tell"})))
    work()

    assert Run.objects.get(pk=third.pk).status == "succeeded"
    assert all("eve" in request.url for request in provider.requests)
    assert b"eve@" not in bytes(again.repetition.given)
    assert again.repetition.edited_trigger


@pytest.mark.parametrize(
    ("edited", "said"),
    [
        ({"amount": "many"}, "amount"),
        ({"amout": 1}, "amout"),
        ({"receipt_email": ["a"]}, "receipt_email"),
    ],
)
def test_an_edited_event_must_fit_what_the_trigger_declares(world, provider, work, edited, said):
    run = world.start(world.workflow(TRACK))
    work()

    with pytest.raises(ValidationFailed) as refused:
        replay(run, actor=SYSTEM, wanted=Wanted(trigger=edited))

    assert refused.value.field == "trigger"
    assert said in refused.value.message


def test_edited_inputs_of_the_first_step_are_sent(world, provider, work):
    provider.script = [status(400)]
    run = world.start(world.workflow(TRACK))
    work()
    provider.requests.clear()

    again = replay(
        run, actor=SYSTEM, wanted=Wanted(version="same", from_step="tell", inputs={"name": "{{ mended }}"})
    )
    work()

    assert Run.objects.get(pk=again.pk).status == "succeeded"
    assert [body["name"] for body in provider.bodies] == ["{{ mended }}"]


def test_inputs_of_what_was_done_are_not_edited_in_vain(finished):
    with pytest.raises(ValidationFailed) as refused:
        replay(
            finished, actor=SYSTEM, wanted=Wanted(version="same", from_step="tell", inputs={"name": "other"})
        )

    assert refused.value.field == "inputs"


def test_a_step_can_be_passed_over_with_given_results(world, provider, work):
    provider.script = [status(400)]
    run = world.start(world.workflow(TRACK, IDENTIFY))
    work()
    provider.requests.clear()

    again = replay(run, actor=SYSTEM, wanted=Wanted(version="same", from_step="tell", outputs={}))
    work()

    again.refresh_from_db()
    assert again.status == "succeeded"
    assert [request.method for request in provider.requests] == ["PUT"]
    assert again.steps.get(path="tell").status == "skipped"


def test_a_filter_is_not_passed_over(world, provider, work):
    run = world.start(world.workflow(BIG, TRACK))
    work()

    with pytest.raises(ValidationFailed) as refused:
        replay(run, actor=SYSTEM, wanted=Wanted(version="same", from_step="big", outputs={}))

    assert refused.value.field == "outputs"


def test_a_form_that_is_posted_twice_starts_one_run(finished):
    first = replay(finished, actor=SYSTEM, wanted=Wanted(), token="one")
    second = replay(finished, actor=SYSTEM, wanted=Wanted(), token="one")

    assert first == second
    assert Run.objects.count() == 2


def test_behind_the_replay_window_it_says_so(finished):
    finished.delivery.body = b""
    finished.delivery.save()

    with pytest.raises(Conflict) as refused:
        replay(finished, actor=SYSTEM, wanted=Wanted())

    assert refused.value.code == "body_gone"


def test_a_replay_stands_in_the_audit_trail_without_what_was_entered(world, finished):
    actor = member(world, "admin")

    replay(
        finished,
        actor=actor,
        wanted=Wanted(trigger={"receipt_email": "eve@example.com"}, redo=frozenset({"remove"})),
    )

    entry = AuditEntry.objects.get(verb="run.replayed")
    assert entry.actor == actor.user
    assert entry.after["done_again"] == ["remove"]
    assert "eve@" not in str(entry.after)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_people_who_replay_at_once_start_one_run(world, provider, work, finished):
    barrier = threading.Barrier(8)
    refused = []

    def start():
        try:
            barrier.wait()
            replay(Run.objects.get(pk=finished.pk), actor=SYSTEM, wanted=Wanted())
        except ServiceError as error:
            refused.append(error.code)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert Run.objects.filter(replay__gt=0).count() == 1
    assert len(refused) == 7
    assert set(refused) <= {"still_open", "already_started"}


def test_keyed_creates_in_a_replay_have_keys_of_their_own(world, provider, work, keyed_action):
    provider.default = ok({"id": "thing_1"})
    run = world.start(world.workflow(CREATE))
    work()

    replay(run, actor=SYSTEM, wanted=Wanted(redo=frozenset({"create"})))
    work()

    first, second = (request.headers["Idempotency-Key"] for request in provider.requests)
    assert first != second
