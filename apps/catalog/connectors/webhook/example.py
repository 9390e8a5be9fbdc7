"""A command that sends a right request, for trying an address from a terminal.

It holds no secret: the shell's variable SECRET does, so that nothing of it
stands on a page or in the history of a shell.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from apps.catalog.signatures import Hmac, NoVerification, Scheme, SharedSecret

_BODY = '{"hello": "world"}'


def command(verification: Scheme) -> str:
    """Return the command, in which `{url}` is to be filled in; other braces are doubled."""
    lines = _request(verification)
    doubled = lines.replace("{", "{{").replace("}", "}}")
    return doubled.replace("URL", "{url}")


def query_of(query: Any) -> str:
    """Return parameters as they stand in an address."""
    return urlencode(query, doseq=True) if isinstance(query, Mapping) else ""


def _request(verification: Scheme) -> str:
    post = "curl -X POST 'URL' -H 'Content-Type: application/json'"
    if isinstance(verification, NoVerification):
        return f"{post} -d '{_BODY}'"
    if isinstance(verification, SharedSecret):
        return f"SECRET='…'; {post} -H \"{verification.header}: {verification.prefix}$SECRET\" -d '{_BODY}'"
    begin, signed, headers = f"SECRET='…'; BODY='{_BODY}'; ", "$BODY", ""
    if verification.timestamp_header:
        begin += "TIME=$(date +%s); "
        signed = verification.signed.replace("{timestamp}", "${TIME}").replace("{body}", "${BODY}")
        headers = f' -H "{verification.timestamp_header}: $TIME"'
    headers += f' -H "{verification.header}: {verification.prefix}$({_digest(verification, signed)})"'
    return f'{begin}{post}{headers} -d "$BODY"'


def _digest(verification: Hmac, signed: str) -> str:
    made = f'printf %s "{signed}" | openssl dgst -{verification.algorithm} -hmac "$SECRET"'
    if verification.encoding == "base64":
        return f"{made} -binary | openssl base64 -A"
    return f"{made} -r | cut -d' ' -f1"
