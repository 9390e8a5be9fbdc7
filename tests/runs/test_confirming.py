"""What a refused call comes to when its connection's test call says nothing, or nothing was sent at all."""

from apps.catalog.transport import NoAnswer
from apps.connections import credentials
from tests.runs.conftest import MAIL, TRACK, status


def test_a_test_call_that_can_t_be_answered_fails_no_run(world, provider, work):
    """The 401 may be the outage that takes the test call, too."""

    def refuse_and_break_down(request):
        return status(401) if request.method == "POST" else NoAnswer("No answer.", code="timeout")

    provider.default = refuse_and_break_down
    run = world.start(world.workflow(TRACK))
    for _ in range(5):
        work()
        world.make_due()

    run.refresh_from_db()
    world.customerio.refresh_from_db()
    assert (run.status, run.reason_code) == ("waiting", "unauthorized_unconfirmed")
    assert world.customerio.status == "connected"


def test_a_connection_without_the_key_that_a_call_needs_says_which(world, provider, work):
    kept = {"track_api_key": "key"}
    world.customerio.credentials = credentials.seal(world.customerio, kept)
    world.customerio.save()
    provider.default = lambda request: status(200, {"region": "us", "environment_id": 1})
    run = world.start(world.workflow(MAIL))

    work()

    run.refresh_from_db()
    assert (run.status, run.reason_code) == ("failed", "missing_credentials")
    assert "App API key" in run.reason
    assert "Connections" in run.remedy
