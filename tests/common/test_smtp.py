"""Mail handed over: what arrives, and what is known of a message that did not."""

import base64

import pytest

from apps.common import smtp
from apps.common.egress import AddressRefused
from apps.common.http import AnswerLost
from apps.common.wire import ConnectFailed
from tests.common.mail_server import MailServer, mail_server

BODY = b"Subject: Hello\r\n\r\nA line.\r\n"


def headers(*recipients: str, password: str = "a password of the tests") -> dict[str, str]:
    login = base64.b64encode(f"tandem:{password}".encode()).decode()
    return {
        "Mail-From": "shop@example.com",
        "Rcpt-To": ", ".join(recipients),
        "Authorization": f"Basic {login}",
    }


def send(server: MailServer, *recipients: str, body: bytes = BODY, deadline: float = 2, **more: str):
    return smtp.perform(
        "SMTP",
        f"smtp-plain://127.0.0.1:{server.port}",
        headers(*recipients, **more),
        body,
        deadline=deadline,
        allow=server.allow,
    )


def test_a_message_reaches_every_recipient_and_the_last_reply_is_returned():
    with mail_server() as server:
        status, answer, text = send(server, "a@example.com", "b@example.com")

    assert (status, answer, text) == (250, {"smtp-phase": "message"}, b"queued as 4711")
    [message] = server.messages
    assert (message.sender, message.recipients) == ("shop@example.com", ["a@example.com", "b@example.com"])
    assert message.body == BODY
    assert server.commands[0] == "EHLO example.com"


@pytest.mark.parametrize("ways", ["PLAIN", "LOGIN", "CRAM-MD5 LOGIN PLAIN"])
def test_it_logs_in_by_what_the_server_offers(ways):
    with mail_server(auth=ways) as server:
        assert send(server, "a@example.com")[0] == 250


def test_a_server_without_a_login_by_password_is_told():
    with mail_server(auth="XOAUTH2") as server:
        status, answer, text = send(server, "a@example.com")

    assert (status, answer["smtp-phase"]) == (504, "login")
    assert b"XOAUTH2" in text
    assert not server.messages


def test_without_recipients_it_only_logs_in():
    with mail_server() as server:
        status, answer, _ = send(server)

    assert (status, answer["smtp-phase"]) == (235, "login")
    assert [command.split(" ")[0] for command in server.commands] == ["EHLO", "AUTH", "QUIT"]


def test_a_wrong_password_is_refused_and_not_repeated():
    with mail_server() as server:
        status, answer, _ = send(server, "a@example.com", password="wrong")

    assert (status, answer["smtp-phase"]) == (535, "login")
    assert not any(command.startswith("MAIL") for command in server.commands)


def test_no_line_of_a_message_ends_it_and_no_lone_line_end_is_sent():
    body = b"Subject: x\r\n\r\n.\r\n..dots\nlone\rend\r\n.\nMAIL FROM:<evil@example.com>\r\n"

    with mail_server() as server:
        send(server, "a@example.com", body=body)

    [message] = server.messages
    assert message.body == (
        b"Subject: x\r\n\r\n.\r\n..dots\r\nlone\r\nend\r\n.\r\nMAIL FROM:<evil@example.com>\r\n"
    )
    assert server.commands.count("DATA") == 1
    assert sum(command.startswith("MAIL") for command in server.commands) == 1


@pytest.mark.parametrize(
    ("at", "phase"),
    [("greeting", "greeting"), ("EHLO", "hello"), ("MAIL", "sender"), ("DATA", "data"), ("dot", "message")],
)
def test_a_refusal_names_where_it_came(at, phase):
    with mail_server(answers={at: "451 try later"}) as server:
        status, answer, text = send(server, "a@example.com")

    assert (status, answer["smtp-phase"], text) == (451, phase, b"try later")
    assert not server.messages


def test_one_refused_recipient_keeps_the_message_from_all():
    with mail_server(answers={"gone@example.com": "550 no such user"}) as server:
        status, answer, text = send(server, "a@example.com", "gone@example.com")

    assert (status, answer["smtp-phase"]) == (550, "recipient")
    assert text == b"gone@example.com: no such user"
    assert not server.messages
    assert "DATA" not in server.commands


@pytest.mark.parametrize("at", ["greeting", "EHLO", "AUTH", "MAIL", "RCPT", "DATA"])
def test_a_dialogue_that_breaks_before_the_message_was_surely_not_sent(at):
    with mail_server(answers={at: "hang up"}) as server, pytest.raises(ConnectFailed) as caught:
        send(server, "a@example.com")

    assert caught.value.code == "disconnected"


def test_a_server_that_hangs_up_behind_the_dot_leaves_it_unknown():
    with mail_server(answers={"dot": "hang up"}) as server, pytest.raises(AnswerLost) as caught:
        send(server, "a@example.com")

    assert caught.value.code == "disconnected"


@pytest.mark.parametrize(("at", "error"), [("MAIL", ConnectFailed), ("dot", AnswerLost)])
def test_silence_ends_with_the_deadline(at, error):
    with mail_server(answers={at: "silence"}) as server, pytest.raises(error) as caught:
        send(server, "a@example.com", deadline=0.3)

    assert caught.value.code == "timeout"


@pytest.mark.parametrize("noise", ["HTTP/1.1 400 Bad Request", "354 what?", "999 x"])
def test_an_answer_behind_the_dot_that_is_none_leaves_it_unknown(noise):
    with mail_server(answers={"dot": noise}) as server, pytest.raises(AnswerLost) as caught:
        send(server, "a@example.com")

    assert caught.value.code == "bad_answer"


def test_an_endless_answer_is_cut_off():
    with (
        mail_server(answers={"EHLO": "250-" + "x" * 80_000}) as server,
        pytest.raises(ConnectFailed) as caught,
    ):
        send(server, "a@example.com")

    assert caught.value.code == "answer_too_large"


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("smtp://127.0.0.1:{port}", "private_address"),
        ("smtps://127.0.0.1:{port}", "private_address"),
        ("smtp-plain://127.0.0.1:{port}", "not_encrypted"),
        ("smtp-plain://mail.example.com:25", "not_encrypted"),
        ("smtp://user@mail.example.com:587", "bad_url"),
        ("smtp://mail.example.com:587/path", "bad_url"),
        ("smtp://mail.example.com:99999", "bad_url"),
    ],
)
def test_an_address_that_may_not_be_called_is_refused(url, code):
    with mail_server() as server, pytest.raises(AddressRefused) as caught:
        smtp.perform(
            "SMTP",
            url.format(port=server.port),
            headers("a@example.com"),
            BODY,
            deadline=1,
            allow=frozenset(),
        )

    assert caught.value.code == code
    assert not server.commands


@pytest.mark.parametrize("bad", ["a@example.com>\r\nDATA", "a b@example.com", "no-address", "ä@example.com"])
def test_an_envelope_that_could_say_more_is_refused(bad):
    with mail_server() as server, pytest.raises(AddressRefused) as caught:
        send(server, bad)

    assert caught.value.code == "bad_header"
    assert not server.commands
