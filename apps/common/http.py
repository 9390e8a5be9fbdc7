"""The one door to the network: an HTTP/1.1 call with a deadline, through the egress guard.

`perform` sends one request and returns the whole answer. It follows no
redirect, keeps no cookie, reads no proxy or credential from the environment
and sends no header that was not asked for, but for Host, Content-Length,
User-Agent and Accept-Encoding. What it raises tells whether the request can
have reached the other side, for that decides whether it may be repeated.

The connections come from httpx's own pool (httpcore), used directly: a
`httpx.Client` would share one cookie jar between all tenants, and costs more.
"""

import os
import ssl
import threading
import time
import zlib
from collections.abc import Mapping
from functools import lru_cache

import httpcore
import httpx

from apps.common.egress import AddressRefused
from apps.common.http_request import Headers, Origin, parse_url, request_headers
from apps.common.wire import Call, ConnectFailed, GuardedBackend, current

__all__ = ["MAX_ANSWER_BYTES", "AddressRefused", "AnswerLost", "ConnectFailed", "close_pools", "perform"]

MAX_ANSWER_BYTES = 2 * 1024 * 1024
MAX_CONNECTIONS = 128
# Many servers close an idle connection after five seconds. One that is closed
# just as it is used again leaves it unknown whether the request was read, so
# it is given up before that.
KEEPALIVE_SECONDS = 4.0

_pools: dict[frozenset[str], httpcore.ConnectionPool] = {}
_pools_lock = threading.Lock()


class AnswerLost(Exception):  # noqa: N818 - read as a sentence where it is raised.
    """The request was written, wholly or in part, and no whole answer came.

    `code` is timeout, disconnected, bad_answer, answer_encoding or
    answer_too_large. `reason` names the host and is safe to show.
    """

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


def perform(
    method: str,
    url: str,
    headers: Headers,
    body: bytes,
    *,
    deadline: float,
    allow: frozenset[str],
) -> tuple[int, dict[str, str], bytes]:
    """Send one request and return status, headers (lower-case names) and body, unpacked.

    `url` is absolute, percent-encoded ASCII. `deadline` is the seconds that the
    call may take in all, name look-up and every byte of the answer included.
    `allow` is EGRESS_ALLOW as `egress.parse_allow` gives it.

    Raises `AddressRefused` (never sent, and no use to repeat), `ConnectFailed`
    (surely not sent) or `AnswerLost` (may have been acted on).
    """
    origin = parse_url(url)
    sent_headers = request_headers(method, origin, headers, body)
    call = Call(host=origin.name, ends_at=time.monotonic() + deadline)
    while True:
        try:
            return _attempt(method, origin, sent_headers, body, call, allow)
        except ConnectFailed as error:
            # A kept connection was closed before it took a byte of this call:
            # the request is new to the server, so another connection gets it.
            if error.code != "connection_closed" or call.remaining() <= 0:
                raise


def close_pools() -> None:
    """Close every pooled connection of this process; the next call opens new ones."""
    with _pools_lock:
        pools = list(_pools.values())
        _pools.clear()
    for pool in pools:
        pool.close()


def tls_context() -> ssl.SSLContext:
    """Return the process's TLS context: public roots, verified names."""
    return _tls()


def _attempt(
    method: str,
    origin: Origin,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
    call: Call,
    allow: frozenset[str],
) -> tuple[int, dict[str, str], bytes]:
    request = httpcore.Request(
        method.encode("ascii"),
        httpcore.URL(
            scheme=origin.scheme.encode(),
            host=origin.host.encode(),
            port=origin.port,
            target=origin.target.encode(),
        ),
        headers=headers,
        content=body,
        # The other times are the stream's business.
        extensions={"timeout": {"pool": max(call.remaining(), 0.001)}},
    )
    current.call = call
    try:
        response = _pool(allow).handle_request(request)
        try:
            answer = _headers_of(response)
            return response.status, answer, _body_of(response, answer, call)
        finally:
            response.close()
    except httpcore.PoolTimeout:
        raise ConnectFailed(
            f"No connection to {origin.name} was free in time.", code="pool_timeout"
        ) from None
    except (httpcore.TimeoutException, httpcore.NetworkError, httpcore.ProtocolError) as error:
        raise _failure(error, call) from None
    finally:
        current.call = None


