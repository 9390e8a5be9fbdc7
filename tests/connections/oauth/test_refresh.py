"""Tokens that end: renewed ahead, by one alone, and never lost."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.catalog import registry
from apps.catalog.errors import Certainty, Retryable
from apps.connections import senders, services
from apps.connections.accounts import account_of
from apps.connections.models import Connection
from apps.connections.oauth import refreshing, sweep
from apps.connections.oauth.models import OAuthGrant
from apps.console.choices import fetch
from apps.runs.calling import open_contacts
from tests.connections.oauth.conftest import SYSTEM
from tests.connections.oauth.provider import say

TOKEN = "/api/oauth.v2.access"
SECONDS = timedelta(seconds=1)


@pytest.fixture
def rotating(traveller, provider):
    """Return a connection whose token rotates and is to be renewed now."""
    provider.rotates = True
    connection = traveller.connect()
    make_due()
    return connection


def make_due(*, expires_in=600):
    now = timezone.now()
    OAuthGrant.objects.update(refresh_at=now - SECONDS, expires_at=now + timedelta(seconds=expires_in))


def grant():
    return OAuthGrant.objects.select_related("connection__workspace").get()


def token_of(connection):
    return account_of(Connection.objects.get(pk=connection.pk)).values["bot_token"]


def test_a_token_is_renewed_a_quarter_of_an_hour_before_its_end(traveller, provider):
    provider.rotates = True
    traveller.connect()

    left = grant().expires_at - grant().refresh_at
    assert left == timedelta(minutes=15)
    assert not refreshing.refresh(grant())
    assert provider.count(TOKEN) == 1


def test_a_short_life_is_renewed_in_its_last_third(traveller, provider):
    provider.rotates, provider.expires_in = True, 90
    traveller.connect()

    assert grant().expires_at - grant().refresh_at == timedelta(seconds=30)


def test_a_renewal_replaces_both_tokens(rotating, provider):
    before, revision = token_of(rotating), Connection.objects.get().revision
    first = provider.grants[0].refresh

    assert refreshing.refresh(grant())

    assert provider.grants[0].refresh != first
    assert token_of(rotating) == provider.grants[0].access != before
    assert Connection.objects.get().revision == revision + 1
    assert Connection.objects.get().label == "bot"
    make_due()
    assert refreshing.refresh(grant())
    assert token_of(rotating) == provider.grants[0].access


def test_the_same_grant_read_twice_is_renewed_once(rotating, provider):
    first, second = grant(), grant()

    assert refreshing.refresh(first)
    assert not refreshing.refresh(second)
    assert provider.count(TOKEN) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
def test_of_many_at_once_one_sends(rotating, provider):
    ready, results = threading.Barrier(6), []

    def run():
        mine = grant()
        ready.wait(5)
        results.append(refreshing.refresh(mine))
        database.close()

    threads = [threading.Thread(target=run) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    assert sorted(results) == [False] * 5 + [True]
    assert provider.count(TOKEN) == 2


def test_nobody_sends_while_a_lease_is_held(rotating, provider):
    OAuthGrant.objects.update(lease_until=timezone.now() + timedelta(seconds=30))

    assert not refreshing.refresh(grant())
    assert provider.count(TOKEN) == 1


def test_a_refused_renewal_breaks_the_connection_and_says_what_to_do(rotating, provider, traveller):
    provider.grants[0].over = True

    assert not refreshing.refresh(grant())

    broken = Connection.objects.get()
    assert broken.status == Connection.Status.BROKEN
    assert "Press Authorize again" in broken.status_reason
    assert grant().refresh_at is None
    content = traveller.browser.get(f"/admin/connections/connection/{broken.pk}/change/").content.decode()
    assert ">Authorize again</button>" in content


def test_authorising_again_mends_it(rotating, provider, traveller):
    provider.grants[0].over = True
    refreshing.refresh(grant())

    mended = traveller.connect(connection=rotating)

    assert mended.status == Connection.Status.CONNECTED
    assert grant().refresh_at is not None


@pytest.mark.parametrize(
    "answer", [(0, {}, b""), (503, {}, b"busy"), (200, {}, b"<html>"), say(200, {"ok": True})]
)
def test_an_unclear_renewal_is_tried_once_more_and_then_not_before_the_token_has_ended(
    rotating, provider, answer
):
    provider.before[TOKEN] = lambda: answer

    refreshing.refresh(grant())
    once = grant()
    OAuthGrant.objects.update(refresh_at=timezone.now() - SECONDS)
    refreshing.refresh(grant())
    twice = grant()

    assert Connection.objects.get().status == Connection.Status.CONNECTED
    assert (once.unclear, twice.unclear) == (1, 2)
    assert timedelta(seconds=20) < once.refresh_at - timezone.now() <= refreshing.LEASE
    assert twice.refresh_at == twice.expires_at


def test_an_answer_that_was_lost_is_made_up_for_by_the_second_renewal(rotating, provider):
    provider.before[TOKEN] = lambda: (503, {}, b"busy")
    refreshing.refresh(grant())
    provider.before.clear()
    OAuthGrant.objects.update(refresh_at=timezone.now() - SECONDS)

    assert refreshing.refresh(grant())
    assert grant().unclear == 0


def test_a_renewal_that_was_surely_not_done_is_repeated(rotating, provider):
    provider.before[TOKEN] = lambda: say(429, {"ok": False, "error": "ratelimited"})

    refreshing.refresh(grant())

    assert grant().unclear == 0
    assert grant().refresh_at > timezone.now() + timedelta(seconds=50)
    assert Connection.objects.get().status == Connection.Status.CONNECTED


def test_a_refused_client_is_the_operators_to_mend_and_the_renewal_goes_on_afterwards(rotating, provider):
    provider.before[TOKEN] = lambda: say(200, {"ok": False, "error": "bad_client_secret"})
    refreshing.refresh(grant())
    needs = Connection.objects.get()
    provider.before.clear()
    make_due()

    refreshing.refresh(grant())

    assert needs.status == Connection.Status.NEEDS_ATTENTION
    assert "An operator must check" in needs.status_reason
    assert Connection.objects.get().status == Connection.Status.CONNECTED


def meanwhile(monkeypatch, happen):
    """Let something happen between the provider's answer and its being written."""
    send = senders.live_send

    def sent(request, *, deadline):
        response = send(request, deadline=deadline)
        happen()
        return response

    monkeypatch.setattr(senders, "live_send", sent)


