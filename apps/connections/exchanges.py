"""What went over the wire, masked, for the run log and the sandbox's page."""

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypedDict

from apps.catalog.transport import Captured, Request, Response, Send, TransportError
from apps.common import masking
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError

MAX_BODY_BYTES = 64 * 1024


class Exchange(TypedDict):
    """One request and what came of it; every text is masked. `status` is None without an answer."""

    method: str
    url: str
    headers: dict[str, str]
    body: str
    status: int | None
    response_headers: dict[str, str]
    response_body: str
    error: str
    started_at: str
    ms: int


@dataclass(slots=True)
class Recording:
    """A `Send` that keeps a masked record of each exchange in `exchanges` and changes nothing else.

    Whatever the wrapped `Send` raises is recorded and raised again.
    """

    send: Send
    secrets: tuple[str, ...] = field(repr=False)
    exchanges: list[Exchange] = field(default_factory=list)

    def __call__(self, request: Request, *, deadline: float) -> Response:
        """Send and record."""
        started_at, began = datetime.now(UTC), time.monotonic()
        exchange = masked_request(request, self.secrets)
        exchange["started_at"] = started_at.isoformat()
        self.exchanges.append(exchange)
        try:
            response = self.send(request, deadline=deadline)
        except TransportError as error:
            exchange["error"] = masking.mask_text(error.reason, self.secrets)
            raise
        except Captured:
            exchange["error"] = "Not sent: this is a dry run."
            raise
        finally:
            exchange["ms"] = round((time.monotonic() - began) * 1000)
        exchange["status"] = response.status
        exchange["response_headers"] = masking.mask_headers(response.headers, self.secrets)
        exchange["response_body"] = masked_body(response.body, self.secrets)
        return response


def masked_request(request: Request, secrets: tuple[str, ...]) -> Exchange:
    """Return the exchange of a request that has no answer yet."""
    return Exchange(
        method=request.method,
        url=masking.mask_text(request.url, secrets),
        headers=masking.mask_headers(request.headers, secrets),
        body=masked_body(request.body, secrets),
        status=None,
        response_headers={},
        response_body="",
        error="",
        started_at="",
        ms=0,
    )


def masked_body(body: bytes, secrets: tuple[str, ...]) -> str:
    """Return a body as text that can be stored and shown: masked, and cut at 64 KiB.

    It stands as it was sent, unless a JSON body names a secret by its key: then
    it is written anew without it. Bytes that are no text are only counted.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError:
        return f"({len(body):,} bytes that are no text)"
    text = masking.mask_text(_without_named_secrets(body, text, secrets), secrets).replace("\x00", "\ufffd")
    return masking.truncate_bytes(text, MAX_BODY_BYTES)


def _without_named_secrets(body: bytes, text: str, secrets: tuple[str, ...]) -> str:
    if not text.lstrip().startswith(("{", "[")) or not masking.may_name_secrets(text):
        return text
    try:
        value = safe_json.loads(body)
    except UnsafeJSONError:
        return text
    masked = masking.mask_json(value, secrets)
    return text if masked == value else safe_json.dumps(masked).decode()
