"""Connections made, mended and given up, through the services alone."""

import datetime as dt
import json
import uuid
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from apps.catalog.models import App
from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.connections import accounts, credentials, registration, services
from apps.connections.models import Connection, Endpoint, Use
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.connections.conftest import KEY_OF_STAND_IN, STRIPE_KEY, json_response
from tests.factories import ConnectionFactory
from tests.personas import MEMBERS

CIO = {"site_id": "site-1", "track_api_key": "canary-track-key-0042"}


def create(workspace, actor, **changes):
    given = {"app": "stripe", "name": "Stripe", "values": {"api_key": STRIPE_KEY}, **changes}
    return services.create_connection(workspace, actor=actor, **given)


def test_a_connection_keeps_its_secrets_sealed_and_the_rest_in_the_open(workspace, actor):
    connection = create(workspace, actor, app="customerio", values={**CIO, "region": "eu"})

    assert connection.values == {"site_id": "site-1", "region": "eu"}
    assert connection.hints == {"track_api_key": "0042"}
    assert connection.label == "EU"
    assert connection.status == Connection.Status.UNTESTED
    assert accounts.account_of(connection).values == {**CIO, "region": "eu"}
    assert accounts.secrets_of(connection) == ("canary-track-key-0042",)


def test_a_short_secret_gives_no_hint(workspace, actor):
    connection = create(
        workspace, actor, app="customerio", values={"site_id": "s", "track_api_key": "shorty"}
    )

    assert connection.hints == {"track_api_key": ""}


def test_spaces_around_a_pasted_key_are_cut(workspace, actor):
    connection = create(workspace, actor, values={"api_key": f"  {STRIPE_KEY}\n"})

    assert accounts.account_of(connection).values["api_key"] == STRIPE_KEY


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"app": "stirpe"}, "app"),
        ({"name": "  "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"values": {}}, "api_key"),
        ({"values": {"api_key": "pk_live_0123456789"}}, "api_key"),
        ({"values": {"api_key": "sk_test_with\x00nul"}}, "api_key"),
        ({"values": {"api_key": STRIPE_KEY, "other": "x"}}, "other"),
        ({"app": "customerio", "values": {**CIO, "region": "mars"}}, "region"),
        ({"base_url": "http://10.0.0.5:8080"}, "base_url"),
    ],
)
def test_what_is_wrong_is_named_by_field_and_nothing_is_stored(workspace, actor, changes, field):
    with pytest.raises(ValidationFailed) as raised:
        create(workspace, actor, **changes)

    assert raised.value.field == field
    assert STRIPE_KEY not in raised.value.as_text()
    assert not Connection.objects.exists()


def test_an_unknown_app_says_what_was_meant(workspace, actor):
    with pytest.raises(ValidationFailed) as raised:
        create(workspace, actor, app="stirpe")

    assert "“stripe”" in raised.value.remedy


def test_a_connection_of_an_app_that_is_switched_off_can_still_be_mended(workspace, actor):
    connection = create(workspace, actor)
    App.objects.filter(key="stripe").update(enabled=False)

    services.reconnect(connection, actor=actor, values={"api_key": "sk_live_canary00001111"})

    assert accounts.account_of(connection).values["api_key"] == "sk_live_canary00001111"


def test_an_app_that_is_switched_off_is_not_connected(workspace, actor):
    App.objects.filter(key="stripe").update(enabled=False)

    with pytest.raises(ValidationFailed, match="switched off"):
        create(workspace, actor)


@pytest.mark.parametrize(
    "address",
    [
        "ftp://127.0.0.1:9000",
        "127.0.0.1:9000",
        "http://user:pass@127.0.0.1:9000",
        "http://127.0.0.1:9000?x=1",
        "http://127.0.0.1:9000#x",
        "http://127.0.0.1:9000/../up",
        "http://127.0.0.1:9001",
        "http://127.0.0.1",
        "http://localhost:9000",
        "http://127.0.0.1:9000 .example.com",
        "http://127.0.0.1:99999",
        "http://[::1",
    ],
)
def test_a_base_address_must_be_one_that_is_allowed(workspace, actor, settings, address):
    settings.EGRESS_ALLOW = ["127.0.0.1:9000"]

    with pytest.raises(ValidationFailed) as raised:
        create(workspace, actor, base_url=address)

    assert raised.value.field == "base_url"


