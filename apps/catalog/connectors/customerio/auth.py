"""How a Customer.io workspace is connected, and the calls that prove it.

There is no OAuth for these APIs: keys only. The Track pair serves identify,
event and delete; the App key serves e-mail, lists and webhooks. Either is enough
for a connection, and so is the signing key alone, which only receives.
"""

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from apps.catalog.connectors.customerio.client import (
    KEYS_PAGE,
    PROVIDER,
    REGIONS,
    Api,
    build,
    exchange,
    items,
)
from apps.catalog.errors import NeedsHuman, Permanent
from apps.catalog.spec import Account, Auth, Checked, Choice, Field, FieldType
from apps.catalog.transport import Send

DEADLINE = 10.0
"""Seconds for each of the test's calls."""

SIGNING_KEY = "webhook_signing_key"

_KEY = r"[\x21-\x7e]{1,500}"
_SITE_ID = r"[\x21-\x39\x3b-\x7e]{1,200}"  # A colon would end the user name of HTTP Basic.

FIELDS = (
    Field(
        key="site_id",
        label="Site ID",
        pattern=_SITE_ID,
        help_text=f"In Customer.io under Settings › API Credentials › Tracking API Keys: {KEYS_PAGE}. "
        "Needed, with the key beside it, to identify and delete people and to track events.",
    ),
    Field(
        key="track_api_key",
        label="Track API key",
        secret=True,
        pattern=_KEY,
        help_text="The API key in the same row as the Site ID.",
    ),
    Field(
        key="region",
        label="Region",
        type=FieldType.CHOICE,
        choices=(Choice(value="us", label="US"), Choice(value="eu", label="EU")),
        help_text="Where the account was created. Left empty, the test finds it out.",
    ),
    Field(
        key="app_api_key",
        label="App API key",
        secret=True,
        pattern=_KEY,
        help_text=f"Under Settings › API Credentials › App API Keys: {KEYS_PAGE}?keyType=app. Shown once, "
        "when it is made. Needed to send transactional e-mail. "
        "If the key has an IP allow-list, it must hold this server.",
    ),
    Field(
        key=SIGNING_KEY,
        label="Webhook signing key",
        secret=True,
        pattern=_KEY,
        help_text="Under Integrations › Reporting Webhooks, beside the webhook. Needed only to receive "
        "events, and asked for once the webhook stands there: leave it empty until then.",
    ),
)

SANDBOX_VALUES = {
    "site_id": "sandbox-site",
    "track_api_key": "sandbox-track-key",
    "region": "us",
    "app_api_key": "sandbox-app-key",
}


def check(values: Mapping[str, str]) -> None:
    """Check entered values together; raises `Permanent` naming the field."""
    for field in FIELDS:
        value = values.get(field.key, "")
        if value and field.pattern and not re.fullmatch(field.pattern, value):
            raise _refuse(
                field.key,
                f"{field.label} holds a space or a character that no key has.",
                "Paste it again, alone.",
            )
    if values.get("region") and values["region"] not in REGIONS:
        raise _refuse("region", "This region does not exist.", "Choose US or EU, or leave it empty.")
    site_id, track_key = values.get("site_id"), values.get("track_api_key")
    if site_id and not track_key:
        raise _refuse(
            "track_api_key", "The Site ID has no Track API key.", f"Enter the key beside it at {KEYS_PAGE}."
        )
    if track_key and not site_id:
        raise _refuse(
            "site_id", "The Track API key has no Site ID.", f"Enter the one beside it at {KEYS_PAGE}."
        )
    if not site_id and not values.get("app_api_key") and not values.get(SIGNING_KEY):
        raise _refuse(
            "site_id",
            "There is no key to connect with.",
            "Enter Site ID and Track API key, or an App API key, or all three.",
        )


def label(values: Mapping[str, str]) -> str:
    """Return the account's region, "EU" or "US"; empty while it is unknown."""
    region = values.get("region", "")
    return region.upper() if region in REGIONS else ""