def _failure(error: Exception, call: Call) -> ConnectFailed | AnswerLost:
    """Tell what is known of a call that the pool gave up."""
    timed_out = isinstance(error, httpcore.TimeoutException)
    if not call.sent:
        if timed_out:
            return ConnectFailed(f"{call.host} could not be connected to in time.", code="connect_timeout")
        return ConnectFailed(f"The connection to {call.host} failed.", code="connection_failed")
    if timed_out:
        return AnswerLost(f"{call.host} did not answer in time.", code="timeout")
    if isinstance(error, httpcore.ProtocolError) and not call.ended:
        return AnswerLost(f"{call.host} sent an answer that is not HTTP.", code="bad_answer")
    return AnswerLost(f"{call.host} closed the connection before its answer was whole.", code="disconnected")


def _headers_of(response: httpcore.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for name, value in response.headers:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def _body_of(response: httpcore.Response, headers: Mapping[str, str], call: Call) -> bytes:
    """Read the body whole; neither what comes in nor what it unpacks to may pass the cap."""
    unpack = _unpacker(headers.get("content-encoding", ""), call)
    chunks: list[bytes] = []
    read = size = 0
    for data in response.iter_stream():
        read += len(data)
        chunk = data if unpack is None else _unpacked(unpack, data, MAX_ANSWER_BYTES - size + 1, call)
        size += len(chunk)
        if max(read, size) > MAX_ANSWER_BYTES:
            raise AnswerLost(f"{call.host} sent an answer of more than 2 MiB.", code="answer_too_large")
        chunks.append(chunk)
    if unpack is not None and read and not unpack.eof:
        raise _not_unpacked(call)
    return b"".join(chunks)


def _unpacked(unpack: "zlib._Decompress", data: bytes, limit: int, call: Call) -> bytes:
    if unpack.eof:
        raise _not_unpacked(call)
    try:
        return unpack.decompress(data, limit)
    except zlib.error:
        raise _not_unpacked(call) from None


def _not_unpacked(call: Call) -> AnswerLost:
    return AnswerLost(f"{call.host} sent an answer that does not unpack.", code="answer_encoding")


def _unpacker(encoding: str, call: Call) -> "zlib._Decompress | None":
    """Return what undoes a content encoding, which a server may apply although it was not offered."""
    plain = encoding.strip().lower()
    if plain in ("", "identity"):
        return None
    if plain in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, told by its first bytes.
    raise AnswerLost(
        f"{call.host} packed its answer in a way that was not asked for.", code="answer_encoding"
    )


def _pool(allow: frozenset[str]) -> httpcore.ConnectionPool:
    """Return the process's pool for one set of exceptions.

    A connection that was opened under one set is never used under another.
    """
    pool = _pools.get(allow)
    if pool is None:
        with _pools_lock:
            pool = _pools.get(allow)
            if pool is None:
                pool = _pools[allow] = httpcore.ConnectionPool(
                    ssl_context=_tls(),
                    max_connections=MAX_CONNECTIONS,
                    max_keepalive_connections=MAX_CONNECTIONS,
                    keepalive_expiry=KEEPALIVE_SECONDS,
                    http1=True,
                    http2=False,
                    retries=0,
                    network_backend=GuardedBackend(allow),
                )
    return pool


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return the one TLS context of the process: making it reads every root certificate (20 ms)."""
    return httpx.create_ssl_context(trust_env=False)


def _after_fork() -> None:
    """Leave the parent's sockets to the parent, and its locks, which another thread may hold."""
    global _pools, _pools_lock
    _pools, _pools_lock = {}, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
