"""Connections opened for runs: decrypted once, and never used as they were before a change."""

from datetime import timedelta

import pytest
from django.utils import timezone

from apps.common import crypto
from apps.connections import services
from apps.connections.models import Connection
from apps.connections.oauth.models import OAuthGrant
from apps.runs.calling import open_contacts
from tests.connections.conftest import STRIPE_KEY


@pytest.fixture
def stripe(workspace, actor):
    return services.create_connection(
        workspace, actor=actor, app="stripe", name="Stripe", values={"api_key": STRIPE_KEY}
    )


@pytest.fixture
def unsealed(monkeypatch):
    """Count what is decrypted."""
    bindings = []
    unseal = crypto.unseal_json

    def note(blob, *, bound_to):
        bindings.append(bound_to)
        return unseal(blob, bound_to=bound_to)

    monkeypatch.setattr(crypto, "unseal_json", note)
    return bindings


def contact(connection):
    key = (connection.workspace_id, str(connection.code))
    return open_contacts([key])[key]


def key_of(connection):
    account = contact(connection).account
    return account and account.values["api_key"]


def test_what_has_not_changed_is_decrypted_once(stripe, unsealed):
    assert [key_of(stripe) for _ in range(3)] == [STRIPE_KEY] * 3
    once = len(unsealed)
    services.touch_used([stripe.pk], at=timezone.now())

    assert key_of(stripe) == STRIPE_KEY
    assert len(unsealed) == once
    assert contact(stripe).secrets == (STRIPE_KEY,)


def test_a_reconnected_one_is_called_with_its_new_key(stripe, actor):
    key_of(stripe)
    services.reconnect(stripe, actor=actor, values={"api_key": "sk_test_another00000001"})

    assert key_of(stripe) == "sk_test_another00000001"
    assert contact(stripe).secrets == ("sk_test_another00000001",)


def test_a_disconnected_one_is_not_called(stripe, actor):
    key_of(stripe)
    services.disconnect(stripe, actor=actor)
    found = contact(stripe)

    assert (found.account, found.refusal.code) == (None, "connection_disconnected")


def test_a_broken_one_is_not_called_and_opened_anew_when_it_is_well(stripe, unsealed):
    key_of(stripe)
    before = len(unsealed)
    Connection.objects.mark_broken(stripe.pk, reason="The key was revoked.", at=timezone.now())

    assert contact(stripe).refusal.code == "connection_broken"
    Connection.objects.filter(pk=stripe.pk).update(status=Connection.Status.CONNECTED, status_reason="")
    assert key_of(stripe) == STRIPE_KEY
    assert len(unsealed) > before


@pytest.mark.parametrize("changed", [{"base_url": "http://127.0.0.1:9000"}, {"app": "customerio"}])
def test_one_that_was_moved_behind_the_services_is_refused(stripe, changed):
    key_of(stripe)
    Connection.objects.filter(pk=stripe.pk).update(**changed)

    assert contact(stripe).refusal.code == "credentials_unreadable"


def test_one_whose_key_of_encryption_is_gone_is_refused(stripe, settings):
    key_of(stripe)
    settings.FIELD_KEYS = ["another-key-of-at-least-32-characters"]

    assert contact(stripe).refusal is not None


def test_a_grant_that_changes_is_seen(stripe, unsealed):
    grant = OAuthGrant.objects.create(connection=stripe, client_id="ca_1", account_id="acct_1")
    key_of(stripe)
    before = len(unsealed)
    OAuthGrant.objects.filter(pk=grant.pk).update(
        generation=2, expires_at=timezone.now() + timedelta(hours=1)
    )

    assert key_of(stripe) == STRIPE_KEY
    assert len(unsealed) > before


def test_what_a_caller_does_to_its_values_changes_nobody_elses(stripe):
    first = contact(stripe)
    first.account.values["api_key"] = "changed"
    first.connection.values["region"] = "changed"

    assert key_of(stripe) == STRIPE_KEY
    assert contact(stripe).connection.values == stripe.values


def test_the_row_is_as_the_model_reads_it(stripe):
    found, read = contact(stripe).connection, Connection.objects.select_related("workspace").get(pk=stripe.pk)
    names = [each.attname for each in Connection._meta.concrete_fields]
    of_workspace = [each.attname for each in type(read.workspace)._meta.concrete_fields]

    assert [getattr(found, name) for name in names] == [getattr(read, name) for name in names]
    assert [getattr(found.workspace, name) for name in of_workspace] == [
        getattr(read.workspace, name) for name in of_workspace
    ]


def test_another_workspaces_connection_is_not_opened(stripe, other_workspace):
    assert open_contacts([(other_workspace.pk, str(stripe.code))]) == {}
