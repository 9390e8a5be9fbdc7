"""The one door to the network: an HTTP/1.1 call with a deadline, through the egress guard.

`perform` sends one request and returns the whole answer. It follows no
redirect, keeps no cookie, reads no proxy or credential from the environment
and sends no header that was not asked for, but for Host, Content-Length,
User-Agent and Accept-Encoding. What it raises tells whether the request can
have reached the other side, for that decides whether it may be repeated.
"""

import os
import ssl
import threading
import time
from functools import lru_cache

import certifi

from apps.common.answer import MAX_ANSWER_BYTES, Answer, AnswerLost
from apps.common.egress import AddressRefused
from apps.common.http_request import Headers, Origin, parse_url, request_headers
from apps.common.pool import Pool
from apps.common.wire import Call, ConnectFailed

__all__ = ["MAX_ANSWER_BYTES", "AddressRefused", "AnswerLost", "ConnectFailed", "close_pools", "perform"]

MAX_CONNECTIONS = 128

_pools: dict[frozenset[str], Pool] = {}
_pools_lock = threading.Lock()


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
    data = _written(method, origin, request_headers(method, origin, headers, body), body)
    call = Call(host=origin.name, ends_at=time.monotonic() + deadline)
    pool = _pool(allow)
    pool.enter(call)
    try:
        while True:
            try:
                return _attempt(pool, method, origin, data, call)
            except ConnectFailed as error:
                # A kept connection was closed before it took a byte of this call:
                # the request is new to the server, so another connection gets it.
                if error.code != "connection_closed" or call.remaining() <= 0:
                    raise
    finally:
        pool.leave()


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


def _written(method: str, origin: Origin, headers: list[tuple[bytes, bytes]], body: bytes) -> bytes:
    """Return the request as it goes on the wire."""
    lines = [
        f"{method} {origin.target} HTTP/1.1".encode(),
        *(name + b": " + value for name, value in headers),
    ]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


def _attempt(
    pool: Pool, method: str, origin: Origin, data: bytes, call: Call
) -> tuple[int, dict[str, str], bytes]:
    link = pool.take(origin, call)
    kept = False
    try:
        link.send(data, call)
        answer = Answer(link, call, method=method)
        body = answer.read()
        kept = answer.keeps
    finally:
        if kept:
            pool.keep(origin, link)
        else:
            link.close()
    return answer.status, answer.headers, body


def _pool(allow: frozenset[str]) -> Pool:
    """Return the process's pool for one set of exceptions."""
    pool = _pools.get(allow)
    if pool is None:
        with _pools_lock:
            pool = _pools.get(allow)
            if pool is None:
                pool = _pools[allow] = Pool(allow, limit=MAX_CONNECTIONS, tls=tls_context)
    return pool


@lru_cache(maxsize=1)
def _tls() -> ssl.SSLContext:
    """Return the one TLS context of the process: making it reads every root certificate (20 ms)."""
    context = ssl.create_default_context(cafile=certifi.where())
    context.set_alpn_protocols(["http/1.1"])
    return context


def _after_fork() -> None:
    """Leave the parent's sockets to the parent, and its locks, which another thread may hold."""
    global _pools, _pools_lock
    _pools, _pools_lock = {}, threading.Lock()


os.register_at_fork(after_in_child=_after_fork)
