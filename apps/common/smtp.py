"""The one door for mail: an SMTP dialogue with a deadline, through the egress guard.

`perform` hands one message to a mail server (RFC 5321) and returns the server's
last reply. The host is resolved once and checked, TLS is verified for its name,
and every wait ends with the deadline. What is raised tells whether the message
can have been taken: nothing is before the dot that ends it was sent.

An address is `smtp://host:port` (STARTTLS, demanded), `smtps://host:port` (TLS
from the first byte) or `smtp-plain://host:port`, which no encryption protects
and which only a host and port in EGRESS_ALLOW may have.
"""

import re
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass

from apps.common.egress import AddressRefused
from apps.common.http import AnswerLost, tls_context
from apps.common.smtp_request import (
    FROM,
    PHASE,
    PORTS,
    TO,
    Envelope,
    base64_of,
    parse_address,
    read_envelope,
    stuffed,
)
from apps.common.wire import Call, ConnectFailed, connect_failure, open_socket

__all__ = ["FROM", "MAX_MESSAGE_BYTES", "PHASE", "PORTS", "SCHEMES", "TO", "perform"]

SCHEMES = tuple(f"{scheme}:" for scheme in PORTS)

MAX_MESSAGE_BYTES = 10 * 1024 * 1024
MAX_REPLY_BYTES = 64 * 1024  # Of a whole dialogue.
_CHUNK = 64 * 1024
_REPLY = re.compile(rb"([2-5][0-9]{2})([ -])?(.*)")


@dataclass(frozen=True, slots=True)
class _Reply:
    code: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return " ".join(self.lines).strip()


class _RefusedError(Exception):
    """A reply that ends the dialogue before the message was handed over, or refuses it."""

    def __init__(self, reply: _Reply, phase: str) -> None:
        super().__init__(reply.code)
        self.reply = reply
        self.phase = phase


def perform(
    method: str,
    url: str,
    headers: Mapping[str, str],
    body: bytes,
    *,
    deadline: float,
    allow: frozenset[str],
) -> tuple[int, dict[str, str], bytes]:
    """Hand a message over and return the last reply: its code, its phase as a header, its text.

    `headers` are the envelope (`FROM`, `TO`) and, for a login, `Authorization`
    as HTTP Basic writes it. Without recipients the server is only greeted and
    logged in to. `deadline` is in seconds and counts for the whole dialogue.

    Raises `AddressRefused` (never sent, and no use to repeat), `ConnectFailed`
    (surely not taken) or `AnswerLost` (may have been taken).
    """
    scheme, host, port = parse_address(url, allow)
    envelope = read_envelope(headers)
    if len(body) > MAX_MESSAGE_BYTES:
        raise AddressRefused(f"The message is larger than {MAX_MESSAGE_BYTES:,} bytes.", code="too_large")
    call = Call(host=f"{host}:{port}", ends_at=time.monotonic() + deadline)
    talk = _Talk(open_socket(host, port, call=call, allow=allow), call)
    try:
        reply = talk.hold(scheme, host, envelope, body)
    except _RefusedError as refused:
        reply, talk.phase = refused.reply, refused.phase
    finally:
        talk.close()
    return reply.code, {PHASE: talk.phase}, reply.text.encode()


