"""As much of a Redis as the queue asks for, on a loopback port: lists, their end of life, a look at them."""

import socketserver
import threading
import time
from collections import defaultdict, deque
from collections.abc import Iterator
from contextlib import contextmanager

Reply = bytes | int | list[bytes] | Exception | None


class RedisServer(socketserver.ThreadingTCPServer):
    """Holds the lists. `expiring` has the seconds that EXPIRE was told, by key."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.url = f"redis://:secret@127.0.0.1:{self.server_address[1]}/0"
        self.lists: defaultdict[str, deque[bytes]] = defaultdict(deque)
        self.expiring: dict[str, int] = {}
        self.changed = threading.Condition()

    def answer(self, name: str, words: list[bytes]) -> Reply:
        """Do one command, or answer with an error as a Redis does for one that it does not know."""
        keys = [word.decode() for word in words[:-1]]
        match name:
            case "AUTH" | "SELECT" | "CLIENT":
                return b"OK"
            case "PING":
                return b"PONG"
            case "RPUSH":
                with self.changed:
                    self.lists[keys[0]].append(words[1])
                    self.changed.notify_all()
                    return len(self.lists[keys[0]])
            case "EXPIRE":
                self.expiring[keys[0]] = int(words[1])
                return 1
            case "DEL":
                with self.changed:
                    return int(bool(self.lists.pop(words[0].decode(), None)))
            case "BLPOP":
                return self._pop(keys, float(words[-1]))
        return Exception(f"ERR unknown command '{name}'")

    def _pop(self, keys: list[str], seconds: float) -> list[bytes] | None:
        until = time.monotonic() + seconds
        with self.changed:
            while True:
                for key in keys:
                    if self.lists[key]:
                        return [key.encode(), self.lists[key].popleft()]
                if not self.changed.wait(until - time.monotonic()):
                    return None


class _Conversation(socketserver.StreamRequestHandler):
    server: RedisServer

    def handle(self) -> None:
        while head := self.rfile.readline():
            words = [self._word() for _ in range(int(head[1:]))]
            self.wfile.write(_written(self.server.answer(words[0].decode().upper(), words[1:])))

    def _word(self) -> bytes:
        size = int(self.rfile.readline()[1:])
        return self.rfile.read(size + 2)[:size]


def _written(reply: Reply) -> bytes:
    match reply:
        case None:
            return b"*-1\r\n"
        case int():
            return b":%d\r\n" % reply
        case bytes():
            return b"$%d\r\n%s\r\n" % (len(reply), reply)
        case list():
            return b"*%d\r\n%s" % (len(reply), b"".join(map(_written, reply)))
        case Exception():
            return b"-%s\r\n" % str(reply).encode()


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """Serve on a free port until the block ends."""
    with RedisServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
