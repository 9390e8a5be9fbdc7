"""The live sender against real loopback servers."""

import os
import socket
import threading
import time

import pytest

from apps.common import http
from apps.common.http import AddressRefused, AnswerLost, ConnectFailed, close_pools, perform
from tests.common.servers import raw, reply, reset, serving

SECRET_PATH = "/v1/customers/ada%40example.com?token=sk_live_canary"


@pytest.fixture(autouse=True)
def fresh_pools():
    yield
    close_pools()


def call(server, method="POST", url=None, headers=None, body=b"{}", deadline=2.0):
    return perform(method, url or server.url, headers or {}, body, deadline=deadline, allow=server.allow)


def test_a_call_gives_status_headers_and_body():
    with serving(
        reply(b'{"ok": true}', status="201 Created", headers="X-Note: a\r\nx-note: b\r\n")
    ) as server:
        status, headers, body = call(server)

    assert (status, body) == (201, b'{"ok": true}')
    assert headers["x-note"] == "a, b"


def test_exactly_the_expected_request_goes_on_the_wire():
    with serving(reply()) as server:
        call(
            server,
            headers={"Authorization": "Bearer abc", "Content-Type": "application/json"},
            body=b'{"a":1}',
        )

    host = f"127.0.0.1:{server.port}"
    assert server.requests == [
        (
            "POST /v1/things?email=ada%40example.com HTTP/1.1\r\n"
            f"Host: {host}\r\nAuthorization: Bearer abc\r\nContent-Type: application/json\r\n"
            'User-Agent: Tandem/0.1.0\r\nAccept-Encoding: identity\r\nContent-Length: 7\r\n\r\n{"a":1}'
        ).encode()
    ]


def test_a_callers_own_user_agent_and_encoding_stay():
    with serving(reply()) as server:
        call(server, "GET", headers={"user-agent": "Mine/1", "accept-encoding": "gzip"}, body=b"")

    request = server.requests[0].decode()
    assert "user-agent: Mine/1\r\n" in request
    assert "Tandem" not in request
    assert "identity" not in request
    assert "Content-Length" not in request


def test_headers_of_the_connection_are_not_the_callers_to_set():
    with serving(reply()) as server:
        call(
            server,
            headers={"Host": "inner.example.com", "Transfer-Encoding": "chunked", "Content-Length": "99"},
        )

    request = server.requests[0].decode()
    assert "inner.example.com" not in request
    assert "chunked" not in request
    assert "Content-Length: 2\r\n" in request


def test_an_error_status_is_an_answer():
    with serving(reply(b"no", status="500 Internal Server Error")) as server:
        assert call(server)[0] == 500


def test_a_redirect_is_an_answer_and_not_followed():
    with serving(reply(b"", status="302 Found", headers="Location: http://127.0.0.1/inner\r\n")) as server:
        status, headers, _ = call(server, "GET", body=b"")

    assert status == 302
    assert headers["location"] == "http://127.0.0.1/inner"
    assert len(server.requests) == 1


def test_cookies_are_not_kept():
    with serving(reply(headers="Set-Cookie: session=canary\r\n")) as server:
        call(server)
        call(server)

    assert b"canary" not in server.requests[1]


def test_the_environments_proxies_and_credentials_are_not_read(monkeypatch, tmp_path):
    (tmp_path / "netrc").write_text("default login ada password canary\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")

    with serving(reply()) as server:
        assert call(server)[0] == 200

    assert b"uthorization" not in server.requests[0]


# Connections


def test_a_connection_is_used_again():
    with serving(reply()) as server:
        for _ in range(5):
            call(server)

    assert server.connections == 1


