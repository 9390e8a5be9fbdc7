"""The live sender against real loopback servers."""

import gzip
import os
import socket
import threading
import time
import zlib

import pytest

from apps.common import http
from apps.common.http import AddressRefused, AnswerLost, ConnectFailed, close_pools, perform
from tests.common.servers import drip, raw, read_request, reply, reset, serving, silence

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


# Sent, and no answer


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (reset, "disconnected"),
        (raw(b""), "disconnected"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Le"), "disconnected"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"), "disconnected"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal"), "disconnected"),
        (raw(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"), "bad_answer"),
        (raw(b"HTTP/1.1 101 Switching Protocols\r\n\r\n"), "bad_answer"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nabc"), "bad_answer"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nab"), "bad_answer"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"), "bad_answer"),
        (raw(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-2\r\nab\r\n0\r\n\r\n"), "bad_answer"),
        (raw(b"HTTP/1.1 200 OK\r\n folded: a\r\n\r\n"), "bad_answer"),
        (raw(b"HTTP/1.1 200 OK\r\nNo header\r\n\r\n"), "bad_answer"),
        (raw(b"HTTP/1.1 200 OK\r\nX: " + b"a" * 300_000 + b"\r\n\r\n"), "bad_answer"),
        (reply(b"x", headers="Content-Encoding: br\r\n"), "answer_encoding"),
        (reply(b"not gzip", headers="Content-Encoding: gzip\r\n"), "answer_encoding"),
        (reply(gzip.compress(b"{}")[:-4], headers="Content-Encoding: gzip\r\n"), "answer_encoding"),
        (raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 3_000_000), "answer_too_large"),
        (reply(gzip.compress(bytes(50_000_000)), headers="Content-Encoding: gzip\r\n"), "answer_too_large"),
    ],
)
def test_a_request_that_was_sent_and_got_no_whole_answer_is_uncertain(answer, code):
    with serving(answer) as server, pytest.raises(AnswerLost) as caught:
        call(server)

    assert caught.value.code == code
    assert "ada" not in caught.value.reason
    assert len(server.requests) == 1


@pytest.mark.parametrize("pack", [gzip.compress, zlib.compress])
def test_a_packed_answer_is_unpacked(pack):
    with serving(reply(pack(b'{"ok": true}'), headers="Content-Encoding: gzip\r\n")) as server:
        assert call(server)[2] == b'{"ok": true}'


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nT: 1\r\n\r\n",
            b"abcde",
        ),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", b"ok"),
        (b"HTTP/1.1 200\nContent-Length: 2, 2\n\nok", b"ok"),
        (b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", b"until the end"),
    ],
)
def test_an_answer_is_read_in_every_form_of_http(answer, body):
    with serving(raw(answer)) as server:
        assert call(server)[2] == body


def test_a_reset_ends_no_answer_that_tells_no_length():
    def cut(connection, request):
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\nhalf")
        reset(connection, request)

    with serving(cut) as server, pytest.raises(AnswerLost) as caught:
        call(server)

    assert caught.value.code == "disconnected"


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil",
    ],
)
def test_a_connection_is_not_kept_behind_an_answer_that_forbids_it(answer):
    def say(connection, request):
        connection.sendall(answer)

    with serving(say) as server:
        assert [call(server)[2] for _ in range(2)] == [b"ok", b"ok"]

    assert server.connections == 2


def test_connections_to_one_place_are_not_used_for_another():
    with serving(reply(b"one")) as first, serving(reply(b"two")) as second:
        allow = first.allow | second.allow
        bodies = [
            perform("GET", server.url, {}, b"", deadline=2, allow=allow)[2]
            for server in (first, second, first, second)
        ]

    assert bodies == [b"one", b"two", b"one", b"two"]
    assert (first.connections, second.connections) == (1, 1)


def test_an_answer_of_the_cap_itself_passes():
    with serving(reply(bytes(http.MAX_ANSWER_BYTES))) as server:
        assert len(call(server)[2]) == http.MAX_ANSWER_BYTES


def test_after_an_answer_that_was_too_large_the_connection_is_not_used_again():
    huge = raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9999999\r\n\r\n" + b"x" * 3_000_000)
    with serving(huge, reply(b"next")) as server:
        with pytest.raises(AnswerLost):
            call(server)
        assert call(server)[2] == b"next"


def test_an_early_refusal_of_a_large_body_is_an_answer():
    def refuse(connection, request):
        connection.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")

    with serving(refuse) as server:
        assert call(server, body=bytes(100_000))[0] == 413


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nX-Slow: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
        b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbbbbbbbb",
        b"HTTP/1.1 100 Continue\r\n\r\n" * 100,
    ],
)
def test_a_server_that_drips_is_held_to_the_deadline(data):
    with serving(drip(data)) as server:
        started = time.monotonic()
        with pytest.raises(AnswerLost) as caught:
            call(server, deadline=0.2)
        took = time.monotonic() - started

    assert caught.value.code == "timeout"
    assert 0.15 < took < 2


def test_a_silent_server_is_held_to_the_deadline():
    with serving(silence) as server, pytest.raises(AnswerLost) as caught:
        call(server, deadline=0.05)

    assert caught.value.code == "timeout"


def test_a_server_that_stops_reading_is_held_to_the_deadline():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with pytest.raises(AnswerLost) as caught:
            perform(
                "POST",
                f"http://127.0.0.1:{port}/",
                {},
                bytes(20_000_000),
                deadline=0.2,
                allow=frozenset({f"127.0.0.1:{port}"}),
            )

    assert caught.value.code == "timeout"


def test_an_ipv6_address_is_called_in_brackets():
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with listener:
        port = listener.getsockname()[1]
        requests: list[bytes] = []

        def answer():
            connection, _ = listener.accept()
            with connection:
                requests.append(read_request(connection))
                reply()(connection, b"")

        thread = threading.Thread(target=answer)
        thread.start()
        status, _, _ = perform(
            "GET", f"http://[::1]:{port}/", {}, b"", deadline=2, allow=frozenset({f"[::1]:{port}"})
        )
        thread.join()

    assert status == 200
    assert f"Host: [::1]:{port}\r\n".encode() in requests[0]
