"""Requests to Customer.io's two APIs, and how their answers are read.

The Track API takes HTTP Basic (Site ID and Track API key), the App API a
Bearer key. Each has a host per region; a connection's own base address
replaces both hosts while the paths stay (`/api/v1/…` and `/v1/…`).
"""

from base64 import b64encode
from collections.abc import Mapping
from enum import StrEnum
from typing import Any
from urllib.parse import quote

from apps.catalog.connectors.customerio.limits import compact
from apps.catalog.errors import CallError, NeedsHuman
from apps.catalog.responses import failure, json_object, unreadable
from apps.catalog.spec import Account
from apps.catalog.transport import Request, Response, Send

PROVIDER = "Customer.io"
KEYS_PAGE = "https://fly.customer.io/settings/api_credentials"


class Api(StrEnum):
    """Which of the two APIs a call belongs to."""

    TRACK = "track"
    APP = "app"


REGIONS = ("us", "eu")
HOSTS = {
    (Api.TRACK, "us"): "https://track.customer.io",
    (Api.TRACK, "eu"): "https://track-eu.customer.io",
    (Api.APP, "us"): "https://api.customer.io",
    (Api.APP, "eu"): "https://api-eu.customer.io",
}

_REMEDIES = {
    (Api.TRACK, 401): (
        "Enter the Site ID and the Track API key again under Connections and check the region: "
        f"a key of the other region is refused too. Both are at {KEYS_PAGE}."
    ),
    (Api.APP, 401): (
        "Enter the App API key again under Connections and check the region and the key's IP allow-list: "
        f"a key of the other region is refused too. Keys are at {KEYS_PAGE}?keyType=app."
    ),
    (Api.APP, 403): f"Give the App API key the scope that this call needs, at {KEYS_PAGE}?keyType=app.",
}
_REGION_REMEDY = (
    "Customer.io redirects calls that reach the wrong region. "
    "Press Test on the connection, which learns the region, or choose the other region there."
)


def base(account: Account, api: Api, *, region: str = "") -> str:
    """Return scheme, host and port of an API for the account.

    Without a region nothing is sent, as a person's data could reach the other
    region's servers: raises `NeedsHuman`, which the connection's test mends.
    """
    if account.base_url:
        return account.base_url.rstrip("/")
    chosen = region or account.values.get("region", "")
    if chosen not in REGIONS:
        raise NeedsHuman(
            "The region of this Customer.io connection is not known.",
            code="region_unknown",
            remedy="Press Test on the connection, which learns it, or choose US or EU there.",
        )
    return HOSTS[api, chosen]


def person_path(identifier: str) -> str:
    """Return the Track path of a person; the identifier is one segment, encoded whole."""
    return f"/api/v1/customers/{quote(identifier, safe='')}"


def segment_path(number: str, verb: str, id_type: str) -> str:
    """Return the Track path that changes a manual segment by identifiers of this kind."""
    return f"/api/v1/segments/{number}/{verb}?id_type={id_type}"


def build(
    account: Account,
    api: Api,
    method: str,
    path: str,
    body: Mapping[str, Any] | None = None,
    *,
    region: str = "",
) -> Request:
    """Return the signed request; `body` becomes compact UTF-8 JSON."""
    headers = {"Authorization": _authorization(account, api), "Accept": "application/json"}
    content = b""
    if body is not None:
        headers["Content-Type"] = "application/json"
        content = compact(body, "body").encode("utf-8")
    return Request(method, base(account, api, region=region) + path, headers, content)


def _authorization(account: Account, api: Api) -> str:
    if api is Api.APP:
        return f"Bearer {_credential(account, 'app_api_key', 'App API key')}"
    site_id = _credential(account, "site_id", "Site ID")
    key = _credential(account, "track_api_key", "Track API key")
    return "Basic " + b64encode(f"{site_id}:{key}".encode()).decode("ascii")


def _credential(account: Account, key: str, label: str) -> str:
    value = account.values.get(key, "")
    if not value:
        raise NeedsHuman(
            f"This Customer.io connection has no {label}.",
            code="missing_credentials",
            remedy=f"Enter it under Connections. It is at {KEYS_PAGE}.",
        )
    return value


def exchange(send: Send, request: Request, api: Api, *, deadline: float) -> dict[str, Any]:
    """Send the request and return the answer's JSON object; {} for an empty 2xx body.

    Raises the `CallError` of the answer's status, `Retryable` (uncertain) for a
    2xx that can't be read, and what `send` raises.
    """
    response = send(request, deadline=deadline)
    error = error_of(response, api)
    if error is not None:
        raise error
    if not response.body.strip():
        return {}
    parsed = json_object(response)
    if parsed is None:
        raise unreadable(response, provider=PROVIDER)
    return parsed


def error_of(response: Response, api: Api) -> CallError | None:
    """Return the error that an answer stands for, or None for 2xx."""
    remedy = _REMEDIES.get((api, response.status), "")
    if 300 <= response.status < 400:
        remedy = _REGION_REMEDY
    return failure(response, provider=PROVIDER, detail=detail(response), remedy=remedy)


def detail(response: Response) -> str:
    """Return Customer.io's own words from an error's body, in any of its shapes.

    `{"meta": {"error": …}}`, `{"meta": {"errors": […]}}` and `{"errors": [{"detail": …}]}`
    occur, by endpoint. Web pages say nothing.
    """
    parsed = json_object(response) or {}
    meta = parsed.get("meta")
    found: list[Any] = []
    for holder in (meta if isinstance(meta, dict) else {}, parsed):
        errors = holder.get("errors")
        found += [holder.get("error"), *(errors if isinstance(errors, list) else [errors])]
    return "; ".join(text for text in map(_words, found) if text)


def _words(error: Any) -> str:
    if isinstance(error, dict):
        words = next((error[key] for key in ("detail", "message", "reason") if error.get(key)), "")
        field = error.get("field")
        return f"{field}: {words}" if isinstance(field, str) and field else str(words)
    return error if isinstance(error, str) else ""


def items(value: Any) -> list[dict[str, Any]]:
    """Return the objects of a list; Customer.io writes an empty list as null at times."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
