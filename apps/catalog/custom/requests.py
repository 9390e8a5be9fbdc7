"""From a declared action to the request on the wire, signed as the app wants it. Pure."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode, urlsplit

from apps.catalog import addresses
from apps.catalog.addresses import BadPartError
from apps.catalog.custom import filling
from apps.catalog.custom.declaration import ActionPart, Declaration
from apps.catalog.errors import NeedsHuman, Permanent
from apps.catalog.spec import Account
from apps.catalog.transport import Request
from apps.language import safe_json
from apps.language.errors import LanguageError

MAX_BODY = 1024 * 1024


class Caller:
    """Builds one action's requests; making one raises `LanguageError` or `BadPartError`."""

    def __init__(self, declaration: Declaration, part: ActionPart) -> None:
        self._declaration = declaration
        self._part = part
        self._refuse = filling.Call(part.name).refuse
        self._path = filling.read_path(part.path)
        self._query = filling.read_pairs(part.query)
        self._headers = filling.read_pairs(part.headers)
        self._form = filling.read_pairs(part.form)
        self._body = filling.read_body(part.body)

    def request(self, inputs: Mapping[str, Any], account: Account, key: str) -> Request:
        """Return the request. Raises `Permanent` naming the part, `NeedsHuman` for a missing credential."""
        scope = scope_of(self._declaration, inputs, account)
        headers = {"Accept": "application/json"}
        for name, value in filling.fill_pairs(self._headers, scope, self._refuse):
            headers[name] = self._checked(name, value)
        body = self._content(scope, headers)
        if self._part.key_header and key:
            headers[self._part.key_header] = key
        query = list(filling.fill_pairs(self._query, scope, self._refuse))
        return signed(
            self._declaration, account, self._part.method, self._filled(scope), query, headers, body
        )

    def _filled(self, scope: filling.Scope) -> str:
        try:
            return filling.fill_path(self._path, scope)
        except (LanguageError, BadPartError) as error:
            raise self._refuse("The path", error) from None

    def _checked(self, name: str, value: str) -> str:
        try:
            return addresses.check_header_value(name, value)
        except BadPartError as error:
            raise self._refuse("A header", error) from None

    def _content(self, scope: filling.Scope, headers: dict[str, str]) -> bytes:
        if self._part.body_kind == "none":
            return b""
        try:
            if self._part.body_kind == "form":
                pairs = list(filling.fill_pairs(self._form, scope, self._refuse))
                content = urlencode(pairs).encode("ascii")
                kind = "application/x-www-form-urlencoded"
            else:
                content, kind = safe_json.dumps(filling.fill_body(self._body, scope)), "application/json"
        except (LanguageError, BadPartError) as error:
            raise self._refuse("The body", error) from None
        except UnicodeEncodeError:
            raise self._refuse(
                "The body", BadPartError("a value has a character that can't be sent.", code="bad_body")
            ) from None
        if len(content) > MAX_BODY:
            raise self._refuse(
                "The body", BadPartError(f"it is larger than {MAX_BODY:,} bytes.", code="body_too_large")
            )
        headers.setdefault("Content-Type", kind)
        return content


def trial_request(declaration: Declaration, account: Account) -> Request:
    """Return the call that tests a connection."""
    refuse = filling.Call("the test call").refuse
    try:
        path = filling.fill_path(filling.read_path(declaration.test_path), scope_of(declaration, {}, account))
    except (LanguageError, BadPartError) as error:
        raise refuse("The path", error) from None
    return signed(declaration, account, "GET", path, [], {"Accept": "application/json"}, b"")


def scope_of(declaration: Declaration, inputs: Mapping[str, Any], account: Account) -> dict[str, Any]:
    """Return what templates see: the inputs, and what of the connection is no secret."""
    shown = {field.key: account.values.get(field.key) for field in declaration.auth if not field.secret}
    return {filling.INPUTS: dict(inputs), filling.CONNECTION: shown}


def signed(
    declaration: Declaration,
    account: Account,
    method: str,
    path: str,
    query: list[tuple[str, str]],
    headers: dict[str, str],
    body: bytes,
) -> Request:
    """Return the request with the app's way of signing it."""
    signing = declaration.signing
    pairs = list(query)
    match signing.kind:
        case "bearer":
            headers["Authorization"] = f"Bearer {_credential(declaration, account, signing.field)}"
        case "basic":
            user = account.values.get(signing.user_field, "") if signing.user_field else ""
            secret = _credential(declaration, account, signing.field)
            headers["Authorization"] = "Basic " + b64encode(f"{user}:{secret}".encode()).decode("ascii")
        case "header":
            headers[signing.name] = f"{signing.prefix}{_credential(declaration, account, signing.field)}"
        case "query":
            pairs.append((signing.name, _credential(declaration, account, signing.field)))
    try:
        url = addresses.with_query(base_of(declaration, account) + path, pairs)
    except BadPartError as error:
        raise Permanent(error.message, code=error.code, remedy=error.remedy) from None
    return Request(method, url, headers, body)


def base_of(declaration: Declaration, account: Account) -> str:
    """Return what stands before every path; a connection's own address replaces scheme, host and port."""
    if not account.base_url:
        return declaration.base_url
    return account.base_url.rstrip("/") + urlsplit(declaration.base_url).path


def _credential(declaration: Declaration, account: Account, key: str) -> str:
    value = account.values.get(key, "")
    if not value:
        label = next((field.label for field in declaration.auth if field.key == key), key)
        raise NeedsHuman(
            f"This {declaration.name} connection has no {label}.",
            code="missing_credentials",
            remedy="Press Reconnect on the connection and enter it.",
        )
    return value
