"""Connecting: what is checked on entry, what the test learns and warns of."""

import json
import re
from urllib.parse import urlsplit

import pytest

from apps.catalog.connectors.customerio import APP
from apps.catalog.connectors.customerio.client import HOSTS
from apps.catalog.errors import NeedsHuman, Permanent, Retryable
from apps.catalog.spec import Account
from apps.catalog.transport import Response
from tests.catalog.customerio.provider import answer

TRACK = {"site_id": "site", "track_api_key": "track-key"}
APP_KEY = {"app_api_key": "app-key"}
UNAUTHORIZED = answer(401, b'{"meta":{"error":"Unauthorized request"}}')


class Workspace:
    """Customer.io as one account sees it: answers by host and path."""

    def __init__(self, region="eu", workspace=7, answers=None):
        self.region, self.workspace, self.seen = region, workspace, []
        self.answers = answers or {}  # By the last part of the path.

    def __call__(self, request, *, deadline):
        """Answer as this account's region would."""
        url = urlsplit(request.url)
        self.seen.append(f"{url.netloc}{url.path}")
        name = url.path.rsplit("/", 1)[-1]
        if name in self.answers:
            return self.answers[name]
        if url.path == "/api/v1/accounts/region":
            told = {"url": "https://x", "region": self.region, "environment_id": self.workspace}
            return answer(body=json.dumps(told).encode())
        if url.netloc.endswith("customer.io") and ("-eu" in url.netloc) != (self.region == "eu"):
            return UNAUTHORIZED
        if name == "workspaces":
            return answer(body=b'{"workspaces":[{"id":7,"name":"Shop"},{"id":8,"name":"Blog"}]}')
        return answer(body=b'{"messages":null}')


def run(provider, values, base_url=""):
    return APP.auth.test(Account(values, base_url), provider)


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({}, "site_id"),
        ({"region": "eu"}, "site_id"),
        ({"site_id": "site"}, "track_api_key"),
        ({"track_api_key": "key"}, "site_id"),
        ({"site_id": "site", **APP_KEY}, "track_api_key"),
        (TRACK | {"region": "apac"}, "region"),
        (TRACK | {"site_id": "a:b"}, "site_id"),
        (TRACK | {"track_api_key": "two words"}, "track_api_key"),
        (TRACK | {"app_api_key": "key\r\nX-Other: 1"}, "app_api_key"),
        (TRACK | {"webhook_signing_key": "ключ"}, "webhook_signing_key"),
    ],
)
def test_values_that_can_not_work_are_refused_by_field(values, field):
    with pytest.raises(Permanent) as caught:
        APP.auth.check(values)

    assert caught.value.field == field
    assert caught.value.remedy
    assert not [value for value in ("two words", "key\r", "ключ") if value in caught.value.message]


@pytest.mark.parametrize(
    "values", [TRACK, APP_KEY, TRACK | APP_KEY | {"region": ""}, TRACK | {"region": "us"}]
)
def test_either_kind_of_key_is_enough(values):
    APP.auth.check(values)


def test_the_track_key_tells_the_region_and_the_workspace():
    checked = run(Workspace(), TRACK)

    assert checked.learned == {"region": "eu"}
    assert checked.warnings == ()
    assert checked.message == "Connected to Customer.io (EU), workspace 7."


def test_both_keys_of_one_workspace_are_well():
    provider = Workspace()

    checked = run(provider, TRACK | APP_KEY)

    assert checked.learned == {"region": "eu"}
    assert checked.warnings == ()
    assert checked.message == "Connected to Customer.io (EU), workspace 7 “Shop”."
    assert provider.seen[1:] == [
        "api-eu.customer.io/v1/workspaces",
        "api-eu.customer.io/v1/transactional",
        "api-eu.customer.io/v1/reporting_webhooks",
    ]


def test_keys_of_two_workspaces_are_warned_of():
    checked = run(Workspace(workspace=99), TRACK | APP_KEY)

    assert "different workspaces" in checked.warnings[0]


@pytest.mark.parametrize("region", ["us", "eu"])
def test_an_app_key_alone_finds_its_region(region):
    checked = run(Workspace(region), APP_KEY)

    assert checked.learned == {"region": region}
    assert region.upper() in checked.message


