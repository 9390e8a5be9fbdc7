"""A trigger's look-up is fetched once for a run, whatever becomes of its steps, and stands in the log."""

import pytest

from apps.catalog.transport import NoAnswer
from apps.runs.models import Run, StepRun
from apps.runs.search import runs_found_by
from apps.runs.services import retry
from apps.workspaces.access import Actor
from tests.factories import VersionFactory, definition
from tests.runs.conftest import KilledError, ok, status

CUSTOMER = {"id": "cus_1", "object": "customer", "email": "lovelace@example.com", "name": "Ada"}
PATH = "trigger.customer_details"
TELL = {
    "id": "tell",
    "kind": "action",
    "name": "Tell Customer.io",
    "action": "customerio.identify-person",
    "inputs": {
        "identifier": {"template": "{{ trigger.customer_details.email | default: trigger.email }}"},
        "plan": {"template": "{{ trigger.customer_details.name }}"},
    },
}
READ = {
    "id": "read",
    "kind": "action",
    "name": "Look the charge up",
    "action": "stripe.get-charge",
    "inputs": {"charge_id": {"template": "{{ trigger.charge_id }}"}},
}

SYSTEM = Actor.system("test")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def start(world):
    """Start a run of a workflow that looks the customer up, then does the steps."""

    def start(*steps, **charge):
        made = world.workflow(*steps)
        published = made.live_version.definition["steps"]
        drawn = definition(connection=str(world.stripe.code), steps=tuple(published))
        drawn["trigger"]["options"] = {"look_up_customer": True}
        made.live_version = VersionFactory(workflow=made, live=True, definition=drawn, number=2)
        return world.start(made, world.deliver(**charge))

    return start


def fetched(provider):
    return [request.url for request in provider.requests if "stripe.com/v1/customers/" in request.url]


def test_the_fetch_is_logged_as_the_first_step_and_fills_the_others(start, provider, work):
    provider.script = [ok(CUSTOMER)]
    run = start(TELL)

    work()

    run.refresh_from_db()
    look_up, tell = run.steps.order_by("position")
    assert run.status == Run.Status.SUCCEEDED
    assert (look_up.path, look_up.status, look_up.position) == (PATH, StepRun.Status.SUCCEEDED, 0)
    assert look_up.log["output"]["email"] == CUSTOMER["email"]
    assert look_up.log["exchanges"][0]["url"].endswith("/v1/customers/cus_1")
    assert (tell.log["input"]["identifier"], tell.log["input"]["plan"]) == (CUSTOMER["email"], "Ada")
    assert Run.objects.filter(runs_found_by(CUSTOMER["email"], run.workspace)).get() == run


def test_a_retry_of_a_later_step_does_not_fetch_again(start, provider, work):
    provider.script = [ok(CUSTOMER), status(400, {"meta": {"error": "no"}})]
    run = start(TELL)
    work()
    run.refresh_from_db()
    assert run.status == Run.Status.FAILED

    retry(run, actor=SYSTEM)
    work()

    run.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED
    assert len(fetched(provider)) == 1


@pytest.mark.parametrize("step", [TELL, READ], ids=["before a write", "before a read"])
def test_a_crash_in_a_later_call_does_not_fetch_again(start, provider, work, world, step):
    provider.script = [ok(CUSTOMER), KilledError()]
    run = start(step)
    with pytest.raises(KilledError):
        work()
    assert len(fetched(provider)) == 1

    provider.default = ok({"id": "ch_1", "object": "charge"})
    world.lose_worker()
    work()

    run.refresh_from_db()
    assert run.status == Run.Status.SUCCEEDED
    assert len(fetched(provider)) == 1


def test_a_repeated_fetch_is_one_step_with_two_attempts(start, provider, work, world):
    provider.script = [NoAnswer("No answer in time.", code="timeout"), ok(CUSTOMER)]
    run = start(TELL)

    work()
    world.make_due()
    work()

    look_up = run.steps.get(path=PATH)
    assert (look_up.status, look_up.attempts) == (StepRun.Status.SUCCEEDED, 2)


def test_a_customer_that_does_not_exist_fails_the_run_with_the_reason(start, provider, work):
    error = {"error": {"type": "invalid_request_error", "code": "resource_missing", "param": "id"}}
    provider.script = [status(404, error)]
    run = start(TELL)

    work()

    run.refresh_from_db()
    assert run.status == Run.Status.FAILED
    assert "Get Customer for the trigger" in run.reason
    assert not run.effects.exists()


def test_a_guest_has_no_details_and_the_log_says_why(start, provider, work):
    run = start(TELL, customer=None)

    work()

    run.refresh_from_db()
    look_up, tell = run.steps.order_by("position")
    assert run.status == Run.Status.SUCCEEDED
    assert look_up.status == StepRun.Status.SKIPPED
    assert "names none" in look_up.log["conditions"][0]["note"]
    assert tell.log["input"]["identifier"] == "ada@example.com"
    assert fetched(provider) == []
