"""An event that names a call of ours is received as an echo of it, at the cost of one look at the ledger."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.runs.models import Run
from apps.webhooks import services
from tests.factories import EffectFactory
from tests.webhooks.stripe_sender import event, sign_bytes

KEY = "e" * 64

pytestmark = pytest.mark.django_db


@pytest.fixture
def receive(endpoint, listening):
    """Receive an event of a request with this key; return how many statements it took."""

    def receive(number, key):
        body = event(f"evt_{number}", request={"id": "req_1", "idempotency_key": key})
        with CaptureQueriesContext(database) as captured:
            receipt = services.receive(
                f"stripe/{endpoint.token}", {"stripe-signature": sign_bytes(body)}, body
            )
        assert (receipt.status, receipt.code) == (200, "accepted")
        return [query["sql"] for query in captured]

    return receive


def test_only_an_event_that_may_be_ours_costs_a_look_at_the_ledger(receive):
    receive(0, None)  # Notes that the endpoint works.
    usual = receive(1, "0c6f6a0e-6d0c-4c1b-8a54-3f2f6b1de911")

    named = receive(2, KEY)

    assert not any("runs_effect" in sql for sql in usual)
    assert sum("runs_effect" in sql for sql in named) == 1
    assert len(named) == len(usual) + 1


@pytest.mark.parametrize(("depth", "status"), [(0, "queued"), (1, "queued"), (2, "held")])
def test_an_echo_is_one_deeper_than_the_run_that_made_the_call(receive, connection, depth, status):
    effect = EffectFactory(key=KEY, run__workspace=connection.workspace, workspace=connection.workspace)
    Run.objects.filter(pk=effect.run_id).update(depth=depth)

    receive(1, KEY)

    echo = Run.objects.latest("pk")
    assert (echo.depth, echo.status) == (depth + 1, status)
    assert bool(echo.reason) == (status == "held")


def test_a_duplicate_of_an_echo_changes_nothing(receive, endpoint):
    body = event("evt_1", request={"id": "req_1", "idempotency_key": KEY})
    receive(1, KEY)

    again = services.receive(f"stripe/{endpoint.token}", {"stripe-signature": sign_bytes(body)}, body)

    assert again.code == "duplicate"
    assert Run.objects.count() == 1
