"""What came back: which statuses count as done, the outputs, and what the others mean."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from apps.catalog.errors import CallError, Certainty, Permanent, Retryable
from apps.catalog.responses import failure, own_words, shown
from apps.catalog.transport import Response
from apps.common.masking import is_sensitive_header
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError

MAX_OUTPUT_BYTES = 256 * 1024
"""Of an answer's body that later steps and the run log get; what is longer is cut."""

STATUSES = r"[1-5][0-9]{2}(?:\s*-\s*[1-5][0-9]{2})?(?:\s*,\s*[1-5][0-9]{2}(?:\s*-\s*[1-5][0-9]{2})?)*"
"""A list of statuses and ranges of them: `200-299, 404`."""

_ONE = re.compile(r"([1-5][0-9]{2})(?:\s*-\s*([1-5][0-9]{2}))?")


def counts_as_done(status: int, statuses: str) -> bool:
    """Tell whether a status is in the list."""
    found = (match.groups() for match in _ONE.finditer(statuses))
    return any(int(low) <= status <= int(high or low) for low, high in found)


def error_of(response: Response, *, host: str, statuses: str, open_to_all: bool) -> CallError | None:
    """Return the error that an answer stands for, None for one that counts as done.

    With `open_to_all` there is no key that could have been refused.
    """
    if counts_as_done(response.status, statuses):
        return None
    if response.status == 401 and open_to_all:
        return Permanent(
            f"{host} wants to be told who calls (401), but the connection has no authorization.",
            code="unauthorized",
            remedy="Press Reconnect on the connection and choose how it is authorized.",
            status=401,
        )
    if 300 <= response.status < 400:
        return _redirected(response, host)
    error = failure(response, provider=host, detail=own_words(response))
    if error is not None:
        return error
    # The other side says that it did something: nobody may take that for a refusal.
    return Retryable(
        f"{host} answered {response.status}, which is not among the statuses that count as done.",
        code="unexpected_status",
        certainty=Certainty.UNCERTAIN,
        remedy="Look at the answer in the run log. If it counts as done, add it to the step's list.",
        status=response.status,
    )


def outputs_of(response: Response) -> dict[str, Any]:
    """Return the outputs. The body is JSON or text; null where it is neither."""
    cut = len(response.body) > MAX_OUTPUT_BYTES
    return {
        "status": response.status,
        "headers": {name: value for name, value in response.headers.items() if not is_sensitive_header(name)},
        "body": _text(response.body[:MAX_OUTPUT_BYTES], cut=cut) if cut else _body(response),
        "is_cut": cut,
    }


def _body(response: Response) -> Any:
    if _looks_like_json(response.headers, response.body):
        try:
            return safe_json.loads(response.body)
        except UnsafeJSONError:
            pass  # Then it is shown as the text that it is.
    return _text(response.body, cut=False)


def _looks_like_json(headers: Mapping[str, str], body: bytes) -> bool:
    kind = headers.get("content-type", "").partition(";")[0].strip().lower()
    return kind.endswith(("/json", "+json")) or body.lstrip()[:1] in (b"{", b"[")


def _text(body: bytes, *, cut: bool) -> str | None:
    try:
        text = body.decode("utf-8", "ignore" if cut else "strict")
    except UnicodeDecodeError:
        return None
    return text.replace("\x00", "") or None


def _redirected(response: Response, host: str) -> Permanent:
    try:
        parts = urlsplit(response.headers.get("location", ""))
    except ValueError:
        parts = urlsplit("")
    # The query is left out: a key may stand in it.
    where = shown(f"{parts.scheme}://{parts.netloc}{parts.path}" if parts.netloc else parts.path)
    return Permanent(
        f"{host} points elsewhere ({response.status})" + (f": {where}" if where else "."),
        code="redirected",
        remedy="Redirects are not followed, since the key would go along. If the address is right, put it "
        "into the connection or the path; if the answer is all you need, list its status as done.",
        status=response.status,
    )
