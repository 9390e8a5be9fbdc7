"""Reading one answer of HTTP/1.1 from a connection, strictly and whole.

What is not HTTP, or could be read in two ways, raises `AnswerLost`: the request
was sent, so nobody knows what became of it.
"""

import re
import zlib
from collections.abc import Iterator, Mapping
from typing import Protocol

from apps.common.wire import Call

MAX_ANSWER_BYTES = 2 * 1024 * 1024
MAX_HEAD_BYTES = 100 * 1024

_HEAD_END = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(r"HTTP/(1\.[01]) ([1-9][0-9]{2})(?: [^\x00-\x08\x0a-\x1f\x7f]*)?")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NO_VALUE = re.compile(r"[\x00\r]")
_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?")
_WITHOUT_BODY = (204, 304)
_SWITCHING = 101
_MAX_LINE = 4096


class AnswerLost(Exception):  # noqa: N818 - read as a sentence where it is raised.
    """The request was written, wholly or in part, and no whole answer came.

    `code` is timeout, disconnected, bad_answer, answer_encoding or
    answer_too_large. `reason` names the host and is safe to show.
    """

    def __init__(self, reason: str, *, code: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.code = code


class Source(Protocol):
    """A connection to read from."""

    def receive(self, call: Call) -> bytes:
        """Return what arrives next, nothing at the end. Raises `AnswerLost` when the time is over."""


class Answer:
    """One answer while it is read. `keeps` tells behind its end whether the connection can be used again."""

    def __init__(self, source: Source, call: Call, *, method: str) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.keeps = False
        self._source = source
        self._call = call
        self._buffer = b""
        self._version = ""
        self._has_body = method != "HEAD"

    def read(self) -> bytes:
        """Read the answer whole; return its body, unpacked."""
        self._read_head()
        while self.status < 200:  # A notice before the answer itself.
            if self.status == _SWITCHING:
                raise self._bad()
            self._read_head()
        body = self._unpacked(self._body())
        closes = "close" in self.headers.get("connection", "").lower()
        self.keeps = self.keeps and self._version == "1.1" and not closes and not self._buffer
        return body

    def _read_head(self) -> None:
        looked_at = 0
        while not (end := _HEAD_END.search(self._buffer, looked_at)):
            if len(self._buffer) > MAX_HEAD_BYTES:
                raise self._bad()
            looked_at = max(0, len(self._buffer) - 3)  # The end may have begun, and is four bytes long.
            self._more()
        lines = self._buffer[: end.start()].decode("latin-1").replace("\r\n", "\n").split("\n")
        self._buffer = self._buffer[end.end() :]
        status = _STATUS.fullmatch(lines[0])
        if status is None:
            raise self._bad()
        self._version, self.status = status[1], int(status[2])
        self.headers = {}
        for line in lines[1:]:
            name, colon, value = line.partition(":")
            if not colon or not _NAME.fullmatch(name) or _NO_VALUE.search(value):
                raise self._bad()
            name, value = name.lower(), value.strip(" \t")
            self.headers[name] = f"{self.headers[name]}, {value}" if name in self.headers else value

    def _body(self) -> Iterator[bytes]:
        """Yield the body as it comes."""
        coding, length = self.headers.get("transfer-encoding"), self.headers.get("content-length")
        if not self._has_body or self.status in _WITHOUT_BODY:
            self.keeps = True
        elif coding is not None:
            if coding.strip().lower() != "chunked":
                raise self._bad()
            yield from self._chunks()
            self.keeps = True
        elif length is not None:
            yield from self._exactly(self._length(length))
            self.keeps = True
        else:
            yield from self._until_the_end()

    def _length(self, text: str) -> int:
        """Return the announced length; one that is said twice must be the same."""
        said = {part.strip() for part in text.split(",")}
        (length,) = said if len(said) == 1 else ("",)
        if not (length.isascii() and length.isdigit() and len(length) < 20):
            raise self._bad()
        return int(length)

    def _exactly(self, left: int) -> Iterator[bytes]:
        while left:
            if not self._buffer:
                self._more()
            data, self._buffer = self._buffer[:left], self._buffer[left:]
            left -= len(data)
            yield data

    def _chunks(self) -> Iterator[bytes]:
        while True:
            size = _CHUNK.fullmatch(self._line())
            if size is None:
                raise self._bad()
            left = int(size[1], 16)
            if not left:
                break
            yield from self._exactly(left)
            if self._line():
                raise self._bad()
        read = 0
        while line := self._line():  # What may follow the last chunk says nothing that is wanted.
            read += len(line)
            if read > MAX_HEAD_BYTES:
                raise self._bad()

    def _line(self) -> bytes:
        while (end := self._buffer.find(b"\n")) < 0:
            if len(self._buffer) > _MAX_LINE:
                raise self._bad()
            self._more()
        line, self._buffer = self._buffer[:end], self._buffer[end + 1 :]
        return line.removesuffix(b"\r")

    def _until_the_end(self) -> Iterator[bytes]:
        data, self._buffer = self._buffer, b""
        while True:
            if data:
                yield data
            data = self._source.receive(self._call)
            if not data:
                return

    def _more(self) -> None:
        data = self._source.receive(self._call)
        if not data:
            raise disconnected(self._call)
        self._buffer += data

    def _unpacked(self, body: Iterator[bytes]) -> bytes:
        """Return the body whole; neither what comes in nor what it unpacks to may pass the cap."""
        unpack = unpacker(self.headers, self._call)
        chunks: list[bytes] = []
        read = size = 0
        for data in body:
            read += len(data)
            chunk = data if unpack is None else _unpack(unpack, data, MAX_ANSWER_BYTES - size + 1, self._call)
            size += len(chunk)
            if max(read, size) > MAX_ANSWER_BYTES:
                raise AnswerLost(
                    f"{self._call.host} sent an answer of more than 2 MiB.", code="answer_too_large"
                )
            chunks.append(chunk)
        if unpack is not None and read and not unpack.eof:
            raise _not_unpacked(self._call)
        return b"".join(chunks)

    def _bad(self) -> AnswerLost:
        return AnswerLost(f"{self._call.host} sent an answer that is not HTTP.", code="bad_answer")


def disconnected(call: Call) -> AnswerLost:
    """Return the error of an answer that ended too soon."""
    return AnswerLost(f"{call.host} closed the connection before its answer was whole.", code="disconnected")


def unpacker(headers: Mapping[str, str], call: Call) -> "zlib._Decompress | None":
    """Return what undoes a content encoding, which a server may apply although it was not offered."""
    plain = headers.get("content-encoding", "").strip().lower()
    if plain in ("", "identity"):
        return None
    if plain in ("gzip", "x-gzip", "deflate"):
        return zlib.decompressobj(zlib.MAX_WBITS | 32)  # 32: gzip or zlib, told by its first bytes.
    raise AnswerLost(
        f"{call.host} packed its answer in a way that was not asked for.", code="answer_encoding"
    )


def _unpack(unpack: "zlib._Decompress", data: bytes, limit: int, call: Call) -> bytes:
    if unpack.eof:
        raise _not_unpacked(call)
    try:
        return unpack.decompress(data, limit)
    except zlib.error:
        raise _not_unpacked(call) from None


def _not_unpacked(call: Call) -> AnswerLost:
    return AnswerLost(f"{call.host} sent an answer that does not unpack.", code="answer_encoding")
