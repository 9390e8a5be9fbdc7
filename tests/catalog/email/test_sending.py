"""The mail that is handed over, and what a refusal means."""

import email
import email.policy
from typing import Any

import pytest

from apps.catalog import registry
from apps.catalog.errors import Certainty, NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account, CallContext
from apps.catalog.transport import NoAnswer, Request, Response
from apps.workflows.engine.definition import TemplateMapping
from apps.workflows.engine.mapped import compile_mapping, resolve

APP = registry.get_app("email")
SEND = APP.action("send")
KEY = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
INPUTS = {"to": "jane@example.com", "subject": "Hello", "text": "Hi."}


class Server:
    """Answers each request with the next of `answers`, and keeps what it got."""

    def __init__(self, *answers: Response) -> None:
        self.answers = list(answers) or [Response(250, {"smtp-phase": "message"}, b"queued as 4711")]
        self.requests: list[Request] = []

    def __call__(self, request: Request, *, deadline: float) -> Response:
        self.requests.append(request)
        return self.answers[min(len(self.requests), len(self.answers)) - 1]


def send(server: Any, **inputs: Any) -> dict[str, Any]:
    given = {**INPUTS, **inputs}
    assert SEND.check is not None
    SEND.check(given)
    account = Account(APP.auth.sandbox_values)
    return SEND.call(
        CallContext(inputs=given, account=account, send=server, key=KEY, event_time=1_795_000_000)
    )


def sent(**inputs: Any) -> tuple[Request, Any]:
    server = Server()
    send(server, **inputs)
    [request] = server.requests
    return request, email.message_from_bytes(request.body, policy=email.policy.default)


def test_a_mail_has_its_headers_and_its_text():
    request, mail = sent(cc="a@example.com, b@example.com", reply_to="help@example.com")

    assert (request.method, request.url) == ("SMTP", "smtp://smtp.example.com:587")
    assert request.headers["Mail-From"] == "shop@example.com"
    assert request.headers["Rcpt-To"] == "jane@example.com, a@example.com, b@example.com"
    assert mail["From"] == "Example Shop <shop@example.com>"
    assert (mail["To"], mail["Cc"]) == ("jane@example.com", "a@example.com, b@example.com")
    assert (mail["Reply-To"], mail["Subject"]) == ("help@example.com", "Hello")
    assert mail["Date"].datetime.timestamp() == 1_795_000_000
    assert mail.get_content().strip() == "Hi."


def test_whoever_gets_a_blind_copy_stands_in_no_header():
    request, _ = sent(bcc="secret@example.com")

    assert request.headers["Rcpt-To"] == "jane@example.com, secret@example.com"
    assert b"secret@example.com" not in request.body


def test_the_id_comes_from_the_calls_key():
    outputs = send(Server())
    _, mail = sent()

    assert outputs == {"message_id": mail["Message-ID"], "recipients": 1, "reply": "queued as 4711"}
    assert mail["Message-ID"] == f"<{KEY[:40]}@example.com>"


def test_text_and_html_are_two_parts_of_one_mail():
    _, mail = sent(html="<p>Grüße</p>", text="Grüße")

    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert [part.get_content().strip() for part in mail.iter_parts()] == ["Grüße", "<p>Grüße</p>"]


def test_a_mail_of_html_alone_is_html():
    server = Server()
    inputs = {"to": "jane@example.com", "subject": "Hello", "html": "<p>Hi.</p>"}
    account = Account(APP.auth.sandbox_values)

    SEND.call(CallContext(inputs=inputs, account=account, send=server, key=KEY, event_time=0))

    assert b"Content-Type: text/html" in server.requests[0].body


def test_a_mail_is_seven_bit_and_its_lines_are_short():
    request, _ = sent(text="ä" * 5_000, subject="ü" * 200)

    assert request.body.isascii()
    assert max(map(len, request.body.split(b"\r\n"))) < 500


@pytest.mark.parametrize(
    "subject", ["Hello\r\nBcc: evil@example.com", "Hello\nX: y", "a\x00b\rc", "a\u2028b"]
)
def test_no_subject_begins_another_header(subject):
    request, mail = sent(subject=subject)

    assert "\n" not in mail["Subject"]
    assert mail["Bcc"] is None
    assert mail["X"] is None
    assert request.headers["Rcpt-To"] == "jane@example.com"


@pytest.mark.parametrize("field", ["to", "cc", "bcc", "reply_to"])
@pytest.mark.parametrize(
    "entry",
    [
        "Jane <jane@example.com>",
        "jane@example.com\x00",
        "jane@example.com DATA",
        "jane@exa mple.com",
        "@example.com",
        "jane@",
        "jane",
        "jane..doe@example.com",
        "<jane@example.com>",
        "jänе@example.com",
        f"{'x' * 65}@example.com",
        '"jane@home"@example.com',
    ],
)
def test_what_is_not_plainly_an_address_is_refused(field, entry):
    with pytest.raises(Permanent) as caught:
        send(Server(), **{field: f"ok@example.com, {entry}"})

    assert caught.value.field == field