def test(account: Account, send: Send) -> Checked:
    """Try every key that the account has and learn its region.

    Reads only. Raises `NeedsHuman` when a key is refused, `Permanent` when the
    chosen region is not the account's, and what the calls raise.
    """
    check(account.values)
    if not account.values.get("site_id") and not account.values.get("app_api_key"):
        return Checked(
            "This connection only receives events; there is no key to try.",
            warnings=("Calls to Customer.io need a Track API key or an App API key.",),
        )
    region = account.values.get("region", "")
    workspace_id = ""
    warnings: list[str] = []
    if account.values.get("site_id"):
        region, workspace_id, warnings = _test_track(account, send, region)
    names: dict[str, str] = {}
    if account.values.get("app_api_key"):
        region, names, found = _test_app(account, send, region)
        warnings += found
        if workspace_id and names and workspace_id not in names:
            warnings.append(
                "The Track API key and the App API key belong to different workspaces. "
                f"Take both keys from the same workspace at {KEYS_PAGE}."
            )
    message = _message(region, workspace_id, names)
    return Checked(message, {"region": region} if region in REGIONS else {}, tuple(warnings))


def _test_track(account: Account, send: Send, chosen: str) -> tuple[str, str, list[str]]:
    """Return region, workspace id and warnings. Either region's host answers for both."""
    request = build(account, Api.TRACK, "GET", "/api/v1/accounts/region", region=chosen or REGIONS[0])
    answer = exchange(send, request, Api.TRACK, deadline=DEADLINE)
    told = str(answer.get("region", "")).lower()
    workspace_id = str(answer.get("environment_id") or "")
    if told not in REGIONS:
        return (
            chosen,
            workspace_id,
            [f"{PROVIDER} did not tell the account's region: choose it if calls fail."],
        )
    if chosen in REGIONS and chosen != told:
        remedy = f"Choose {told.upper()} as the connection's region."
        if not account.base_url:
            raise _refuse(
                "region", f"This account is in the {told.upper()}, not in the {chosen.upper()}.", remedy
            )
        return chosen, workspace_id, [f"This account is in the {told.upper()}. {remedy}"]
    return told, workspace_id, []


def _test_app(account: Account, send: Send, region: str) -> tuple[str, dict[str, str], list[str]]:
    """Return region, workspace names by id, and warnings about missing scopes."""
    region, answer, warnings = _workspaces(account, send, region)
    request = build(account, Api.APP, "GET", "/v1/transactional", region=region)
    try:
        exchange(send, request, Api.APP, deadline=DEADLINE)
    except Permanent as error:
        warnings.append(f"Transactional messages can't be listed or sent: {error.message} {error.remedy}")
    request = build(account, Api.APP, "GET", "/v1/reporting_webhooks", region=region)
    try:
        exchange(send, request, Api.APP, deadline=DEADLINE)
    except Permanent as error:
        if error.status == 403:
            warnings.append(f"Webhooks must be registered by hand: {error.message} {error.remedy}")
    found = {
        str(item["id"]): str(item.get("name") or "")
        for item in items(answer.get("workspaces"))
        if "id" in item
    }
    return region, found, warnings


def _workspaces(account: Account, send: Send, region: str) -> tuple[str, dict[str, Any], list[str]]:
    """List the workspaces that the App key sees; where the region is unknown, try each in turn.

    A key of the other region is refused like a wrong one (401), so the last
    refusal counts.
    """
    tries = (region,) if region in REGIONS or account.base_url else REGIONS
    for attempt in tries[:-1]:
        with suppress(NeedsHuman):
            return _workspaces_in(account, send, attempt)
    return _workspaces_in(account, send, tries[-1])


def _workspaces_in(account: Account, send: Send, region: str) -> tuple[str, dict[str, Any], list[str]]:
    """Return region, answer and warnings; a key without this scope has proved itself by its 403."""
    request = build(account, Api.APP, "GET", "/v1/workspaces", region=region)
    try:
        return region, exchange(send, request, Api.APP, deadline=DEADLINE), []
    except Permanent as error:
        return region, {}, [f"Workspaces can't be listed with this App API key: {error.message}"]


def _message(region: str, workspace_id: str, names: Mapping[str, str]) -> str:
    where = f" ({region.upper()})" if region in REGIONS else ""
    if workspace_id:
        name = names.get(workspace_id, "")
        return f"Connected to {PROVIDER}{where}, workspace {workspace_id}" + (f" “{name}”." if name else ".")
    shown = ", ".join(f"“{name}”" if name else identity for identity, name in list(names.items())[:3])
    return f"Connected to {PROVIDER}{where}" + (f", workspace {shown}." if shown else ".")


def _refuse(field: str, message: str, remedy: str) -> Permanent:
    return Permanent(message, code="invalid_credentials", remedy=remedy, field=field)


AUTH = Auth(
    fields=FIELDS,
    test=test,
    check=check,
    label=label,
    sandbox_values=SANDBOX_VALUES,
)
