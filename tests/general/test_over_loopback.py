"""From a signed request to a call and a mail, over real sockets on loopback."""

import email
import email.policy
import json
from typing import Any

import pytest

from apps.common.errors import ValidationFailed
from apps.connections import services
from apps.connections.models import Connection
from apps.runs import services as runs
from apps.runs.models import Effect, Run, StepRun
from tests.common.mail_server import mail_server
from tests.general.conftest import ACTOR, connect, live, post, step, work

pytestmark = pytest.mark.django_db(transaction=True)

ORDER = b'{"id": "ord_7", "customer": {"email": "jane@example.com", "name": "<Jane>"}, "total": 1250}'
TOKEN = "canary-token-of-the-tests"


@pytest.fixture
def there(workspace, web_server, settings):
    settings.EGRESS_ALLOW = [web_server.address]
    return connect(
        workspace,
        "http",
        "There",
        address=f"http://{web_server.address}/v1",
        authorization="bearer",
        secret=TOKEN,
        test_path="/me",
    )


def ask(there: Connection, **inputs: Any) -> dict[str, Any]:
    given = {
        "method": "POST",
        "path": "/people/{person}/orders",
        "path_values": {"person": "{{ trigger.body.customer.email }}"},
        "json": {"order": "{{ trigger.body.id }}", "total": "{{ trigger.body.total }}"},
        **inputs,
    }
    return step("http.request", there, **given)


def test_a_request_makes_a_call_whose_answer_the_run_keeps(hook, there, web_server):
    live(hook, ask(there))

    assert post(hook, ORDER).json()["code"] == "accepted"
    work()

    [call] = [each for each in web_server.asked if each.method == "POST"]
    assert call.path == "/v1/people/jane%40example.com/orders"
    assert json.loads(call.body) == {"order": "ord_7", "total": 1250}
    assert call.headers["Authorization"] == f"Bearer {TOKEN}"
    assert there.status == Connection.Status.CONNECTED
    run = Run.objects.get()
    assert run.status == Run.Status.SUCCEEDED
    assert Effect.objects.get().provider_id == "ord_1"
    logged = json.dumps(StepRun.objects.get().log)
    assert "ord_1" in logged
    assert TOKEN not in logged


def test_a_workflow_that_posts_to_its_own_webhook_is_held_in_the_third_round(hook, there, web_server):
    """What the web server gets is posted to the connection, as if it were this installation."""
    live(hook, ask(there))
    post(hook, ORDER)

    for number in range(5):
        made = len(web_server.asked)
        work()
        for asked in web_server.asked[made:]:
            order = json.dumps({**json.loads(ORDER), "id": f"ord_{number}"}).encode()
            origin = {"Tandem-Origin": asked.headers["Tandem-Origin"]}
            assert post(hook, order, headers=origin).json()["code"] == "accepted"

    rounds = Run.objects.order_by("pk")
    assert [run.depth for run in rounds] == [0, 1, 2, 3]
    assert [run.status for run in rounds] == [*[Run.Status.SUCCEEDED] * 3, Run.Status.HELD]
    assert "set each other off" in rounds[3].reason
    assert [each.method for each in web_server.asked].count("POST") == 3


def test_the_same_event_makes_no_second_call(hook, there, web_server):
    live(hook, ask(there))

    for _ in range(3):
        post(hook, ORDER)
        work()

    assert [each.method for each in web_server.asked].count("POST") == 1


@pytest.mark.parametrize(
    ("method", "calls", "status"),
    [("POST", 1, Run.Status.NEEDS_DECISION), ("PUT", 2, Run.Status.SUCCEEDED)],
)
def test_what_an_unsure_answer_leads_to_is_the_methods_business(
    hook, there, web_server, method, calls, status
):
    answers: list[Any] = [(503, {}, b""), (200, {}, b"{}")]
    web_server.answer = lambda asked: answers.pop(0)
    live(hook, ask(there, method=method))

    post(hook, ORDER)
    work()
    work()

    assert [each.method for each in web_server.asked].count(method) == calls
    assert Run.objects.get().status == status


def test_a_post_with_a_key_is_repeated_with_the_same_key(hook, there, web_server):
    answers: list[Any] = [(503, {}, b""), (200, {}, b"{}")]
    web_server.answer = lambda asked: answers.pop(0)
    live(hook, ask(there, method="POST-WITH-KEY"))

    post(hook, ORDER)
    work()
    work()

    keys = [each.headers["Idempotency-Key"] for each in web_server.asked if each.method == "POST"]
    assert len(keys) == 2
    assert len(set(keys)) == 1
    assert Run.objects.get().status == Run.Status.SUCCEEDED


