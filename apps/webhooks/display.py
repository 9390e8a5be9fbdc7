"""What people are shown of a stored body: readable, with secrets masked."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.common import look, masking
from apps.common.crypto import SealError
from apps.language import safe_json
from apps.language.errors import UnsafeJSONError
from apps.webhooks import inbox
from apps.webhooks.models import Delivery
from apps.webhooks.replays import unreadable_remedy

MAX_RAW_BYTES = 20_000
"""So much is shown of a body that is no event; nobody reads more of it in a browser."""

# A name and its text value in JSON that can't be parsed, also where it is cut off.
_PAIR = re.compile(r'"([^"\\]{1,80})"(\s{0,9}:\s{0,9}")((?:[^"\\]|\\.)*)')
_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), 127) if chr(code) not in "\t\n\r"}


@dataclass(frozen=True, slots=True)
class ShownBody:
    """A body as a block of code, with a note about how to read it; without a block, why there is none."""

    block: SafeString | None
    note: str = ""
    remedy: str = ""


def show_body(delivery: Delivery, secrets: Collection[str] = ()) -> ShownBody:
    """Return the delivery's body for a page. `secrets` are masked besides what looks like one."""
    if not delivery.body:
        return ShownBody(
            None,
            "The body was kept for the replay window only, which is over.",
            "This delivery can be read, not replayed. Resend the event from the provider if you need to.",
        )
    try:
        body = inbox.open_body(delivery)
    except SealError as error:
        return ShownBody(None, "The stored body does not open.", unreadable_remedy(error))
    if delivery.status == Delivery.Status.QUARANTINED:
        return _raw(body, secrets)
    try:
        payload = masking.mask_json(safe_json.loads(body), secrets)
    except UnsafeJSONError:
        return _raw(body, secrets)
    return ShownBody(look.code_block(payload, label="Payload"), "Secrets are masked.")


def readable(body: bytes, secrets: Collection[str] = ()) -> str:
    """Return bytes as text: secrets masked, what is not printable escaped."""
    text = body.decode("utf-8", "backslashreplace")
    return masking.mask_text(_PAIR.sub(_hide, text), secrets).translate(_CONTROL)


def _raw(body: bytes, secrets: Collection[str]) -> ShownBody:
    note = f"The {len(body):,} bytes as they came; what is not printable is escaped, secrets are masked."
    if len(body) > MAX_RAW_BYTES:
        note += f" Only the first {MAX_RAW_BYTES:,} are shown."
    # Not as JSON: indenting would turn escapes into characters that no page can hold.
    block = format_html(
        '<pre class="td-code" tabindex="0" role="region" aria-label="Body as received"><code>{}</code></pre>',
        masking.truncate_bytes(readable(body, secrets), MAX_RAW_BYTES),
    )
    return ShownBody(block, note)


def _hide(pair: re.Match[str]) -> str:
    name, between, value = pair.groups()
    return f'"{name}"{between}{masking.mask_value(value) if masking.is_sensitive_key(name) else value}'
