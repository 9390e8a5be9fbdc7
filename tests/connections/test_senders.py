"""What a provider says about a refusal never repeats the account's own secrets."""

import base64
import json

import pytest

from apps.catalog.transport import Request, Response
from apps.connections import senders
from apps.connections.services import test_connection as try_out
from tests.connections.conftest import STRIPE_KEY, json_response
from tests.factories import ConnectionFactory

pytestmark = pytest.mark.django_db

REQUEST = Request("GET", "https://api.stripe.com/v1/balance", {}, b"")


@pytest.fixture
def stripe(workspace):
    return ConnectionFactory(workspace=workspace, sandbox=False, entered={"api_key": STRIPE_KEY})


@pytest.mark.parametrize("status", [301, 400, 401, 429, 500])
@pytest.mark.parametrize("said", [STRIPE_KEY, base64.b64encode(f"user:{STRIPE_KEY}".encode()).decode()])
def test_a_refusal_that_repeats_the_key_is_masked(stripe, network, status, said):
    network.answer = lambda request: json_response(status, {"error": {"message": f"You sent {said}."}})

    response = senders.sender_for(stripe).send(REQUEST, deadline=5)

    assert response.status == status
    assert said.encode() not in response.body
    assert json.loads(response.body)["error"]["message"].startswith("You sent ")


def test_an_answer_that_succeeds_stays_as_it_is(stripe, network):
    body = json.dumps({"id": "we_1", "secret": "whsec_newlyMadeByTheProvider"}).encode()
    network.answer = lambda request: Response(200, {}, body)

    assert senders.sender_for(stripe).send(REQUEST, deadline=5).body == body


def test_the_reason_of_a_broken_connection_does_not_repeat_the_key(stripe, network, actor):
    network.answer = lambda request: json_response(401, {"error": {"message": f"Bad key: {STRIPE_KEY}"}})

    tested = try_out(stripe, actor=actor)

    assert tested.status == "broken"
    assert STRIPE_KEY not in tested.status_reason