class _Talk:
    """One dialogue. `phase` is what is being said, as `PHASE` names it."""

    def __init__(self, sock: socket.socket, call: Call) -> None:
        self.phase = "greeting"
        self._sock = sock
        self._call = call
        self._unread = b""
        self._read = 0
        self._dotted = False  # From then on the server may have taken the message.

    def hold(self, scheme: str, host: str, envelope: Envelope, body: bytes) -> _Reply:
        """Greet, secure, log in and hand over; return the last reply. Raises `_RefusedError`."""
        if scheme == "smtps":
            self._secure(host)
        self._expect(2)
        offered = self._hello(envelope)
        if scheme == "smtp":
            offered = self._start_tls(host, envelope, offered)
        reply = self._log_in(envelope.login, offered) if envelope.login else self._noop()
        return self._hand_over(envelope, body) if envelope.recipients else reply

    def close(self) -> None:
        """Say good-bye without waiting for an answer, and hang up."""
        try:
            self._sock.settimeout(0.2)
            self._sock.sendall(b"QUIT\r\n")
        except OSError:
            pass  # It has hung up itself.
        finally:
            self._sock.close()

    def _hello(self, envelope: Envelope) -> dict[str, str]:
        """Return what the server offers, by its keyword in capitals."""
        self.phase = "hello"
        reply = self._ask(f"EHLO {envelope.greeting_name}", 2)
        words = (line.partition(" ") for line in reply.lines[1:])
        return {name.upper(): rest.upper() for name, _, rest in words}

    def _start_tls(self, host: str, envelope: Envelope, offered: Mapping[str, str]) -> dict[str, str]:
        self.phase = "starttls"
        if "STARTTLS" not in offered:
            raise _RefusedError(_Reply(502, ("The server does not offer STARTTLS.",)), self.phase)
        self._ask("STARTTLS", 2)
        if self._unread:
            # Whatever was slipped in before the encryption must not be read behind it.
            raise ConnectFailed(f"{self._call.host} sent more than its answer to STARTTLS.", code="tls")
        self._secure(host)
        return self._hello(envelope)

    def _secure(self, host: str) -> None:
        try:
            self._sock.settimeout(self._left())
            self._sock = tls_context().wrap_socket(self._sock, server_hostname=host)
        except OSError as error:
            raise connect_failure(error, self._call) from None

    def _log_in(self, login: tuple[str, str], offered: Mapping[str, str]) -> _Reply:
        self.phase = "login"
        ways = offered.get("AUTH", "").split()
        if "PLAIN" in ways:
            return self._ask(f"AUTH PLAIN {base64_of('\0'.join(('', *login)))}", 2)
        if "LOGIN" in ways:
            self._ask("AUTH LOGIN", 3)
            self._ask(base64_of(login[0]), 3)
            return self._ask(base64_of(login[1]), 2)
        offers = f"The server offers no login by password{': ' if ways else ''}{', '.join(ways)}."
        raise _RefusedError(_Reply(504, (offers,)), self.phase)

    def _noop(self) -> _Reply:
        return self._ask("NOOP", 2)

    def _hand_over(self, envelope: Envelope, body: bytes) -> _Reply:
        self.phase = "sender"
        self._ask(f"MAIL FROM:<{envelope.sender}>", 2)
        self.phase = "recipient"
        for recipient in envelope.recipients:
            self._ask(f"RCPT TO:<{recipient}>", 2, about=recipient)
        self.phase = "data"
        self._ask("DATA", 3)
        self.phase = "message"
        self._send(stuffed(body))
        self._dotted = True
        self._send(b".\r\n")
        return self._expect(2)

    def _ask(self, line: str, wanted: int, *, about: str = "") -> _Reply:
        self._send(line.encode("utf-8") + b"\r\n")
        return self._expect(wanted, about=about)

    def _expect(self, wanted: int, *, about: str = "") -> _Reply:
        reply = self._reply()
        if reply.code // 100 == wanted:
            return reply
        if reply.code < 400 and self._dotted:
            raise self._lost("sent an answer that does not fit", code="bad_answer")
        lines = (f"{about}: {reply.text}",) if about else reply.lines
        # What is neither the reply that fits nor a refusal is no answer to what was asked.
        raise _RefusedError(_Reply(reply.code if reply.code >= 400 else 503, lines), self.phase)

    def _reply(self) -> _Reply:
        lines: list[str] = []
        while True:
            found = _REPLY.fullmatch(self._line())
            if found is None:
                raise self._lost("sent an answer that is not SMTP", code="bad_answer")
            lines.append(found[3].decode("utf-8", "replace"))
            if found[2] != b"-":
                return _Reply(int(found[1]), tuple(lines))

    def _line(self) -> bytes:
        while b"\n" not in self._unread:
            data = self._receive()
            self._read += len(data)
            if not data:
                raise self._lost("hung up", code="disconnected")
            if self._read > MAX_REPLY_BYTES:
                raise self._lost("sent too long an answer", code="answer_too_large")
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\n")
        return line.rstrip(b"\r")

    def _receive(self) -> bytes:
        try:
            self._sock.settimeout(self._left())
            return self._sock.recv(4096)
        except TimeoutError:
            raise self._lost("did not answer in time", code="timeout") from None
        except OSError:
            raise self._lost("closed the connection", code="disconnected") from None

    def _send(self, data: bytes) -> None:
        for start in range(0, len(data), _CHUNK):
            try:
                self._sock.settimeout(self._left())
                self._sock.sendall(data[start : start + _CHUNK])
            except TimeoutError:
                raise self._lost("did not take the message in time", code="timeout") from None
            except OSError:
                raise self._lost("closed the connection", code="disconnected") from None

    def _left(self) -> float:
        seconds = self._call.remaining()
        if seconds <= 0:
            raise self._lost("did not answer in time", code="timeout")
        return seconds

    def _lost(self, what: str, *, code: str) -> ConnectFailed | AnswerLost:
        """Return the error of a dialogue that broke off; the dot decides which."""
        if self._dotted:
            return AnswerLost(f"{self._call.host} {what} after it was given the message.", code=code)
        return ConnectFailed(f"{self._call.host} {what} before it was given the message.", code=code)
