"""The run log and the ledger in the admin: what they show, to whom, and what can be asked there."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.messages import get_messages
from django.db import connection as database
from django.test.utils import CaptureQueriesContext
from django.utils.html import escape

from apps.connections.accounts import secrets_of
from apps.runs.models import Effect, Run, StepRun
from apps.runs.services import run_again
from apps.workspaces.access import Actor
from tests.factories import DeliveryFactory, MembershipFactory, UserFactory
from tests.personas import MEMBERS, PERSONAS
from tests.runs.conftest import BIG, IDENTIFY, MAIL, TRACK, ok, status

LIST = "/admin/runs/run/"
LEDGER = "/admin/runs/effect/"
DECIDERS = ("owner", "admin_member", "editor")


@pytest.fixture
def world(world, workspace, other_workspace):
    """Return the world in the personas' workspace."""
    for model in (world.stripe, world.customerio):
        model.workspace = workspace
        model.save()
    world.workspace = workspace
    return world


def page(run, action=""):
    return f"/admin/runs/run/{run.pk}/{action or 'change'}/"


@pytest.fixture
def done(world, provider, work):
    run = world.start(world.workflow(BIG, TRACK, name="Tell them"), world.deliver("evt_done"))
    work()
    return run


@pytest.fixture
def asked(world, provider, work):
    provider.default = ok({"delivery_id": "dlv_1", "queued_at": 1})
    provider.script = [status(500)]
    run = world.start(world.workflow(MAIL), world.deliver("evt_asked"))
    work()
    return run


def text_of(response):
    return response.content.decode()


@pytest.mark.parametrize(("action", "after"), [("release_held", "queued"), ("cancel_held", "cancelled")])
def test_many_held_runs_are_let_go_or_cancelled_at_once(done, world, owner_client, action, after):
    held = [world.start(done.workflow, world.deliver(f"evt_held{number}")) for number in range(3)]
    Run.objects.filter(pk__in=[run.pk for run in held]).update(status="held", reason_code="too_often")

    chosen = {"action": action, "_selected_action": [run.pk for run in (*held, done)]}
    answer = owner_client.post(LIST, chosen, follow=True)

    assert "3. 1 not held" in text_of(answer)
    assert {Run.objects.get(pk=run.pk).status for run in held} == {after}
    assert Run.objects.get(pk=done.pk).status == "succeeded"


@pytest.mark.parametrize("persona", PERSONAS)
def test_only_who_may_steer_runs_is_offered_to_do_it_with_many(done, world, request, persona):
    client = request.getfixturevalue(f"{persona}_client")
    held = world.start(done.workflow, world.deliver("evt_held"))
    Run.objects.filter(pk=held.pk).update(status="held", reason_code="too_often")

    client.post(LIST, {"action": "release_held", "_selected_action": [held.pk]})

    held.refresh_from_db()
    assert held.status == ("queued" if persona in DECIDERS else "held")


def test_the_list_shows_each_run(done, owner_client):
    text = text_of(owner_client.get(LIST))

    assert "Tell them" in text
    assert "Succeeded" in text
    assert "charge.failed" in text
    assert "evt_done" in text
    assert page(done) in text


@pytest.mark.parametrize("query", ["evt_done", "ada@example.com", " Ada@Example.COM ", "cus_1"])
def test_a_run_is_found_by_event_e_mail_and_provider_s_id(done, owner_client, query):
    assert page(done) in text_of(owner_client.get(LIST, {"q": query}))


@pytest.mark.parametrize("query", ["evt_don", "ada@example", "nobody@example.com", "x'\"<>"])
def test_another_search_finds_nothing(done, owner_client, query):
    assert page(done) not in text_of(owner_client.get(LIST, {"q": query}))


def test_a_run_is_found_by_its_code(done, owner_client):
    assert page(done) in text_of(owner_client.get(LIST, {"q": str(done.code)}))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"status__exact": "succeeded"}, True),
        ({"status__exact": "failed"}, False),
        ({"trigger": "stripe.trigger-charge-failed"}, True),
        ({"trigger": "stripe.trigger-invoice-paid"}, False),
        ({"received_at_from_0": "2020-01-01", "received_at_from_1": "00:00:00"}, True),
        ({"received_at_from_0": "2099-01-01", "received_at_from_1": "00:00:00"}, False),
    ],
)
def test_the_filters_narrow_the_list(done, owner_client, query, found):
    assert (page(done) in text_of(owner_client.get(LIST, query))) is found