def test_a_redirect_is_not_followed_with_the_key(hook, there, web_server):
    web_server.answer = lambda asked: (302, {"Location": f"http://{web_server.address}/elsewhere"}, b"")
    live(hook, ask(there))

    post(hook, ORDER)
    work()

    assert [each.path for each in web_server.asked if "elsewhere" in each.path] == []
    assert Run.objects.get().status == Run.Status.FAILED


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("http://api.example.com", "unencrypted"),
        ("http://127.0.0.1:1", "unencrypted"),
        ("https://a b", "can't be"),
    ],
)
def test_an_address_that_may_not_be_called_is_no_connection(workspace, address, told):
    with pytest.raises(ValidationFailed, match=told) as caught:
        services.create_connection(
            workspace,
            actor=ACTOR,
            app="http",
            name="There",
            values={"address": address, "authorization": "bearer", "secret": TOKEN},
        )

    assert caught.value.field == "address"


@pytest.mark.parametrize(
    "changed",
    [
        {"address": "https://evil.example.com"},
        {"authorization": "query", "name": "q"},
        {"authorization": "header"},
    ],
)
def test_the_key_stays_with_what_it_was_entered_for(there, changed):
    with pytest.raises(ValidationFailed) as caught:
        services.reconnect(there, actor=ACTOR, values=changed)

    assert caught.value.code in ("secret_needed", "invalid")
    there.refresh_from_db()
    assert there.values["authorization"] == "bearer"


def test_a_row_that_was_changed_behind_the_services_sends_no_key(hook, there, web_server):
    live(hook, ask(there))
    asked_before = len(web_server.asked)
    Connection.objects.filter(pk=there.pk).update(
        values={**there.values, "address": f"http://{web_server.address}/other"}
    )

    post(hook, ORDER)
    work()

    assert len(web_server.asked) == asked_before
    assert Run.objects.get().status == Run.Status.PARKED


@pytest.fixture
def mails():
    with mail_server() as server:
        yield server


@pytest.fixture
def sender(workspace, mails, settings):
    settings.EGRESS_ALLOW = [f"127.0.0.1:{mails.port}"]
    return connect(
        workspace,
        "email",
        "Mail",
        host="127.0.0.1",
        port=str(mails.port),
        security="none",
        username=mails.user,
        password=mails.password,
        from_address="shop@example.com",
    )


def mail(sender: Connection, **inputs: Any) -> dict[str, Any]:
    given = {
        "to": "{{ trigger.body.customer.email }}",
        "subject": "Order {{ trigger.body.id }}",
        "text": "Thank you, {{ trigger.body.customer.name }}.",
        "html": "<p>Thank you, {{ trigger.body.customer.name }}.</p>",
        **inputs,
    }
    return step("email.send", sender, **given)


def test_a_request_sends_a_mail(hook, sender, mails):
    live(hook, mail(sender))

    post(hook, ORDER)
    work()

    assert sender.status == Connection.Status.CONNECTED
    [message] = mails.messages
    got: Any = email.message_from_bytes(message.body, policy=email.policy.default)
    assert (message.sender, message.recipients) == ("shop@example.com", ["jane@example.com"])
    assert got["Subject"] == "Order ord_7"
    text, html = (part.get_content() for part in got.iter_parts())
    assert "Thank you, <Jane>." in text
    assert "Thank you, &lt;Jane&gt;." in html
    assert Run.objects.get().status == Run.Status.SUCCEEDED
    assert got["Message-ID"] == Effect.objects.get().provider_id
    logged = json.dumps(StepRun.objects.get().log)
    assert "queued as 4711" in logged
    assert mails.password not in logged


def test_a_mail_that_was_put_off_is_sent_once(hook, sender, mails):
    mails.answers = {"jane@example.com": "450 try later"}
    live(hook, mail(sender))
    post(hook, ORDER)
    work()
    assert not mails.messages

    mails.answers = {}
    work()
    work()

    assert len(mails.messages) == 1
    assert Run.objects.get().status == Run.Status.SUCCEEDED


def test_a_mail_of_which_nobody_knows_is_asked_about_and_never_repeated(hook, sender, mails):
    mails.answers = {"dot": "hang up"}
    live(hook, mail(sender))

    post(hook, ORDER)
    work()
    work()

    assert [command.split(" ")[0] for command in mails.commands].count("DATA") == 1
    assert Run.objects.get().status == Run.Status.NEEDS_DECISION
    runs.decide(Effect.objects.get(), actor=ACTOR, decision="happened")
    work()
    assert Run.objects.get().status == Run.Status.SUCCEEDED
    assert [command.split(" ")[0] for command in mails.commands].count("DATA") == 1


def test_a_refused_recipient_fails_the_step_with_the_reason(hook, sender, mails):
    mails.answers = {"jane@example.com": "550 no such user"}
    live(hook, mail(sender))

    post(hook, ORDER)
    work()

    assert Run.objects.get().status == Run.Status.FAILED
    assert "no such user" in json.dumps(StepRun.objects.get().log)


def test_a_wrong_password_breaks_the_connection_at_its_test(workspace, mails, settings):
    settings.EGRESS_ALLOW = [f"127.0.0.1:{mails.port}"]

    made = connect(
        workspace,
        "email",
        "Wrong",
        host="127.0.0.1",
        port=str(mails.port),
        security="none",
        username=mails.user,
        password="wrong-password",
        from_address="shop@example.com",
    )

    assert made.status == Connection.Status.BROKEN
    assert "refused the login" in made.status_reason
    assert "wrong-password" not in made.status_reason
