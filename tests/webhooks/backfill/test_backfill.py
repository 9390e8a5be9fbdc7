"""Past events are counted, then run at a pace, each once, and never what ran before."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from apps.catalog.transport import Response
from apps.common.errors import Conflict, NotAllowed, ServiceError
from apps.connections.senders import Sender
from apps.runs.models import Run
from apps.webhooks.backfill import services, turn
from apps.webhooks.models import Backfill, BackfillEvent, Delivery
from apps.workflows.models import Workflow
from apps.workflows.versions import compiled
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import VersionFactory, definition
from tests.webhooks.conftest import publish
from tests.webhooks.reconciliation.conftest import compare, subscribe
from tests.webhooks.stripe_sender import address, event, post

pytestmark = pytest.mark.django_db
SYSTEM = Actor.system("tests")
State = BackfillEvent.State


def begin(workflow: Workflow, *, days: float = 10, per_minute: int = 600) -> Backfill:
    now = timezone.now()
    return services.create(
        workflow, actor=SYSTEM, since=now - timedelta(days=days), until=now, per_minute=per_minute
    )


def counted(workflow: Workflow, **window) -> Backfill:
    made = begin(workflow, **window)
    assert turn.take(made.pk)
    made.refresh_from_db()
    return made


def run_all(backfill: Backfill) -> None:
    services.start(backfill, actor=SYSTEM)
    for _ in range(10):
        Backfill.objects.filter(pk=backfill.pk).update(next_at=timezone.now())
        turn.take(backfill.pk)
    backfill.refresh_from_db()


def states(backfill: Backfill) -> dict[str, str]:
    return dict(backfill.events.values_list("event_id", "state"))


def with_filter(connection, currency: str = "eur") -> Workflow:
    condition = {
        "all": [
            {"left": {"template": "{{ trigger.currency }}"}, "op": "equals", "right": {"value": currency}}
        ]
    }
    step = {"id": "only", "kind": "filter", "name": "Only these", "condition": condition}
    made = VersionFactory(
        live=True,
        definition=definition("stripe.trigger-charge-failed", str(connection.code), (step,)),
        workflow__workspace=connection.workspace,
        workflow__trigger_connection=connection,
    )
    return made.workflow


def test_the_count_runs_nothing_and_tells_what_would_become_of_each(endpoint, connection, stripe_lists):
    post(address(endpoint), event("evt_ignored"))  # Before anything listened.
    workflow = publish(connection)
    post(address(endpoint), event("evt_ran"))
    stripe_lists("evt_old", minutes_ago=3 * 24 * 60)

    made = counted(workflow)

    assert made.status == Backfill.Status.READY
    assert states(made) == {
        "evt_ignored": State.WAITING,
        "evt_ran": State.ALREADY_RAN,
        "evt_old": State.WAITING,
    }
    assert Run.objects.count() == 1


def test_what_waits_is_run_once_oldest_first_behind_what_happens_now(endpoint, connection, stripe_lists):
    post(address(endpoint), event("evt_ignored"))
    workflow = publish(connection)
    post(address(endpoint), event("evt_ran"))
    stripe_lists("evt_old", minutes_ago=3 * 24 * 60)
    made = counted(workflow)

    run_all(made)

    assert made.status == Backfill.Status.FINISHED
    assert [run.event_id for run in Run.objects.order_by("pk")] == ["evt_ran", "evt_old", "evt_ignored"]
    assert {run.status for run in Run.objects.all()} == {Run.Status.QUEUED}
    assert Delivery.objects.filter(status="accepted").count() == 3
    again = counted(workflow)
    assert set(states(again).values()) == {State.ALREADY_RAN}


def test_an_event_that_ran_since_the_count_is_not_run_again(endpoint, connection):
    body = event("evt_ignored")
    post(address(endpoint), body)
    workflow = publish(connection)
    made = counted(workflow)
    post(address(endpoint), body)  # The provider sends it again; now it is routed.

    run_all(made)

    assert Run.objects.count() == 1
    assert states(made) == {"evt_ignored": State.ALREADY_RAN}


def test_other_workflows_are_left_alone_by_what_happened_before_they_listened(
    endpoint, connection, stripe_lists
):
    one, other = publish(connection, name="One"), publish(connection, name="Other")
    for each in (one, other):
        subscribe(each, days=1)
    stripe_lists("evt_old", minutes_ago=3 * 24 * 60)

    run_all(counted(one))

    assert [run.workflow for run in Run.objects.all()] == [one]


def test_an_event_that_should_have_come_is_recovered_for_all_who_listened(endpoint, connection, stripe_lists):
    one, other = publish(connection, name="One"), publish(connection, name="Other")
    for each in (one, other):
        subscribe(each, days=5)
    stripe_lists("evt_lost", minutes_ago=2 * 24 * 60)

    run_all(counted(one))

    found = {run.workflow.name: (run.status, run.reason_code) for run in Run.objects.all()}
    # What a person asked for runs; the other's is as old as reconciliation would find it.
    assert found == {"One": (Run.Status.QUEUED, ""), "Other": (Run.Status.HELD, "stale")}
    compare(connection)
    assert Run.objects.count() == 2


def test_the_workflow_s_first_filter_decides_what_matches(endpoint, connection):
    for name, currency in (("evt_eur", "eur"), ("evt_usd", "usd")):
        about = {"object": {"id": "ch_1", "object": "charge", "currency": currency, "amount": 100}}
        post(address(endpoint), event(name, data=about))

    made = counted(with_filter(connection))

    assert states(made) == {"evt_eur": State.WAITING, "evt_usd": State.NOT_MATCHING}


def test_the_pace_is_kept(endpoint, connection):
    for number in range(30):
        post(address(endpoint), event(f"evt_{number}"))
    made = counted(publish(connection), per_minute=60)
    services.start(made, actor=SYSTEM)
    before = timezone.now()

    turn.take(made.pk)
    made.refresh_from_db()

    assert Run.objects.count() == 5
    assert made.next_at >= before + timedelta(seconds=5)
    assert not Backfill.objects.due(at=before + timedelta(seconds=4)).exists()


def test_a_pause_begins_nothing_more_and_stop_ends_it(endpoint, connection):
    for number in range(8):
        post(address(endpoint), event(f"evt_{number}"))
    made = counted(publish(connection), per_minute=60)
    services.start(made, actor=SYSTEM)
    turn.take(made.pk)
    services.pause(made, actor=SYSTEM)

    assert not turn.take(made.pk)
    assert Run.objects.count() == 5
    services.resume(made, actor=SYSTEM)
    assert turn.take(made.pk)
    assert Run.objects.count() == 8
    made.refresh_from_db()
    assert made.status == Backfill.Status.FINISHED
    with pytest.raises(Conflict):
        services.stop(made, actor=SYSTEM)
    verbs = set(AuditEntry.objects.values_list("verb", flat=True))
    assert {"backfill.created", "backfill.started", "backfill.paused", "backfill.resumed"} <= verbs


def test_a_turn_that_died_is_taken_up_without_doubling(endpoint, connection, monkeypatch):
    for number in range(4):
        post(address(endpoint), event(f"evt_{number}"))
    made = counted(publish(connection))
    services.start(made, actor=SYSTEM)
    from apps.webhooks.backfill.running import Running

    real, left = Running.run, [2]

    def dying(self, event, *, at):
        if not left[0]:
            raise MemoryError
        left[0] -= 1
        real(self, event, at=at)

    with monkeypatch.context() as patched:
        patched.setattr(Running, "run", dying)
        with pytest.raises(MemoryError):
            turn.take(made.pk)
    run_again = turn.take(made.pk)

    assert run_again
    assert Run.objects.count() == 4


def test_a_provider_that_is_down_makes_it_wait(connection, endpoint, stripe_lists, monkeypatch):
    workflow = publish(connection)
    stripe_lists("evt_old", minutes_ago=3 * 24 * 60)
    made = counted(workflow)
    services.start(made, actor=SYSTEM)
    down = Sender(lambda request, deadline: Response(503, {}, json.dumps({}).encode()), in_thread=True)
    with monkeypatch.context() as patched:
        patched.setattr(turn, "sender_for", lambda connection: down)
        turn.take(made.pk)
    made.refresh_from_db()

    assert made.status == Backfill.Status.RUNNING
    assert made.reason
    assert made.next_at > timezone.now()
    turn.take(made.pk)
    assert Run.objects.count() == 1


def test_a_workflow_that_is_not_live_any_more_pauses_it(endpoint, connection):
    post(address(endpoint), event("evt_1"))
    workflow = publish(connection)
    made = counted(workflow)
    services.start(made, actor=SYSTEM)
    Workflow.objects.filter(pk=workflow.pk).update(status=Workflow.Status.UNPUBLISHED)

    turn.take(made.pk)

    made.refresh_from_db()
    assert made.status == Backfill.Status.PAUSED
    assert "not published" in made.reason
    assert not Run.objects.exists()


def test_one_backfill_of_a_workflow_at_a_time(endpoint, connection):
    workflow = publish(connection)
    begin(workflow)

    with pytest.raises(Conflict) as refusal:
        begin(workflow)

    assert refusal.value.code == "one_at_a_time"


@pytest.mark.parametrize(
    ("since", "until", "pace", "code"),
    [
        (timedelta(days=31), timedelta(0), 10, "too_far_back"),
        (timedelta(days=1), timedelta(days=2), 10, "window"),
        (timedelta(days=1), timedelta(0), 0, "rate"),
        (timedelta(days=1), timedelta(0), 601, "rate"),
    ],
)
def test_a_window_that_can_t_be_is_refused(endpoint, connection, since, until, pace, code):
    now = timezone.now()

    with pytest.raises(ServiceError) as refusal:
        services.create(
            publish(connection), actor=SYSTEM, since=now - since, until=now - until, per_minute=pace
        )

    assert refusal.value.code == code
    assert not Backfill.objects.exists()


def test_a_viewer_may_not(endpoint, connection, viewer):
    made = counted(publish(connection))

    for act in (services.start, services.pause, services.resume, services.stop):
        with pytest.raises(NotAllowed):
            act(made, actor=Actor.of(viewer))


@pytest.mark.parametrize("ref", ["customerio.delete-person", "stripe.create-refund"])
def test_what_deletes_or_moves_money_is_an_admin_s_to_run(endpoint, connection, editor, admin_member, ref):
    made = counted(publish(connection))
    version = made.workflow.live_version
    assert version is not None
    definition = {**version.definition}
    definition["steps"] = [
        {"id": "costly", "kind": "action", "name": "Costly", "action": ref, "inputs": {}, "confirmed": True}
    ]
    type(version).every.filter(pk=version.pk).update(definition=definition)
    compiled.cache_clear()

    with pytest.raises(NotAllowed):
        services.start(made, actor=Actor.of(editor))
    with pytest.raises(ServiceError) as allowed:
        services.start(made, actor=Actor.of(admin_member))
    compiled.cache_clear()
    assert allowed.value.code == "nothing_to_run"