def test_the_list_is_filtered_by_workflow(done, world, owner_client):
    other = world.workflow(TRACK)

    assert page(done) in text_of(owner_client.get(LIST, {"workflow__id__exact": done.workflow_id}))
    assert page(done) not in text_of(owner_client.get(LIST, {"workflow__id__exact": other.pk}))


def test_the_page_shows_every_step_with_input_output_request_and_answer(done, owner_client):
    text = text_of(owner_client.get(page(done)))

    for shown in (
        "Only big ones",
        "greater than",
        "Tell Customer.io",
        "Track Custom Event in Customer.io",
        "Resolved input",
        "charge_failed",
        "Output",
        "track.customer.io",
        "Request",
        "Response",
        "Timeline",
        "In the queue",
        Effect.objects.get().key,
    ):
        assert shown in text, shown


def test_the_page_tells_the_exact_moments(done, owner_client):
    received = datetime(2026, 3, 1, 9, 0, 0, 250_000, UTC)
    at = {
        name: received + timedelta(seconds=after) for name, after in (("start", 2), ("step", 3), ("end", 4))
    }
    done.steps.update(started_at=at["step"], finished_at=at["end"])
    Run.objects.update(received_at=received, started_at=at["start"], finished_at=at["end"])

    text = re.sub(r"</?(time|span|th|td|tr|a)\b[^>]*>", " ", text_of(owner_client.get(page(done))))
    text = " ".join(text.split())

    for shown in (
        "Received 2026-03-01 09:00:00.250 UTC",
        "Started 2026-03-01 09:00:02.250 UTC",
        "Finished 2026-03-01 09:00:04.250 UTC",
        "In the queue 09:00:00.250 · 2.0 s",
        "Tell Customer.io 09:00:03.250 · 1.0 s",
        "Finished 09:00:04.250 · 4.0 s in all",
        "Started 2026-03-01 09:00:03.250 UTC · finished 2026-03-01 09:00:04.250 UTC",
    ):
        assert shown in text, shown


def test_a_repetition_is_called_one_in_the_list_on_its_page_and_under_its_delivery(done, work, owner_client):
    run_again(done, actor=Actor.system("test"))
    work()
    again = Run.objects.get(replay=1)

    for address in (LIST, page(again), again.delivery.get_absolute_url()):
        assert text_of(owner_client.get(address)).count("Replay 1") == 1, address
    first = text_of(owner_client.get(page(done)))
    assert first.index("Replayed by") < first.index("Replay 1")
    assert text_of(owner_client.get(page(again))).count("Replays") == 1


def test_effects_are_called_so_and_explained(done, owner_client):
    listed = text_of(owner_client.get(LEDGER))
    run_page = text_of(owner_client.get(page(done)))

    assert "Effects are the calls that change something at a provider" in listed
    assert "Effect: <a" in run_page
    assert "Ledger" not in listed + run_page


def test_no_secret_is_on_the_page_nor_in_the_rows(done, world, owner_client):
    secrets = [*secrets_of(world.customerio), *secrets_of(world.stripe)]
    text = text_of(owner_client.get(page(done)))
    logs = json.dumps(list(StepRun.objects.values_list("log", flat=True)))

    assert secrets
    for secret in secrets:
        assert secret not in text
        assert secret not in logs


def test_a_failed_run_names_the_reason_and_the_remedy(world, provider, work, owner_client):
    provider.script = [status(400, {"meta": {"errors": ["name is required"]}})]
    run = world.start(world.workflow(TRACK))
    work()

    text = text_of(owner_client.get(page(run)))

    run.refresh_from_db()
    assert "name is required" in text
    assert escape(run.remedy) in text
    assert "Resume from failed step" in text


