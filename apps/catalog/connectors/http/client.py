"""From a step's inputs to the request on the wire. Pure.

Scheme, host and port are the connection's. A template fills a segment of the
path (encoded whole), a value of the query or of a header, a leaf of the body.
"""

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from apps.catalog import addresses
from apps.catalog.addresses import BadPartError
from apps.catalog.errors import Permanent
from apps.catalog.spec import Account
from apps.catalog.transport import Request
from apps.language import safe_json

WAYS = ("none", "bearer", "basic", "header", "query")
WITH_KEY = "POST-WITH-KEY"
MAX_BODY_BYTES = 1024 * 1024

_SEGMENT = r"(?!\.{1,2}(?:/|\Z))(?:[A-Za-z0-9_.~:@!$&'()*+,;=\-]+|\{[a-z][a-z0-9_]*\})"
PATH = rf"/(?:{_SEGMENT}(?:/{_SEGMENT})*/?)?"
"""A literal path whose segments are plain, or filled whole: `/orders/{order}`."""

ORIGIN_HEADER = "Tandem-Origin"
"""Carries the call's own key on all but reads, so that what the other side sends back can be told.

The key is an imprint of run and step and opens nothing. The Webhook app reads
the header; other programs may hand it on.
"""

_BODIES = ("json", "form", "text")
# The connection's, or the body's own business.
_NOT_FOR_STEPS = frozenset({"authorization", "cookie", "content-type"})


def method_of(inputs: Mapping[str, Any]) -> str:
    """Return the method as it goes on the wire."""
    method = str(inputs["method"])
    return "POST" if method == WITH_KEY else method


def host_of(address: str) -> str:
    """Return host and port of an address, for people."""
    return urlsplit(address).netloc.lower()


def build(account: Account, inputs: Mapping[str, Any], key: str) -> Request:
    """Return the request of a step; raises `Permanent` naming the input that can't be sent."""
    headers = headers_of(account, inputs, key)
    body = body_of(inputs, headers)
    request = signed(account, method_of(inputs), path_of(inputs), query_of(inputs), headers, body)
    return request if request.method == "GET" else _with_origin(request, key)


def _with_origin(request: Request, key: str) -> Request:
    """Return the request with our mark; a header of that name which an operator set stays theirs."""
    if not key or ORIGIN_HEADER.lower() in {name.lower() for name in request.headers}:
        return request
    return replace(request, headers={**request.headers, ORIGIN_HEADER: key})


def signed(
    account: Account,
    method: str,
    path: str,
    query: Sequence[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
) -> Request:
    """Return the request with the connection's own authorization."""
    values = account.values
    secret, name, pairs = values.get("secret", ""), values.get("name", ""), list(query)
    match values["authorization"]:
        case "bearer":
            headers["Authorization"] = f"Bearer {secret}"
        case "basic":
            login = f"{values.get('user', '')}:{secret}".encode()
            headers["Authorization"] = f"Basic {b64encode(login).decode('ascii')}"
        case "header":
            headers[name] = secret
        case "query":
            if name.lower() in {given.lower() for given, _ in pairs}:
                raise Permanent(
                    f"The parameter {name} carries the connection's key and is not the step's to set.",
                    code="invalid_input",
                    remedy="Remove it from the query.",
                    field="query",
                )
            pairs.append((name, secret))
    try:
        url = addresses.with_query(addresses.clean_base(values["address"]) + path, pairs)
    except BadPartError as error:
        raise _wrong("query", error) from None
    return Request(method, url, headers, body)


def path_of(inputs: Mapping[str, Any]) -> str:
    """Return the path with every part in braces filled; raises `Permanent` naming the field."""
    path, values = str(inputs["path"]), inputs.get("path_values", {})
    names = addresses.placeholders(path)
    for name in values:
        if name not in names:
            raise Permanent(
                f"The path has no part {{{name}}}.",
                code="invalid_input",
                remedy="Remove the value, or write the part into the path.",
                field="path_values",
            )
    try:
        return addresses.fill_path(path, values)
    except BadPartError as error:
        raise _wrong("path_values", error) from None


def query_of(inputs: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the parameters of the address; a list repeats its parameter."""
    return list(_pairs(inputs.get("query", {}), "query"))


def headers_of(account: Account, inputs: Mapping[str, Any], key: str) -> dict[str, str]:
    """Return the step's own headers; raises `Permanent` for one that is not its to set."""
    taken = {*_NOT_FOR_STEPS}
    if account.values["authorization"] == "header":
        taken.add(account.values.get("name", "").lower())
    if inputs["method"] == WITH_KEY:
        taken.add(key_header_of(inputs).lower())
    headers = {"Accept": "application/json, */*;q=0.5"}
    for name, value in _pairs(inputs.get("headers", {}), "headers"):
        try:
            addresses.check_header_name(name)
            addresses.check_header_value(name, value)
        except BadPartError as error:
            raise _wrong("headers", error) from None
        if name.lower() in taken:
            raise Permanent(
                f"The header {name} is not the step's to set.",
                code="invalid_input",
                remedy="Authorization is the connection's, the type the body's, the idempotency key our own.",
                field="headers",
            )
        headers = {known: text for known, text in headers.items() if known.lower() != name.lower()}
        headers[name] = value
    if inputs["method"] == WITH_KEY and key:
        headers[key_header_of(inputs)] = key
    return headers


def key_header_of(inputs: Mapping[str, Any]) -> str:
    """Return the header that carries our key; raises `Permanent` where a request may not have it."""
    name = str(inputs.get("idempotency_header") or "Idempotency-Key")
    try:
        return addresses.check_header_name(name)
    except BadPartError as error:
        raise _wrong("idempotency_header", error) from None


def body_of(inputs: Mapping[str, Any], headers: dict[str, str]) -> bytes:
    """Return the body and set its type; raises `Permanent` for more than one, or one where none may be."""
    given = [key for key in _BODIES if key in inputs]
    if not given:
        return b""
    if len(given) > 1 or method_of(inputs) == "GET":
        wrong = "a request that reads has no body" if len(given) == 1 else "a request has one body"
        raise Permanent(
            f"The step has a body too many: {wrong}.",
            code="invalid_input",
            remedy="Empty the field, or choose another method.",
            field=given[-1],
        )
    [kind] = given
    if kind == "json":
        headers["Content-Type"] = "application/json"
        return _small(safe_json.dumps(inputs["json"]), kind)
    if kind == "form":
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        return _small(urlencode(list(_pairs(inputs["form"], kind))).encode("ascii"), kind)
    headers["Content-Type"] = f"{inputs.get('text_type') or 'text/plain'}; charset=utf-8"
    return _small(str(inputs["text"]).encode("utf-8"), kind)


def _small(body: bytes, field: str) -> bytes:
    if len(body) > MAX_BODY_BYTES:
        raise _wrong(
            field, BadPartError(f"The body is larger than {MAX_BODY_BYTES:,} bytes.", code="body_too_large")
        )
    return body


def _pairs(values: Mapping[str, Any], field: str) -> Iterator[tuple[str, str]]:
    """List names and texts; null is left out, a list gives its name once for each value."""
    for name, value in values.items():
        for each in value if isinstance(value, list) else [value]:
            if each is not None:
                yield str(name), _text(each, str(name), field)


def _text(value: Any, name: str, field: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    raise Permanent(
        f"“{name}” is an object, which can't stand there.",
        code="invalid_input",
        remedy="Name one value inside it.",
        field=field,
    )


def _wrong(field: str, error: BadPartError) -> Permanent:
    return Permanent(error.message, code=error.code, remedy=error.remedy, field=field)
