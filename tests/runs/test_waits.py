"""Runs that wait for a request, and the door by which it comes."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from apps.catalog.transport import Response
from apps.runs import services, tokens
from apps.runs.models import Hook, Run
from apps.runs.waits.services import MAX_BODY_BYTES
from apps.workspaces.access import Actor
from tests.factories import MembershipFactory
from tests.runs.conftest import ok
from tests.runs.logic import approval, code, track, wait, workflow

ACTOR = Actor.system("test")


@pytest.fixture
def waiting(world, provider, work):
    """Return a function that starts a run which tells its address and waits there."""

    def start(**facts):
        tell = track("announce", "{{ run.wait_urls.wait }}")
        run = world.start(workflow(world, tell, wait(**facts), track(name="{{ steps.wait.body.color }}")))
        work()
        return run, provider.bodies[-1]["name"]

    return start


def path_of(address):
    return "/" + address.split("/", 3)[3]


def post(client, address, body=b'{"color": "red"}', kind="application/json"):
    return client.post(path_of(address), data=body, content_type=kind)


def test_a_request_lets_the_run_go_on_with_its_body(waiting, work, client, provider):
    run, address = waiting()

    response = post(client, address)
    work()

    run.refresh_from_db()
    assert (response.status_code, response.json()["code"]) == (202, "received")
    assert run.status == "succeeded"
    assert provider.bodies[-1]["name"] == "red"
    assert run.steps.get(path="wait").log["output"]["received"] is True


def test_it_waits_at_the_address_that_was_told_before(waiting, settings):
    run, address = waiting()

    run.refresh_from_db()
    assert address.startswith(f"{settings.PUBLIC_URL or settings.LOCAL_URL}/v1/waits/")
    assert (run.status, run.reason_code) == ("waiting", "webhook")
    assert run.due_at == Hook.objects.get(run=run).expires_at


def test_a_body_is_sealed(waiting, client):
    run, address = waiting()

    post(client, address, b'{"color": "ultramarine"}')

    hook = Hook.objects.get(run=run)
    assert b"ultramarine" not in bytes(hook.body)
    assert address.rpartition("/")[2].encode() not in bytes(hook.token_hash)


def test_a_second_request_is_refused(waiting, client, work):
    _, address = waiting()
    post(client, address)

    before, after = post(client, address), (work(), post(client, address))[1]

    assert [each.status_code for each in (before, after)] == [410, 410]
    assert before.json()["code"] == "used"


def test_a_request_behind_the_deadline_is_refused_and_the_run_goes_on(waiting, client, work):
    run, address = waiting()
    Hook.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    Run.objects.update(due_at=timezone.now())

    late = post(client, address)
    work()

    run.refresh_from_db()
    assert (late.status_code, late.json()["code"]) == (410, "too_late")
    assert run.steps.get(path="wait").log["output"]["received"] is False


@pytest.mark.parametrize(("on_timeout", "status"), [("stop", "filtered"), ("fail", "failed")])
def test_what_happens_at_the_deadline_is_the_steps_choice(waiting, work, on_timeout, status):
    run, _ = waiting(on_timeout=on_timeout)
    Hook.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    Run.objects.update(due_at=timezone.now())

    work()

    run.refresh_from_db()
    assert run.status == status, run.reason


def test_a_request_that_comes_before_its_step_is_kept(world, provider, work, client):
    answered: list[Any] = []

    def answer(request):
        if not answered:
            answered.append(post(client, json.loads(request.body)["name"]))
        return ok()

    provider.default = answer
    tell = track("announce", "{{ run.wait_urls.wait }}")
    run = world.start(workflow(world, tell, wait(), track(name="{{ steps.wait.body.color }}")))

    work()
    work()

    run.refresh_from_db()
    assert answered[0].status_code == 202
    assert run.status == "succeeded"
    assert provider.bodies[-1]["name"] == "red"


def test_a_form_is_taken_as_its_fields(waiting, client, work, provider):
    _, address = waiting()

    response = post(client, address, b"color=blue&size=1&size=2", "application/x-www-form-urlencoded")
    work()

    assert response.status_code == 202
    assert provider.bodies[-1]["name"] == "blue"


def test_a_multipart_form_is_taken_as_its_fields(waiting, client, work, provider):
    _, address = waiting()

    response = client.post(path_of(address), {"color": "green"})
    work()

    assert response.status_code == 202
    assert provider.bodies[-1]["name"] == "green"


def test_no_body_is_a_request_too(waiting, client):
    _, address = waiting()

    assert post(client, address, b"").status_code == 202


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"a": NaN}', 400),
        (b'"\\u0000"', 400),
        (b"[" * 500 + b"]" * 500, 400),
        (b'"' + b"a" * MAX_BODY_BYTES + b'"', 413),
    ],
)
def test_what_can_not_be_read_is_refused_and_may_come_again(waiting, client, body, status):
    _, address = waiting()

    refused = post(client, address, body)

    assert refused.status_code == status
    assert post(client, address).status_code == 202


def test_a_look_with_the_browser_gets_words(waiting, client):
    _, address = waiting()

    response = client.get(path_of(address))

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert "POST" in response.json()["message"]


@pytest.mark.parametrize("token", ["nobody", "A" * 43])
def test_an_unknown_address_is_404(client, db, token):
    assert post(client, f"http://testserver/v1/waits/{token}").status_code == 404


def test_a_cancelled_run_takes_nothing(waiting, client):
    run, address = waiting()
    services.cancel(run, actor=ACTOR)

    response = post(client, address)

    assert (response.status_code, response.json()["code"]) == (410, "run_ended")


URL = "{{ run.wait_urls.wait }}"
PART = "{{ run.wait_urls.wait | split: '/' | last }}"


@pytest.mark.parametrize("refused", [False, True], ids=["taken", "refused"])
def test_the_address_stands_nowhere_in_the_log(world, provider, work, refused):
    computed = code("return inputs['a']", a={"template": PART})
    told = track("announce", URL)
    run = world.start(workflow(world, computed, told, approval(message={"template": PART}), wait()))
    if refused:
        provider.default = lambda request: Response(400, {}, b'{"meta": {"error": ' + request.body + b"}}")

    work()

    run.refresh_from_db()
    token = tokens.wait_tokens(run=str(run.code), workspace=str(run.workspace.code), path="wait")[0]
    logged = str([each.__dict__ for each in (run, *run.steps.all(), *run.approvals.all())])
    assert token in json.dumps(provider.bodies)
    assert token not in logged
    assert "/v1/waits/••••" in logged


def test_the_reason_of_a_run_does_not_tell_the_address(world, work):
    stop = {"id": "end", "kind": "stop", "name": "End", "outcome": "failed", "message": {"template": PART}}
    run = world.start(workflow(world, {**stop, "disabled": False}, wait()))

    work()

    run.refresh_from_db()
    assert "••••" in run.reason


@pytest.mark.parametrize(("role", "shown"), [("owner", True), ("editor", True), ("viewer", False)])
def test_only_who_may_operate_runs_sees_the_address(waiting, world, client, role, shown):
    run, address = waiting()
    client.force_login(MembershipFactory(workspace=world.workspace, role=role).user)

    response = client.get(run.get_absolute_url())

    assert response.status_code == 200
    assert (address.rpartition("/")[2] in response.content.decode()) == shown