def test_an_app_key_that_both_regions_refuse_needs_a_person():
    provider = Workspace(answers={"workspaces": UNAUTHORIZED})

    with pytest.raises(NeedsHuman):
        run(provider, APP_KEY)

    assert provider.seen == ["api.customer.io/v1/workspaces", "api-eu.customer.io/v1/workspaces"]


def test_a_chosen_region_is_not_tried_elsewhere():
    provider = Workspace("eu")

    with pytest.raises(NeedsHuman):
        run(provider, APP_KEY | {"region": "us"})

    assert provider.seen == ["api.customer.io/v1/workspaces"]


def test_a_region_that_is_not_the_accounts_is_refused():
    with pytest.raises(Permanent) as caught:
        run(Workspace("eu"), TRACK | {"region": "us"})

    assert caught.value.field == "region"
    assert "EU" in caught.value.remedy


def test_behind_a_base_address_another_region_is_a_warning():
    provider = Workspace("us")

    checked = run(provider, TRACK | {"region": "eu"}, "http://127.0.0.1:9")

    assert checked.learned == {"region": "eu"}
    assert "US" in checked.warnings[0]
    assert provider.seen == ["127.0.0.1:9/api/v1/accounts/region"]


def test_behind_a_base_address_an_app_key_works_without_a_region():
    provider = Workspace()

    checked = run(provider, APP_KEY, "http://127.0.0.1:9/")

    assert checked.learned == {}
    assert provider.seen == [
        "127.0.0.1:9/v1/workspaces",
        "127.0.0.1:9/v1/transactional",
        "127.0.0.1:9/v1/reporting_webhooks",
    ]


def test_a_refused_track_key_needs_a_person():
    with pytest.raises(NeedsHuman) as caught:
        run(Workspace(answers={"region": UNAUTHORIZED}), TRACK)

    assert "Site ID" in caught.value.remedy


def test_a_signing_key_alone_receives_events_and_asks_nobody():
    provider = Workspace()

    checked = run(provider, {"webhook_signing_key": "k" * 64})

    assert provider.seen == []
    assert "only receives events" in checked.message


@pytest.mark.parametrize("name", ["transactional", "workspaces", "reporting_webhooks"])
def test_a_missing_scope_is_a_warning(name):
    refused = answer(403, b'{"errors":[{"detail":"missing scope","status":"403"}]}')

    checked = run(Workspace(answers={name: refused}), TRACK | APP_KEY)

    assert len(checked.warnings) == 1
    assert "missing scope" in checked.warnings[0]


@pytest.mark.parametrize("name", ["region", "workspaces", "transactional"])
def test_a_provider_that_is_down_is_not_a_refusal(name):
    with pytest.raises(Retryable):
        run(Workspace(answers={name: Response(503, {}, b"")}), TRACK | APP_KEY | {"region": "eu"})


@pytest.mark.parametrize("body", [b"{}", b'{"region":null}', b'{"region":"mars","environment_id":null}'])
def test_an_unknown_region_is_warned_of_and_not_learned(body):
    checked = run(Workspace(answers={"region": answer(body=body)}), TRACK)

    assert checked.learned == {}
    assert "region" in checked.warnings[0]


@pytest.mark.parametrize(("values", "label"), [({"region": "eu"}, "EU"), ({"region": "us"}, "US"), ({}, "")])
def test_the_label_is_the_region(values, label):
    assert APP.auth.label(values) == label


def test_secrets_are_marked_and_every_field_says_where_it_is_found():
    fields = {field.key: field for field in APP.auth.fields}

    assert {key for key, field in fields.items() if field.secret} == {
        "track_api_key",
        "app_api_key",
        "webhook_signing_key",
    }
    assert all(field.help_text for field in fields.values())
    assert not [field for field in fields.values() if field.required]
    assert all(key in fields for action in APP.actions for key in action.requires)


def test_the_sandbox_values_pass_the_check_and_the_patterns():
    APP.auth.check(APP.auth.sandbox_values)

    for field in APP.auth.fields:
        value = APP.auth.sandbox_values.get(field.key)
        assert value is None or field.pattern is None or re.fullmatch(field.pattern, value)


def test_every_region_has_both_hosts():
    assert len(HOSTS) == 4
    assert all(host.startswith("https://") and host.endswith(".customer.io") for host in HOSTS.values())