def test_a_line_break_parts_addresses_and_begins_no_header():
    request, mail = sent(to="a@example.com\r\nb@example.com")

    assert request.headers["Rcpt-To"] == "a@example.com, b@example.com"
    assert mail["To"] == "a@example.com, b@example.com"


def test_more_recipients_than_a_notice_has_are_refused():
    many = ", ".join(f"person{number}@example.com" for number in range(51))

    with pytest.raises(Permanent) as caught:
        send(Server(), to=many)

    assert "51 recipients" in caught.value.message


def test_nobody_is_no_recipient():
    with pytest.raises(Permanent) as caught:
        send(Server(), to=" , ")

    assert caught.value.field == "to"


def test_what_a_template_fills_into_html_is_escaped():
    field = SEND.input("html")
    mapped = compile_mapping(TemplateMapping(template="<b>{{ trigger.name }}</b>"))

    assert resolve(mapped, {"trigger": {"name": "<i>&"}}, escape=field.escape) == "<b>&lt;i&gt;&amp;</b>"


@pytest.mark.parametrize(
    ("status", "phase", "error", "code"),
    [
        (421, "greeting", Retryable, "mail_deferred"),
        (450, "recipient", Retryable, "mail_deferred"),
        (452, "message", Retryable, "mail_deferred"),
        (454, "login", Retryable, "mail_deferred"),
        (535, "login", NeedsHuman, "unauthorized"),
        (530, "sender", NeedsHuman, "unauthorized"),
        (504, "login", Permanent, "not_offered"),
        (502, "starttls", Permanent, "not_offered"),
        (550, "recipient", Permanent, "recipient_refused"),
        (550, "sender", Permanent, "mail_refused"),
        (554, "message", Permanent, "mail_refused"),
    ],
)
def test_a_refusal_says_what_must_happen_next(status, phase, error, code):
    server = Server(Response(status, {"smtp-phase": phase}, b"4.2.1 said the server"))

    with pytest.raises(error) as caught:
        send(server)

    assert (caught.value.code, caught.value.status) == (code, status)
    assert "said the server" in caught.value.message
    if error is Retryable:
        assert caught.value.certainty is Certainty.NOT_DONE


def test_a_connection_lost_behind_the_mail_stays_unknown():
    def lost(request: Request, *, deadline: float) -> Response:
        raise NoAnswer("mail.example.com hung up after it was given the message.", code="disconnected")

    with pytest.raises(NoAnswer):
        send(lost)
    assert SEND.idempotency == "none"


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"security": "none"}, "security"),
        ({"security": "ssl"}, "security"),
        ({"port": "99999"}, "port"),
        ({"port": "0"}, "port"),
        ({"host": "smtp.example.com/x"}, "host"),
        ({"host": "user@smtp.example.com"}, "host"),
        ({"password": ""}, "password"),
        ({"username": ""}, "username"),
        ({"from_address": "Shop <shop@example.com>"}, "from_address"),
        ({"from_name": "Shop\r\nBcc: evil@example.com"}, "from_name"),
    ],
)
def test_values_that_can_not_work_name_their_field(changed, field):
    with pytest.raises(Permanent) as caught:
        APP.auth.check({**APP.auth.sandbox_values, **changed})

    assert caught.value.field == field


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_server_on_this_machine_needs_no_encryption_and_no_login(host):
    APP.auth.check({"host": host, "security": "none", "from_address": "shop@example.com"})


@pytest.mark.parametrize(
    ("security", "url"),
    [("starttls", "smtp://a.example.com:587"), ("tls", "smtps://a.example.com:465")],
)
def test_the_usual_port_goes_with_the_encryption(security, url):
    server = Server(Response(235, {"smtp-phase": "login"}, b""))
    values = {**APP.auth.sandbox_values, "host": "A.example.com", "security": security}
    del values["port"]

    APP.auth.test(Account(values), server)

    assert [request.url for request in server.requests] == [url]
    assert server.requests[0].body == b""


def test_an_emptied_port_is_the_usual_one():
    APP.auth.check({**APP.auth.sandbox_values, "port": ""})
    server = Server()

    APP.auth.test(Account({**APP.auth.sandbox_values, "port": ""}), server)

    assert server.requests[0].url == "smtp://smtp.example.com:587"


def test_a_port_that_does_not_exist_names_its_field():
    with pytest.raises(Permanent) as caught:
        APP.auth.check({**APP.auth.sandbox_values, "port": "65536"})

    assert caught.value.field == "port"