def test_a_base_address_may_have_a_path(workspace, actor, settings):
    settings.EGRESS_ALLOW = ["127.0.0.1:9000"]

    assert (
        create(workspace, actor, base_url="http://127.0.0.1:9000/t1/").base_url == "http://127.0.0.1:9000/t1"
    )


def test_a_name_is_taken_once_and_free_again_after_disconnecting(workspace, other_workspace, actor):
    first = create(workspace, actor)
    with pytest.raises(Conflict, match="already"):
        create(workspace, actor)
    create(other_workspace, actor)

    services.disconnect(first, actor=actor)

    assert create(workspace, actor).pk != first.pk


def test_a_sandbox_fills_itself_in(workspace, actor):
    connection = create(workspace, actor, values={}, sandbox=True)

    assert connection.status == Connection.Status.CONNECTED
    assert accounts.account_of(connection).values == {"api_key": KEY_OF_STAND_IN}


@pytest.mark.parametrize("persona", MEMBERS)
def test_only_managers_connect(persona, request, workspace):
    actor = Actor.of(request.getfixturevalue(persona))

    if persona in ("owner", "admin_member"):
        assert create(workspace, actor).created_by == actor.user
    else:
        with pytest.raises(NotAllowed):
            create(workspace, actor)


def test_secrets_do_not_open_for_another_address_app_or_row(workspace, actor, settings):
    settings.EGRESS_ALLOW = ["127.0.0.1:9000"]
    connection, other = create(workspace, actor), create(workspace, actor, name="Other")

    for changed in ({"base_url": "http://127.0.0.1:9000"}, {"app": "customerio"}, {"sandbox": True}):
        Connection.objects.filter(pk=connection.pk).update(**changed)
        with pytest.raises(credentials.CredentialsUnreadableError, match="another address"):
            accounts.account_of(Connection.objects.get(pk=connection.pk))
        Connection.objects.filter(pk=connection.pk).update(base_url="", app="stripe", sandbox=False)
    Connection.objects.filter(pk=other.pk).update(credentials=connection.credentials)
    with pytest.raises(credentials.CredentialsUnreadableError):
        accounts.account_of(Connection.objects.get(pk=other.pk))


def test_a_connection_moved_behind_the_services_is_broken_until_its_keys_are_entered(
    workspace, actor, settings, network
):
    settings.EGRESS_ALLOW = ["127.0.0.1:9000"]
    connection = create(workspace, actor)
    Connection.objects.update(base_url="http://127.0.0.1:9000")

    services.test_connection(connection, actor=actor)
    assert connection.status == Connection.Status.BROKEN
    assert network.requests == []

    with pytest.raises(ValidationFailed, match="must be entered again"):
        services.reconnect(connection, actor=actor, values={})
    services.reconnect(connection, actor=actor, values={"api_key": STRIPE_KEY})
    assert connection.status == Connection.Status.UNTESTED
    assert accounts.account_of(connection).values == {"api_key": STRIPE_KEY}


def test_another_base_address_asks_for_every_secret_again(workspace, actor, settings):
    settings.EGRESS_ALLOW = ["127.0.0.1:9000"]
    connection = create(
        workspace, actor, app="customerio", values={**CIO, "app_api_key": "canary-app-key-0043"}
    )
    moved = {"actor": actor, "base_url": "http://127.0.0.1:9000"}

    with pytest.raises(ValidationFailed) as raised:
        services.reconnect(connection, values={"track_api_key": "a-new-track-key"}, **moved)
    assert raised.value.field == "app_api_key"
    assert Connection.objects.get().base_url == ""

    services.reconnect(
        connection, values={"track_api_key": "a-new-track-key", "app_api_key": "a-new-app-key"}, **moved
    )
    assert accounts.account_of(connection).base_url == "http://127.0.0.1:9000"


