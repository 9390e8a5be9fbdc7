"""A loopback mail server that speaks SMTP as RFC 5321 has it, and fails where a test says so."""

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass
class Message:
    """What one dialogue handed over."""

    sender: str
    recipients: list[str]
    body: bytes


@dataclass
class MailServer:
    """What the server was told. `answers` replaces the reply to a command, by its first word or `dot`.

    The answer `hang up` closes the connection instead, `silence` waits for the client to give up.
    """

    port: int
    user: str = "tandem"
    password: str = "a password of the tests"
    starttls: bool = False
    auth: str = "PLAIN LOGIN"
    answers: Mapping[str, str] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    secured: list[bool] = field(default_factory=list)

    @property
    def allow(self) -> frozenset[str]:
        """The exception that lets the sender call this server."""
        return frozenset({f"127.0.0.1:{self.port}"})


class _HungUpError(Exception):
    pass


class _Dialogue:
    def __init__(self, server: MailServer, sock: socket.socket, context: ssl.SSLContext | None, *, tls: bool):
        self.server, self.sock, self.context = server, sock, context
        self.encrypted = tls
        self.lines = sock.makefile("rb")
        self.message = Message("", [], b"")

    def hold(self) -> None:
        self.say(self.server.answers.get("greeting", "220 mail.example.com ESMTP"))
        while line := self.lines.readline():
            text = line.decode().rstrip("\r\n")
            self.server.commands.append(text)
            verb = text.split(" ")[0].upper()
            if self.answer(verb, text) is False:
                return

    def answer(self, verb: str, text: str) -> bool | None:
        scripted = self.server.answers.get(verb)
        if scripted is not None:
            self.say(scripted)
        elif verb == "EHLO":
            offers = ["SIZE 10485760", *(["STARTTLS"] if self.server.starttls and not self.encrypted else [])]
            offers += [f"AUTH {self.server.auth}"] if self.server.auth else []
            self.say("\r\n".join(["250-mail.example.com", *[f"250-{each}" for each in offers], "250 HELP"]))
        elif verb == "STARTTLS":
            self.say("220 go ahead")
            self.encrypt()
        elif verb == "AUTH":
            self.log_in(text)
        elif verb == "MAIL":
            self.message = Message(_address(text), [], b"")
            self.say("250 ok")
        elif verb == "RCPT":
            self.receive_recipient(text)
        elif verb == "DATA":
            self.receive_data()
        else:
            self.say("221 bye" if verb == "QUIT" else "250 ok")
        return verb != "QUIT"

    def receive_recipient(self, text: str) -> None:
        address = _address(text)
        refusal = self.server.answers.get(address)
        if refusal:
            self.say(refusal)
            return
        self.message.recipients.append(address)
        self.say("250 ok")

    def receive_data(self) -> None:
        self.say("354 go ahead")
        lines = []
        while (line := self.lines.readline()) != b".\r\n":
            if not line:
                raise _HungUpError
            lines.append(line[1:] if line.startswith(b".") else line)
        self.message.body = b"".join(lines)
        reply = self.server.answers.get("dot", "250 queued as 4711")
        if reply.startswith("2"):
            self.server.messages.append(self.message)
            self.server.secured.append(self.encrypted)
        self.say(reply)

    def log_in(self, text: str) -> None:
        _, way, *rest = text.split(" ")
        if way == "PLAIN":
            given = base64.b64decode(rest[0]).decode().split("\0")[1:]
        else:
            given = []
            for question in ("334 VXNlcm5hbWU6", "334 UGFzc3dvcmQ6"):
                self.say(question)
                given.append(base64.b64decode(self.lines.readline()).decode())
        right = given == [self.server.user, self.server.password]
        self.say("235 welcome" if right else "535 5.7.8 bad credentials")

    def encrypt(self) -> None:
        assert self.context is not None
        self.lines.close()
        self.sock = self.context.wrap_socket(self.sock, server_side=True)
        self.lines = self.sock.makefile("rb")
        self.encrypted = True

    def say(self, reply: str) -> None:
        if reply == "hang up":
            raise _HungUpError
        if reply == "silence":
            self.lines.readline()
            raise _HungUpError
        self.sock.sendall(f"{reply}\r\n".encode())


def _address(text: str) -> str:
    return text[text.index("<") + 1 : text.index(">")]


def _shut(sock: socket.socket) -> None:
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


@contextlib.contextmanager
def mail_server(
    *, context: ssl.SSLContext | None = None, tls: bool = False, **settings: object
) -> Iterator[MailServer]:
    """Serve on loopback. With `tls` the connection is encrypted from its first byte."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = MailServer(listener.getsockname()[1], **settings)  # type: ignore[arg-type] # A test's own words.
    sockets: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def serve(sock: socket.socket) -> None:
        with contextlib.suppress(OSError, _HungUpError):
            sock.settimeout(5)
            if tls and context is not None:
                sock = context.wrap_socket(sock, server_side=True)
            sockets.append(sock)
            dialogue = _Dialogue(server, sock, context, tls=tls)
            try:
                dialogue.hold()
            finally:
                dialogue.lines.close()
                dialogue.sock.close()

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = listener.accept()
                sockets.append(sock)
                threads.append(threading.Thread(target=serve, args=(sock,)))
                threads[-1].start()

    acceptor = threading.Thread(target=accept)
    acceptor.start()
    try:
        yield server
    finally:
        _shut(listener)
        listener.close()
        acceptor.join()
        # A good-bye may still be on its way; shut down in mid-read, a socket forgets that it is encrypted.
        for thread in threads:
            thread.join(timeout=0.5)
        for each in sockets:
            _shut(each)
        for thread in threads:
            thread.join()
        for each in sockets:
            each.close()
