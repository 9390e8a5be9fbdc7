"""What the live sender makes of answers, good and bad, of real loopback servers."""

import gzip
import socket
import threading
import time
import zlib

import pytest

from apps.common import http
from apps.common.http import AnswerLost, close_pools, perform
from tests.common.servers import drip, raw, read_request, reply, reset, serving, silence

SECRET_PATH = "/v1/customers/ada%40example.com?token=sk_live_canary"


@pytest.fixture(autouse=True)
def fresh_pools():
    yield
    close_pools()


def call(server, method="POST", url=None, headers=None, body=b"{}", deadline=2.0):
    return perform(method, url or server.url, headers or {}, body, deadline=deadline, allow=server.allow)


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

        # A closed one that is kept would speak to whatever has its number by then.
        assert [link for pool in http._pools.values() for link in pool.connections] == []
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
