"""The live sender over TLS: the certificate and the name stay those of the address."""

import socket
import ssl

import httpx
import pytest

from apps.common import http
from apps.common.http import AnswerLost, ConnectFailed, close_pools, perform
from tests.common.certificates import make_certificate
from tests.common.servers import raw, reply, reset, serving

NAMES = ["api.example.com"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """Make a self-signed certificate for api.example.com and its key, in one file."""
    path = tmp_path_factory.mktemp("tls") / "server.pem"
    return make_certificate(path, names=NAMES, addresses=["127.0.0.9"])


@pytest.fixture
def seen_names():
    return []


@pytest.fixture
def wrap(certificate, seen_names):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.sni_callback = lambda sock, name, context: seen_names.append(name)
    return lambda connection: context.wrap_socket(connection, server_side=True)


@pytest.fixture(autouse=True)
def loopback_names(monkeypatch):
    """Every name is on loopback; pools are the test's own."""
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *args, **kwargs: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))
        ],
    )
    close_pools()
    yield
    close_pools()


@pytest.fixture
def trusted(monkeypatch, certificate):
    """Give the sender a context like its own with the test's certificate among its roots."""
    context = httpx.create_ssl_context(trust_env=False)
    context.load_verify_locations(certificate)
    monkeypatch.setattr(http, "_tls", lambda: context)


def call(server, host):
    return perform(
        "POST",
        f"https://{host}:{server.port}/v1/things?token=canary",
        {},
        b"{}",
        deadline=2,
        allow=frozenset({f"{host}:{server.port}"}),
    )


@pytest.mark.usefixtures("trusted")
def test_the_name_is_kept_for_tls_and_host(wrap, seen_names):
    with serving(reply(), wrap=wrap) as server:
        for _ in range(2):
            assert call(server, "api.example.com")[0] == 200

    assert seen_names == ["api.example.com"]
    assert server.connections == 1
    assert f"Host: api.example.com:{server.port}\r\n".encode() in server.requests[0]


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_was_surely_not_sent(wrap):
    with serving(reply(), wrap=wrap) as server, pytest.raises(ConnectFailed) as caught:
        call(server, "other.example.com")

    assert caught.value.code == "tls"
    assert "certificate of other.example.com" in caught.value.reason
    assert server.requests == []


def test_an_unknown_issuer_was_surely_not_sent(wrap):
    with serving(reply(), wrap=wrap) as server, pytest.raises(ConnectFailed) as caught:
        call(server, "api.example.com")

    assert caught.value.code == "tls"
    assert "canary" not in caught.value.reason
    assert server.requests == []


def test_a_server_without_tls_was_surely_not_sent():
    with serving(raw(b"HTTP/1.1 400 Bad Request\r\n\r\n")) as server, pytest.raises(ConnectFailed):
        perform(
            "POST",
            f"https://127.0.0.1:{server.port}/",
            {},
            b"{}",
            deadline=0.3,
            allow=server.allow,
        )

    assert server.requests == []


@pytest.mark.usefixtures("trusted")
def test_a_reset_after_the_request_is_uncertain(wrap):
    with serving(reset, wrap=wrap) as server, pytest.raises(AnswerLost) as caught:
        call(server, "api.example.com")

    assert caught.value.code == "disconnected"
    assert len(server.requests) == 1