def test_a_connection_closed_while_idle_is_replaced_unnoticed():
    with serving(raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"), reply()) as server:
        call(server)
        wait_until_closed(server)
        status, _, _ = call(server)

    assert status == 200
    assert server.connections == 2
    assert len(server.requests) == 2


def wait_until_closed(server):
    """Wait until the pool's idle connection has seen the server's end."""
    (pool,) = http._pools.values()
    for _ in range(500):
        if all(connection.has_expired() for connection in pool.connections):
            return
        time.sleep(0.002)
    raise AssertionError("The server's end never arrived.")


def test_a_kept_connection_that_takes_no_byte_is_replaced_without_a_second_request():
    with serving(reply(), reply(b"second")) as server:
        call(server)
        (pool,) = http._pools.values()
        # As when the reset arrives between the pool's look and the first write.
        pool.connections[0].sock.shutdown(socket.SHUT_WR)
        status, _, body = call(server)

    assert (status, body) == (200, b"second")
    assert server.connections == 2
    assert len(server.requests) == 2


def test_a_kept_connection_that_ends_after_the_request_leaves_it_open_whether_it_was_read():
    with serving(reply(), reset) as server:
        call(server)
        with pytest.raises(AnswerLost) as caught:
            call(server)

    assert caught.value.code == "disconnected"
    assert len(server.requests) == 2


def test_threads_share_the_pool():
    answers: list[int] = []
    with serving(reply()) as server:
        threads = [threading.Thread(target=lambda: answers.append(call(server)[0])) for _ in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert answers == [200] * 16
    assert len(http._pools) == 1


def test_a_connection_opened_under_an_exception_is_not_used_without_it():
    with serving(reply()) as server:
        call(server)
        with pytest.raises(AddressRefused):
            perform("GET", server.url, {}, b"", deadline=1, allow=frozenset())

    assert len(server.requests) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_a_forked_child_opens_connections_of_its_own():
    with serving(reply()) as server:
        call(server)
        child = os.fork()
        if child == 0:
            try:
                os._exit(0 if call(server)[0] == 200 and len(http._pools) == 1 else 1)
            finally:
                os._exit(2)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
        call(server)

    assert server.connections == 2


# Surely not sent


def test_a_refused_connection_was_surely_not_sent():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]

    with pytest.raises(ConnectFailed) as caught:
        perform(
            "POST",
            f"http://127.0.0.1:{port}{SECRET_PATH}",
            {},
            b"",
            deadline=1,
            allow=frozenset({f"127.0.0.1:{port}"}),
        )

    assert caught.value.code == "refused"
    assert f"127.0.0.1:{port}" in caught.value.reason
    assert "ada" not in caught.value.reason
    assert "canary" not in caught.value.reason


def test_an_unknown_name_was_surely_not_sent(monkeypatch):
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(ConnectFailed) as caught:
        perform("GET", f"https://api.example.com{SECRET_PATH}", {}, b"", deadline=1, allow=frozenset())

    assert caught.value.code == "dns"
    assert "canary" not in caught.value.reason


def test_a_name_that_resolves_too_slowly_ends_with_the_deadline(monkeypatch):
    release = threading.Event()
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: release.wait(5) and [])
    started = time.monotonic()

    with pytest.raises(ConnectFailed):
        perform("GET", "https://api.example.com/", {}, b"", deadline=0.05, allow=frozenset())

    release.set()
    assert time.monotonic() - started < 2


def test_a_full_pool_was_surely_not_sent(monkeypatch):
    monkeypatch.setattr(http, "MAX_CONNECTIONS", 1)
    entered, leave = threading.Event(), threading.Event()

    def hold(connection, request):
        entered.set()
        leave.wait(5)
        reply()(connection, request)

    with serving(hold, reply()) as server:
        first = threading.Thread(target=call, args=(server,), kwargs={"deadline": 5})
        first.start()
        assert entered.wait(5)
        with pytest.raises(ConnectFailed) as caught:
            call(server, deadline=0.05)
        leave.set()
        first.join()

    assert caught.value.code == "pool_timeout"
    assert len(server.requests) == 1


# Never sent


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://[::1]:1/",
        "http://[::ffff:127.0.0.1]:1/",
        "http://2130706433:1/",
        "http://127.0.0.1.:1/",
        "http://169.254.169.254/latest/meta-data",
        "http://user:pass@example.com/",
        "http://example.com\\@127.0.0.1/",
        "http://example.com/a b",
        "http://example.com/\r\nX: y",
        "http://example.com:99999/",
        "http://exämple.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "example.com",
        "http:///path",
        "http://[::1/",
    ],
)
def test_an_address_that_may_not_be_called_is_refused(url):
    with pytest.raises(AddressRefused):
        perform("GET", url, {}, b"", deadline=1, allow=frozenset())


@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {"X-Note": "a\r\nX-Injected: b"}),
        ("GET", {"X-Note": "a\x00b"}),
        ("GET", {"X-Note": "\ud800"}),
        ("GET", {"X Note": "a"}),
        ("GET", {"X-Nöte": "a"}),
        ("GET", {"": "a"}),
        ("GET / HTTP/1.1\r\nX:", {}),
        ("", {}),
    ],
)
def test_a_header_or_method_that_breaks_out_of_its_line_is_refused(method, headers):
    with serving(reply()) as server, pytest.raises(AddressRefused) as caught:
        call(server, method, headers=headers)

    assert caught.value.code == "bad_header"
    assert server.requests == []


def test_a_header_beyond_ascii_goes_as_utf8():
    with serving(reply()) as server:
        call(server, headers={"X-Name": "Zoë"})

    assert "X-Name: Zoë\r\n".encode() in server.requests[0]


def test_the_call_goes_to_the_address_that_was_checked(monkeypatch):
    asked: list[str] = []
    answers = ["127.0.0.1", "127.0.0.2"]

    def getaddrinfo(host, port, *args, **kwargs):
        asked.append(host)
        address = answers.pop(0)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)

    with serving(reply()) as server:
        allow = frozenset({f"api.example.com:{server.port}"})
        url = f"http://api.example.com:{server.port}/"
        status, _, _ = perform("GET", url, {}, b"", deadline=2, allow=allow)

    assert status == 200
    assert asked == ["api.example.com"]
    assert f"Host: api.example.com:{server.port}\r\n".encode() in server.requests[0]


def test_the_second_address_of_a_name_is_tried(monkeypatch):
    with serving(reply()) as server:
        infos = [
            (socket.AF_INET6, socket.SOCK_STREAM, 6, "", ("::1", server.port, 0, 0)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", server.port)),
        ]
        monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: infos)
        allow = frozenset({f"localhost:{server.port}"})
        status, _, _ = perform("GET", f"http://localhost:{server.port}/", {}, b"", deadline=2, allow=allow)

    assert status == 200
