"""A stand-in for Customer.io in a process of its own: answers every call and notes when it came.

    python -m tests.bench.provider [--delay SECONDS]

Prints its port, then serves 127.0.0.1 until its standard input closes. `GET
/calls` answers every call so far as `[[unix time, path], …]`.
"""

import argparse
import asyncio
import contextlib
import json
import sys
import time

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Provider:
    """Every call so far, and how long an answer takes."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.calls: list[tuple[float, str]] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer the requests of one connection."""
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await reader.readexactly(_length(head))
                at = time.time()
                if head.startswith(b"GET /calls"):
                    writer.write(_json(self.calls))
                    continue
                if head.startswith(b"GET "):
                    writer.write(
                        _json({"region": "us", "environment_id": 1, "url": "https://track.customer.io"})
                    )
                    continue
                if self.delay:
                    await asyncio.sleep(self.delay)
                self.calls.append((at, head.split(b" ", 2)[1].decode()))
                writer.write(OK)
        writer.close()


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _json(value: object) -> bytes:
    body = json.dumps(value).encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


async def _main(delay: float) -> None:
    provider = Provider(delay)
    server = await asyncio.start_server(provider.serve, "127.0.0.1", 0, backlog=512)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    asyncio.run(_main(parser.parse_args().delay))
