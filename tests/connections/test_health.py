"""What the test call says about a connection."""

import pytest

from apps.catalog.transport import EgressRefused, NoAnswer, NotSent
from apps.common.errors import Conflict, NotAllowed
from apps.connections import services
from apps.connections.models import Connection
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.connections.conftest import STRIPE_KEY, json_response
from tests.factories import ConnectionFactory

Status = Connection.Status


@pytest.fixture
def stripe(workspace):
    return ConnectionFactory(
        workspace=workspace, sandbox=False, status=Status.UNTESTED, entered={"api_key": STRIPE_KEY}
    )


def raising(error):
    def answer(request):
        raise error

    return answer


def answering(status, body=None):
    return lambda request: json_response(status, body or {"error": {"message": "It said so."}})


OUTCOMES = [
    (answering(200, {"object": "balance"}), Status.CONNECTED, ""),
    (answering(401), Status.BROKEN, "401"),
    (answering(403), Status.NEEDS_ATTENTION, "403"),
    (answering(500), Status.NEEDS_ATTENTION, "500"),
    (answering(429), Status.NEEDS_ATTENTION, "429"),
    (raising(NotSent("api.stripe.com refused.", code="refused")), Status.NEEDS_ATTENTION, "can't be reached"),
    (raising(NoAnswer("No answer in time.", code="timeout")), Status.NEEDS_ATTENTION, "can't be reached"),
    (
        raising(EgressRefused("Not a public address.", code="private_address")),
        Status.NEEDS_ATTENTION,
        "EGRESS_ALLOW",
    ),
]


@pytest.mark.parametrize(("answer", "status", "reason"), OUTCOMES)
def test_the_test_call_decides_the_status_and_says_why(stripe, network, actor, answer, status, reason):
    network.answer = answer

    services.test_connection(stripe, actor=actor)

    assert stripe.status == status
    assert reason in stripe.status_reason
    assert stripe.checked_at is not None


def test_a_warning_needs_attention_and_is_shown(workspace, network, actor):
    restricted = ConnectionFactory(
        workspace=workspace, sandbox=False, entered={"api_key": "rk_test_restricted0042"}
    )
    network.answer = answering(403)

    services.test_connection(restricted, actor=actor)

    assert restricted.status == Status.NEEDS_ATTENTION
    assert "Balance: Read" in restricted.status_reason


def test_what_the_provider_tells_fills_in_what_was_left_empty(workspace, actor, network):
    network.answer = lambda request: json_response(200, {"region": "eu", "environment_id": 7})
    customerio = ConnectionFactory(
        workspace=workspace,
        app="customerio",
        sandbox=False,
        entered={"site_id": "site-1", "track_api_key": "canary-track-key-0042"},
    )

    services.test_connection(customerio, actor=actor)

    assert customerio.values == {"site_id": "site-1", "region": "eu"}
    assert customerio.label == "EU"
    assert customerio.revision == 2


def test_a_sandbox_passes_its_own_test(workspace, actor):
    for app in ("stripe", "customerio"):
        sandbox = ConnectionFactory(workspace=workspace, app=app, status=Status.UNTESTED)
        services.test_connection(sandbox, actor=actor)
        assert sandbox.status == Status.CONNECTED, sandbox.status_reason


def test_a_broken_connection_stays_so_until_a_test_passes(stripe, network, actor):
    network.answer = answering(401)
    services.test_connection(stripe, actor=actor)
    network.answer = raising(NotSent("Refused.", code="refused"))
    services.test_connection(stripe, actor=actor)
    assert stripe.status == Status.BROKEN

    network.answer = answering(200, {"object": "balance"})
    services.test_connection(stripe, actor=actor)
    assert (stripe.status, stripe.status_reason) == (Status.CONNECTED, "")


def test_a_connection_that_was_changed_meanwhile_keeps_what_the_change_said(stripe, network, actor):
    def changed_meanwhile(request):
        Connection.objects.filter(pk=stripe.pk).update(revision=9, status=Status.UNTESTED)
        return json_response(401, {})

    network.answer = changed_meanwhile

    services.test_connection(stripe, actor=actor)

    assert stripe.status == Status.UNTESTED


def test_viewers_may_not_test_and_editors_may(stripe, network, viewer, editor):
    network.answer = answering(200, {"object": "balance"})

    with pytest.raises(NotAllowed):
        services.test_connection(stripe, actor=Actor.of(viewer))
    assert network.requests == []
    services.test_connection(stripe, actor=Actor.of(editor))
    assert stripe.status == Status.CONNECTED


def test_a_disconnected_one_is_not_tested(stripe, network, actor):
    Connection.objects.update(status=Status.DISCONNECTED)

    with pytest.raises(Conflict):
        services.test_connection(stripe, actor=actor)


def test_refused_credentials_are_confirmed_before_the_connection_is_broken(stripe, network):
    network.answer = answering(401)

    assert services.confirm_broken(stripe, reason="Stripe refused the credentials (401).")

    assert stripe.status == Status.BROKEN
    assert AuditEntry.objects.get().verb == "connection.broken"


@pytest.mark.parametrize(
    "answer", [answering(200, {"object": "balance"}), answering(500), raising(NotSent("x", code="refused"))]
)
def test_a_401_that_the_test_call_does_not_confirm_breaks_nothing(stripe, network, answer):
    network.answer = answer

    assert not services.confirm_broken(stripe, reason="401")

    stripe.refresh_from_db()
    assert stripe.status == Status.UNTESTED


def test_a_broken_connection_is_not_asked_again(stripe, network):
    Connection.objects.update(status=Status.BROKEN)

    assert services.confirm_broken(stripe, reason="401")
    assert network.requests == []


def test_keys_entered_meanwhile_are_not_broken_by_a_call_with_the_old_ones(stripe, network):
    def reconnected_meanwhile(request):
        Connection.objects.filter(pk=stripe.pk).update(revision=9)
        return json_response(401, {})

    network.answer = reconnected_meanwhile

    assert not services.confirm_broken(stripe, reason="401")
    assert stripe.status == Status.UNTESTED