def test_hostile_values_are_escaped(world, provider, work, owner_client):
    run = world.start(
        world.workflow({**IDENTIFY, "name": "<script>alert(1)</script>"}),
        world.deliver(receipt_email="<img src=x>@example.com"),
    )
    work()

    text = text_of(owner_client.get(page(run)))

    assert "<script>alert" not in text
    assert "<img src" not in text


def test_a_run_under_way_refreshes_itself_and_an_ended_one_does_not(done, world, owner_client):
    waiting = world.start(world.workflow(TRACK), world.deliver("evt_waits"))

    assert 'data-finished="no"' in text_of(owner_client.get(page(waiting)))
    assert "Refresh" in text_of(owner_client.get(page(waiting)))
    fragment = text_of(owner_client.get(page(done, "live")))
    assert 'data-finished="yes"' in fragment
    assert "<html" not in fragment


def test_a_call_that_is_being_sent_is_shown(asked, owner_client):
    Effect.objects.update(status="pending")
    StepRun.objects.all().delete()
    Run.objects.update(status="running", lease_token=asked.code)

    assert "Being sent" in text_of(owner_client.get(page(asked)))


@pytest.mark.parametrize("persona", PERSONAS)
def test_who_sees_a_run(done, persona, persona_client):
    client = persona_client(persona)
    expected = 200 if persona in MEMBERS else 404

    for address in (page(done), page(done, "live"), f"{LEDGER}{Effect.objects.get().pk}/change/"):
        assert client.get(address).status_code == expected
    for listed in (LIST, LEDGER):
        assert ("Tell them" in text_of(client.get(listed))) is (persona in MEMBERS and listed == LIST)
    assert page(done) not in text_of(client.get(LIST, {"q": "evt_done"})) or persona in MEMBERS


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("action", ["retry", "cancel", "release"])
def test_who_steers_a_run(world, persona, action, persona_client):
    run = world.start(world.workflow(TRACK))
    before = {"retry": "failed", "cancel": "queued", "release": "held"}[action]
    Run.objects.update(status=before)

    answer = persona_client(persona).post(page(run, action))

    acted = {
        "retry": lambda: Run.objects.get(pk=run.pk).status == "queued",
        "cancel": lambda: Run.objects.get(pk=run.pk).status == "cancelled",
        "release": lambda: Run.objects.get(pk=run.pk).status == "queued",
    }[action]()
    assert acted is (persona in DECIDERS)
    assert answer.status_code == (302 if persona in DECIDERS else 404 if persona == "stranger" else 403)


@pytest.mark.parametrize("action", ["retry", "cancel", "release", "decide"])
def test_a_get_changes_nothing(world, action, owner_client):
    run = world.start(world.workflow(TRACK))

    assert owner_client.get(page(run, action)).status_code == 405

    assert Run.objects.get(pk=run.pk).status == "queued"


def test_what_can_t_be_done_is_said_in_a_banner(done, owner_client):
    answer = owner_client.post(page(done, "cancel"))

    (message,) = get_messages(answer.wsgi_request)
    assert "can't be cancelled" in str(message)


def test_the_question_shows_what_was_sent_and_the_four_choices(asked, owner_client):
    text = text_of(owner_client.get(page(asked)))

    for shown in (
        "It happened",
        "Do it now",
        "Skip",
        "Cancel the run",
        "The request",
        "POST https://api.customer.io/v1/send/email",
        "ada@example.com",
    ):
        assert shown in text, shown


def test_a_viewer_sees_the_question_without_the_choices(asked, viewer_client):
    text = text_of(viewer_client.get(page(asked)))

    assert "Your role may not decide this" in text
    assert 'name="decision"' not in text


@pytest.mark.parametrize("persona", PERSONAS)
def test_who_decides(asked, persona, persona_client):
    effect = Effect.objects.get()
    answer = persona_client(persona).post(
        page(asked, "decide"), {"effect": effect.pk, "decision": "happened"}
    )

    effect.refresh_from_db()
    assert (effect.status == "done") is (persona in DECIDERS)
    assert answer.status_code == (302 if persona in DECIDERS else 404 if persona == "stranger" else 403)


