"""The four decisions about a call of which nobody knows whether it happened."""

import threading

import pytest
from django.db import connection as database

from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.runs import services
from apps.runs.models import Effect, Run
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import MembershipFactory
from tests.runs.conftest import BIG, MAIL, TRACK, ok, status

ANSWER = ok({"delivery_id": "dlv_1", "queued_at": 1})


@pytest.fixture
def asked(world, provider, work):
    """Return a run that asks about its mail, with one step behind it."""
    provider.default = ANSWER
    provider.script = [status(500)]
    run = world.start(world.workflow(BIG, MAIL, TRACK))
    work()
    run.refresh_from_db()
    assert run.status == "needs_decision"
    return run


@pytest.fixture
def person(world):
    return Actor.of(MembershipFactory(workspace=world.workspace).user)


def mails(provider):
    return [request for request in provider.requests if request.url.endswith("/v1/send/email")]


def decide(run, person, decision):
    services.decide(Effect.objects.get(run=run, path="mail"), actor=person, decision=decision)


@pytest.mark.parametrize(
    ("decision", "sent", "effect_status", "step_status"),
    [
        ("happened", 1, "done", "succeeded"),
        ("do_now", 2, "done", "succeeded"),
        ("skip", 1, "skipped", "skipped"),
    ],
)
def test_the_run_goes_on_as_decided(
    asked, person, provider, work, decision, sent, effect_status, step_status
):
    decide(asked, person, decision)
    work()

    asked.refresh_from_db()
    effect = Effect.objects.get(run=asked, path="mail")
    assert asked.status == "succeeded"
    assert len(mails(provider)) == sent
    assert (effect.status, effect.decision, effect.decided_by) == (effect_status, decision, person.user)
    assert asked.steps.get(path="mail").status == step_status
    assert asked.steps.get(path="tell").status == "succeeded"


def test_cancel_ends_the_run_and_leaves_the_call_unknown(asked, person, provider, work):
    decide(asked, person, "cancel")
    work()

    asked.refresh_from_db()
    assert (asked.status, Effect.objects.get(run=asked).status) == ("cancelled", "unknown")
    assert len(mails(provider)) == 1


def test_do_it_now_makes_a_new_key(asked, person, work):
    before = Effect.objects.get(run=asked).key

    decide(asked, person, "do_now")
    work()

    effect = Effect.objects.get(run=asked, path="mail")
    assert effect.key != before
    assert effect.generation == 1


def test_a_call_that_is_uncertain_again_asks_again(asked, person, provider, work):
    provider.script = [status(500)]
    decide(asked, person, "do_now")
    work()

    asked.refresh_from_db()
    assert (asked.status, Effect.objects.get(run=asked).decision) == ("needs_decision", "")


def test_a_decision_is_made_once(asked, person):
    effect = Effect.objects.get(run=asked)
    services.decide(effect, actor=person, decision="skip")

    with pytest.raises(Conflict) as refused:
        services.decide(effect, actor=person, decision="do_now")

    assert refused.value.code == "decided_already"


def test_a_decision_stands_in_the_audit_trail(asked, person):
    decide(asked, person, "happened")

    entry = AuditEntry.objects.get(verb="effect.decided")
    assert (entry.actor, entry.after["decision"], entry.target_code) == (
        person.user,
        "happened",
        str(asked.code),
    )


@pytest.mark.parametrize("role", ["viewer", None])
def test_who_may_not_decide_changes_nothing(asked, world, role):
    membership = MembershipFactory(**({"workspace": world.workspace, "role": role} if role else {}))

    with pytest.raises(NotAllowed):
        decide(asked, Actor.of(membership.user), "happened")

    asked.refresh_from_db()
    assert asked.status == "needs_decision"


def test_an_unknown_decision_is_refused(asked, person):
    with pytest.raises(ValidationFailed):
        decide(asked, person, "perhaps")


def test_nothing_can_be_decided_behind_a_cancel(asked, person):
    services.cancel(asked, actor=person)

    with pytest.raises(Conflict):
        decide(asked, person, "do_now")


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_of_simultaneous_decisions_one_wins(asked, person):
    effect = Effect.objects.get(run=asked)
    won: list[str] = []
    barrier = threading.Barrier(4)

    def choose(decision):
        try:
            barrier.wait()
            services.decide(Effect.objects.get(pk=effect.pk), actor=person, decision=decision)
            won.append(decision)
        except Conflict:
            pass
        finally:
            database.close()

    threads = [threading.Thread(target=choose, args=(decision,)) for decision in Effect.Decision.values]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    effect.refresh_from_db()
    assert [effect.decision] == won
    assert AuditEntry.objects.filter(verb="effect.decided").count() == 1
    assert Run.objects.get(pk=asked.pk).status in ("queued", "cancelled")
