"""A stand-in for Customer.io in a process of its own: answers as told, and counts what was done.

    python -m tests.kill.provider

Prints its port, then serves 127.0.0.1 until its standard input closes. It obeys
as Customer.io does: an event whose id it has seen does nothing more, every
transactional send is one more mail. What a request asks for is done before its
answer goes out, and stays done when the answer is never read.

Control, as JSON: `POST /_control` takes `{"person", "answers": […]}` (how the
next calls about a person are answered, one after another, then 200),
`{"person", "release": true}` (held answers go out), `{"refused_keys": […]}`
(Track keys that get a 401) and `{"delay": seconds}`; `GET /_control` gives
`{"requests": […], "effects": […]}`.

An answer: `{"status", "headers", "hold", "reset", "done"}`; `done` says whether
the call's effect happened, by default with a 2xx only.
"""

import asyncio
import base64
import contextlib
import json
import socket
import struct
import sys
import time
from collections import defaultdict, deque
from typing import Any
from urllib.parse import unquote

ROOM = {"region": "us", "environment_id": 1, "workspaces": [], "messages": []}
"""What the calls that test a connection are answered."""


class Provider:
    """What came, what was done, and what the next calls are answered."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.effects: list[tuple[str, str]] = []
        self.events: set[str] = set()
        self.answers: defaultdict[str, deque[dict[str, Any]]] = defaultdict(deque)
        self.held: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self.refused_keys: set[str] = set()
        self.delay = 0.0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                fields = dict(line.lower().split(": ", 1) for line in head[1:] if ": " in line)
                raw = await reader.readexactly(int(fields.get("content-length", 0)))
                method, path, _ = head[0].split(" ")
                body = json.loads(raw or b"{}")
                if path == "/_control":
                    writer.write(_response(200, self.control(body) if method == "POST" else self.told()))
                else:
                    key = _password(head)
                    await self.answer(method, path, body, key, writer)
        writer.close()

    def control(self, order: dict[str, Any]) -> dict[str, Any]:
        """Take an order."""
        person = order.get("person", "")
        if "answers" in order:
            self.held[person].clear()
            self.answers[person].extend(order["answers"])
        if order.get("release"):
            self.held[person].set()
        self.refused_keys = set(order.get("refused_keys", self.refused_keys))
        self.delay = order.get("delay", self.delay)
        return {}

    def told(self) -> dict[str, Any]:
        """Return everything that came and everything that was done."""
        return {"requests": self.requests, "effects": self.effects}

    async def answer(
        self, method: str, path: str, body: dict[str, Any], key: str, writer: asyncio.StreamWriter
    ) -> None:
        """Note a call, do what it asks for, and answer it as told."""
        kind, person = _meaning(method, path, body)
        rule = self.answers[person].popleft() if self.answers[person] else {}
        status = 401 if key in self.refused_keys else rule.get("status", 200)
        entry = {
            "at": time.time(),
            "kind": kind,
            "person": person,
            "id": body.get("id", ""),
            "status": None,
        }
        self.requests.append(entry)
        if kind != "test" and rule.get("done", status < 300):
            self.do(kind, person, entry["id"])
        if rule.get("hold"):
            await self.held[person].wait()
        elif kind != "test" and self.delay:
            await asyncio.sleep(self.delay)
        if rule.get("reset"):
            _reset(writer)
            return
        entry["status"] = status
        answer = ROOM if kind == "test" else {"delivery_id": f"mail-{len(self.effects)}", "queued_at": 1}
        writer.write(_response(status, answer, rule.get("headers", {})))
        await writer.drain()

    def do(self, kind: str, person: str, event_id: str) -> None:
        """Let the call have its effect; an event with a known id has none."""
        if kind == "event" and event_id:
            if event_id in self.events:
                return
            self.events.add(event_id)
        self.effects.append((kind, person))


def _meaning(method: str, path: str, body: dict[str, Any]) -> tuple[str, str]:
    """Return what the request is about: event, mail, person, delete or test, and who."""
    if path.startswith("/api/v1/customers/"):
        person, _, rest = path.removeprefix("/api/v1/customers/").partition("/")
        kind = "event" if rest == "events" else {"PUT": "person", "DELETE": "delete"}[method]
        return kind, unquote(person)
    if path == "/v1/send/email":
        return "mail", body["to"]
    return "test", ""


def _password(head: list[str]) -> str:
    for line in head:
        name, _, value = line.partition(": ")
        if name.lower() == "authorization" and value.startswith("Basic "):
            return base64.b64decode(value.removeprefix("Basic ")).decode().partition(":")[2]
    return ""


def _response(status: int, body: object, headers: dict[str, str] | None = None) -> bytes:
    content = json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Told", "Content-Type: application/json", f"Content-Length: {len(content)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + content


def _reset(writer: asyncio.StreamWriter) -> None:
    """Close the connection so that the other side sees a reset."""
    linger = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    writer.transport.abort()


async def _main() -> None:
    server = await asyncio.start_server(Provider().serve, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(_main())