def test_do_it_now_asks_once_more(asked, work, provider, owner_client):
    effect = Effect.objects.get()
    choice = {"effect": effect.pk, "decision": "do_now"}

    answer = owner_client.post(page(asked, "decide"), choice)
    assert "a second time" in text_of(answer)
    assert Run.objects.get(pk=asked.pk).status == "needs_decision"

    owner_client.post(page(asked, "decide"), {**choice, "confirmed": "yes"})
    work()
    assert Run.objects.get(pk=asked.pk).status == "succeeded"
    assert len(provider.requests) == 2


@pytest.mark.parametrize("number", ["", "0", "abc", "9" * 40, "-1"])
def test_a_decision_about_a_foreign_or_unknown_call_is_refused(asked, owner_client, number):
    answer = owner_client.post(page(asked, "decide"), {"effect": number, "decision": "happened"})

    assert answer.status_code == 404
    assert Effect.objects.get().status == "unknown"


def test_a_decision_names_a_call_of_this_run(asked, world, owner_client):
    other = world.start(world.workflow(TRACK), world.deliver("evt_other"))

    answer = owner_client.post(
        page(other, "decide"), {"effect": Effect.objects.get().pk, "decision": "happened"}
    )

    assert answer.status_code == 404


@pytest.mark.parametrize("address", ["add/", "{}/delete/"])
def test_runs_and_effects_are_neither_added_nor_deleted(done, owner_client, address):
    for base, pk in ((LIST, done.pk), (LEDGER, Effect.objects.get().pk)):
        assert owner_client.get(base + address.format(pk)).status_code in (403, 404)
        assert owner_client.post(base + address.format(pk), {"post": "yes"}).status_code in (403, 404)


def test_a_posted_page_saves_nothing(done, owner_client):
    assert owner_client.post(page(done), {"status": "failed"}).status_code == 405
    assert Run.objects.get(pk=done.pk).status == "succeeded"


def test_the_effect_s_page_shows_the_ledger_row(done, owner_client):
    effect = Effect.objects.get()
    text = text_of(owner_client.get(f"{LEDGER}{effect.pk}/change/"))

    assert effect.key in text
    assert effect.provider_id in text


def queries(client, address):
    with CaptureQueriesContext(database) as captured:
        assert client.get(address).status_code == 200
    return len(captured)


def test_query_counts_do_not_grow_to_2000_rows(done, world, owner_client):
    addresses = (LIST, f"{LIST}?q=evt_done", LEDGER, page(done))
    owner_client.get(LIST)
    before = [queries(owner_client, address) for address in addresses]
    delivery = DeliveryFactory(connection=world.stripe)
    Run.objects.bulk_create(
        Run(
            workspace=world.workspace,
            workflow=done.workflow,
            version=done.version,
            delivery=delivery,
            replay=number,
            event_id=f"evt_many_{number}",
            event_type="charge.failed",
            event_at=done.event_at,
            received_at=done.received_at,
            due_at=done.due_at,
            status=Run.Status.values[number % 2 * 6],
        )
        for number in range(2000)
    )
    runs = list(Run.objects.filter(delivery=delivery))
    StepRun.objects.bulk_create(
        StepRun(
            run=done,
            path=f"s{n}",
            position=n,
            kind="action",
            name="x",
            status="succeeded",
            started_at=done.due_at,
        )
        for n in range(10, 60)
    )
    effect = Effect.objects.get()
    Effect.objects.bulk_create(
        Effect(
            workspace=world.workspace,
            run=run,
            path="tell",
            connection=world.customerio,
            action=effect.action,
            effect="create",
            idempotency="event_id",
            key=f"{run.pk:064x}",
            first_sent_at=effect.sent_at,
            sent_at=effect.sent_at,
        )
        for run in runs
    )

    assert [queries(owner_client, address) for address in addresses] == before


def test_a_run_of_another_of_one_s_workspaces_opens_that_workspace(done, stranger, client_of, workspace):
    MembershipFactory(workspace=workspace, user=stranger)

    assert client_of(stranger).get(page(done)).status_code == 200


def test_a_person_without_a_workspace_sees_nothing(done, client_of):
    assert client_of(UserFactory()).get(page(done)).status_code in (302, 403, 404)
