"""Mail over TLS: from the first byte or behind STARTTLS, and never without where it was asked for."""

import ssl

import httpx
import pytest

from apps.common import http, smtp
from apps.common.wire import ConnectFailed
from tests.common.certificates import make_certificate
from tests.common.mail_server import MailServer, mail_server
from tests.common.test_smtp import BODY, headers


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    return make_certificate(path, names=["mail.example.com"], addresses=["127.0.0.1"])


@pytest.fixture
def context(certificate):
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(certificate)
    return made


@pytest.fixture
def trusted(monkeypatch, certificate):
    """Give the sender a context like its own with the test's certificate among its roots."""
    made = httpx.create_ssl_context(trust_env=False)
    made.load_verify_locations(certificate)
    monkeypatch.setattr(http, "_tls", lambda: made)


def send(scheme: str, server: MailServer, host: str = "127.0.0.1"):
    return smtp.perform(
        "SMTP",
        f"{scheme}://{host}:{server.port}",
        headers("a@example.com"),
        BODY,
        deadline=2,
        allow=frozenset({f"{host}:{server.port}"}),
    )


@pytest.mark.usefixtures("trusted")
@pytest.mark.parametrize(("scheme", "tls"), [("smtp", False), ("smtps", True)])
def test_the_password_and_the_message_are_said_encrypted_only(scheme, tls, context):
    with mail_server(context=context, tls=tls, starttls=not tls) as server:
        assert send(scheme, server)[0] == 250

    assert server.secured == [True]
    verbs = [command.split(" ")[0] for command in server.commands]
    before = ["EHLO", "STARTTLS"] if scheme == "smtp" else []
    assert verbs == [*before, "EHLO", "AUTH", "MAIL", "RCPT", "DATA", "QUIT"]


@pytest.mark.usefixtures("trusted")
def test_a_server_that_offers_no_starttls_gets_no_password():
    with mail_server(starttls=False) as server:
        status, answer, text = send("smtp", server)

    assert (status, answer["smtp-phase"]) == (502, "starttls")
    assert b"STARTTLS" in text
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


@pytest.mark.parametrize(("scheme", "tls"), [("smtp", False), ("smtps", True)])
def test_an_unknown_issuer_gets_no_password(scheme, tls, context):
    with (
        mail_server(context=context, tls=tls, starttls=not tls) as server,
        pytest.raises(ConnectFailed) as caught,
    ):
        send(scheme, server)

    assert caught.value.code == "tls"
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_gets_no_password(context):
    with mail_server(context=context, starttls=True) as server, pytest.raises(ConnectFailed) as caught:
        send("smtp", server, host="localhost")

    assert caught.value.code == "tls"
    assert "certificate of localhost" in caught.value.reason
    assert not any(command.startswith(("AUTH", "MAIL")) for command in server.commands)


@pytest.mark.usefixtures("trusted")
def test_what_is_slipped_in_before_the_encryption_is_not_read_behind_it():
    with (
        mail_server(starttls=True, answers={"STARTTLS": "220 go ahead\r\n250-injected"}) as server,
        pytest.raises(ConnectFailed) as caught,
    ):
        send("smtp", server)

    assert caught.value.code == "tls"