def test_reconnecting_counts_the_revision_and_leaves_the_rest(workspace, actor):
    connection = create(workspace, actor, app="customerio", values={**CIO, "region": "eu"})

    services.reconnect(connection, actor=actor, values={"track_api_key": "another-track-key-1111"})

    assert connection.revision == 2
    assert accounts.account_of(connection).values == {
        "site_id": "site-1",
        "region": "eu",
        "track_api_key": "another-track-key-1111",
    }


def test_a_reconnection_that_somebody_overtook_is_refused(workspace, actor, monkeypatch):
    connection = create(workspace, actor)
    usual = services.entries.check_together

    def overtaken(*args):
        Connection.objects.update(revision=7)
        return usual(*args)

    monkeypatch.setattr(services.entries, "check_together", overtaken)

    with pytest.raises(Conflict, match="changed meanwhile"):
        services.reconnect(connection, actor=actor, values={"api_key": "sk_test_another0001111"})
    assert accounts.account_of(Connection.objects.get()).values == {"api_key": STRIPE_KEY}


def test_disconnecting_wipes_the_secrets_and_removes_the_webhook(workspace, stand_in, public_url, actor):
    connection = create(workspace, actor, values={"api_key": KEY_OF_STAND_IN}, base_url=stand_in.url)
    registration.widen(connection, event_types={"charge.failed"}, actor=actor)
    assert len(stand_in.endpoints) == 1

    services.disconnect(connection, actor=actor)

    assert stand_in.endpoints == []
    assert bytes(connection.credentials) == b""
    assert bytes(Endpoint.objects.get().secret) == b""
    assert connection.hints == {}
    with pytest.raises(Conflict, match="was disconnected"):
        accounts.account_of(connection)


def test_disconnecting_goes_on_when_the_provider_is_gone_and_says_what_is_left(
    workspace, stand_in, public_url, actor
):
    connection = create(workspace, actor, values={"api_key": KEY_OF_STAND_IN}, base_url=stand_in.url)
    endpoint = registration.widen(connection, event_types={"charge.failed"}, actor=actor)
    stand_in.close()

    services.disconnect(connection, actor=actor)

    assert connection.status == Connection.Status.DISCONNECTED
    assert f"Delete the webhook {endpoint.provider_id} at Stripe by hand" in connection.status_reason


def test_a_publishing_that_commits_while_the_webhook_is_removed_is_refused(
    workspace, network, public_url, actor
):
    connection = create(workspace, actor)
    Endpoint.objects.update(provider_id="we_1")
    refused: list[str] = []

    def publishing(request):
        if not refused:
            with pytest.raises(Conflict) as raised, transaction.atomic():
                services.set_uses(
                    user_kind="workflow",
                    user_code=uuid.uuid4(),
                    label="W",
                    url="",
                    connection_ids={connection.pk},
                )
            refused.append(raised.value.code)
        return json_response(200, {"object": "list", "data": [], "has_more": False})

    network.answer = publishing
    services.disconnect(connection, actor=actor)

    assert refused == ["disconnected"]
    assert not Use.objects.exists()
    assert connection.status == Connection.Status.DISCONNECTED


def test_disconnecting_what_is_used_leaves_its_webhook_alone(workspace, network, public_url, actor):
    connection = create(workspace, actor)
    Endpoint.objects.update(provider_id="we_1")
    Use.objects.create(connection=connection, user_kind="workflow", user_code=uuid.uuid4(), label="W")

    with pytest.raises(Conflict, match="is used by"):
        services.disconnect(connection, actor=actor)

    assert network.requests == []