def test_an_answer_behind_a_lost_lease_is_written_all_the_same(rotating, provider, monkeypatch):
    """The former refresh token is spent: throwing the new one away would end the grant."""
    meanwhile(monkeypatch, lambda: OAuthGrant.objects.update(lease_token=None, lease_until=None))

    assert refreshing.refresh(grant())
    assert token_of(rotating) == provider.grants[0].access


def test_an_answer_for_a_grant_that_was_replaced_is_dropped(rotating, provider, monkeypatch):
    meanwhile(monkeypatch, lambda: OAuthGrant.objects.update(generation=99))
    before = token_of(rotating)

    assert not refreshing.refresh(grant())
    assert token_of(rotating) == before


def test_a_disconnected_one_is_not_renewed(rotating, provider):
    services.disconnect(rotating, actor=SYSTEM)

    assert not OAuthGrant.objects.exists()
    assert provider.count(TOKEN) == 1


def test_the_test_of_a_connection_renews_first(rotating, provider):
    provider.grants[0].access = "ended"

    services.test_connection(rotating, actor=SYSTEM)

    assert Connection.objects.get().status == Connection.Status.CONNECTED
    assert provider.count(TOKEN) == 2


def test_a_refused_call_is_confirmed_with_a_renewed_token(rotating, provider):
    """The worker's 401 over a token that has ended does not break the connection."""
    provider.grants[0].access = "ended"

    assert services.confirm_broken(rotating, reason="Slack refused the bot token.") is False
    assert Connection.objects.get().status == Connection.Status.CONNECTED


def test_a_worker_waits_for_the_renewal_instead_of_making_it(rotating, provider, workspace):
    make_due(expires_in=5)

    contacts = open_contacts([(workspace.pk, str(rotating.code))])

    refusal = contacts[workspace.pk, str(rotating.code)].refusal
    assert isinstance(refusal, Retryable)
    assert refusal.certainty is Certainty.NOT_DONE
    assert provider.count(TOKEN) == 1


def test_a_token_with_life_left_is_used_while_it_is_renewed(rotating, workspace):
    contacts = open_contacts([(workspace.pk, str(rotating.code))])

    assert contacts[workspace.pk, str(rotating.code)].refusal is None


def test_the_workers_look_hands_each_due_token_to_a_task(rotating, provider, monkeypatch):
    queued = []
    monkeypatch.setattr(sweep, "async_task", lambda *task: queued.append(task))
    monkeypatch.setattr(sweep, "_next", [0.0])

    sweep.look(at=timezone.now())
    sweep.look(at=timezone.now())
    for _, number in queued:
        sweep.renew(number)
        sweep.renew(number)

    assert queued == [(sweep.RENEW_TASK, grant().pk)]
    assert provider.count(TOKEN) == 2


def test_a_list_to_choose_from_is_fetched_with_a_renewed_token(rotating, provider):
    provider.grants[0].access = "ended"

    action = registry.get_app("slack").action("list-channels")
    assert action is not None
    fetch(rotating, action)

    assert provider.count(TOKEN) == 2