def test_a_process_that_ends_before_the_webhook_is_gone_leaves_word_of_it(workspace, network, actor):
    connection = create(workspace, actor)
    Endpoint.objects.update(provider_id="we_1")

    def ends(request):
        raise KeyboardInterrupt

    network.answer = ends
    with pytest.raises(KeyboardInterrupt):
        services.disconnect(connection, actor=actor)

    connection.refresh_from_db()
    assert connection.status == Connection.Status.DISCONNECTED
    assert bytes(connection.credentials) == b""
    assert connection.status_reason == "Delete the webhook we_1 at Stripe by hand."


def test_disconnecting_twice_is_refused(workspace, actor):
    connection = create(workspace, actor)
    services.disconnect(connection, actor=actor)

    with pytest.raises(Conflict, match="was disconnected"):
        services.disconnect(connection, actor=actor)


def test_a_use_protects_from_disconnecting_until_it_is_cleared(workspace, actor):
    connection, code = create(workspace, actor), uuid.uuid4()
    used: dict[str, Any] = {"user_kind": "workflow", "user_code": code}
    with transaction.atomic():
        services.set_uses(**used, label="Tell the team", url="/x/", connection_ids={connection.pk})

    with pytest.raises(Conflict, match="Tell the team") as raised:
        services.disconnect(connection, actor=actor)
    assert raised.value.details == [{"message": "Tell the team", "kind": "workflow", "url": "/x/"}]

    services.clear_uses(**used)
    services.disconnect(connection, actor=actor)


def test_uses_are_replaced_by_the_next_setting(workspace, actor):
    first, second, code = create(workspace, actor), create(workspace, actor, name="Other"), uuid.uuid4()
    for label, ids in (("Old name", {first.pk, second.pk}), ("New name", {second.pk})):
        with transaction.atomic():
            services.set_uses(user_kind="workflow", user_code=code, label=label, url="", connection_ids=ids)

    assert list(Use.objects.values_list("connection", "label")) == [(second.pk, "New name")]


def test_a_disconnected_connection_takes_no_new_use(workspace, actor):
    connection = create(workspace, actor)
    services.disconnect(connection, actor=actor)

    with pytest.raises(Conflict), transaction.atomic():
        services.set_uses(
            user_kind="workflow", user_code=uuid.uuid4(), label="W", url="", connection_ids={connection.pk}
        )


def test_the_moment_of_the_last_use_never_goes_back(workspace, actor):
    connection, now = create(workspace, actor), timezone.now()

    services.touch_used([connection.pk], at=now)
    services.touch_used([connection.pk], at=now - dt.timedelta(hours=1))

    assert Connection.objects.get().last_used_at == now


def test_every_change_is_in_the_audit_trail_without_a_secret(workspace, actor):
    connection = create(workspace, actor)
    services.reconnect(connection, actor=actor, values={"api_key": "sk_live_canary00001111"})
    services.rename_connection(connection, actor=actor, name="Renamed")
    services.disconnect(connection, actor=actor)

    entries = AuditEntry.objects.filter(target_code=str(connection.code)).order_by("pk")
    assert [entry.verb for entry in entries] == [
        "connection.created",
        "connection.reconnected",
        "connection.renamed",
        "connection.disconnected",
    ]
    told = json.dumps([[entry.before, entry.after] for entry in entries])
    assert STRIPE_KEY not in told
    assert "sk_live_canary00001111" not in told
    assert '"api_key": "replaced"' in told


def test_no_column_holds_a_secret_in_the_clear(workspace, actor, public_url, network):
    network.answer = lambda request: json_response(401, {"error": {"message": f"Invalid: {STRIPE_KEY}"}})
    connection = create(workspace, actor)
    services.test_connection(connection, actor=actor)

    for model in (Connection, Endpoint, AuditEntry):
        for row in model.objects.values():
            assert STRIPE_KEY not in repr(
                {key: bytes(v) if isinstance(v, memoryview) else v for key, v in row.items()}
            )


def test_renaming_to_a_taken_name_is_refused(workspace, actor):
    create(workspace, actor)
    other = ConnectionFactory(workspace=workspace, name="Other")

    with pytest.raises(Conflict, match="already"):
        services.rename_connection(other, actor=actor, name="Stripe")
