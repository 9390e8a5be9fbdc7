"""What happens at the same moment is done once, on a real database."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection as database

from apps.common.errors import ServiceError
from apps.connections.models import Connection
from apps.connections.oauth import flow, grants
from apps.connections.oauth.models import OAuthState
from apps.workspaces.access import Actor
from tests.connections.oauth.conftest import visit
from tests.connections.oauth.test_hostile import provider_code, state_of

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def at_once(act: Callable[[int], object], times: int = 5) -> list[str]:
    """Do something several times at the same moment; return how each went."""
    ready, went = threading.Barrier(times), []

    def run(number: int) -> None:
        ready.wait(5)
        try:
            act(number)
            went.append("done")
        except ServiceError as error:
            went.append(error.code)
        finally:
            database.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    return sorted(went)


def test_of_many_callbacks_one_exchanges_the_code(traveller, provider, owner):
    back = visit(traveller.begin())
    person = flow.Person(owner, traveller.browser.session.session_key)
    state, code = state_of(back), provider_code(back)

    went = at_once(lambda _: flow.finish("slack", person=person, state=state, code=code, error=""))

    assert went == ["callback_refused"] * 4 + ["done"]
    assert provider.count("/api/oauth.v2.access") == 1


def test_of_many_decisions_one_connects(traveller, provider, owner):
    traveller.authorise()

    def use(number: int) -> None:
        state = OAuthState.objects.select_related("workspace", "connection").get()
        grants.use(state, actor=Actor.of(owner), name=f"Slack {number}")

    went = at_once(use)

    assert went.count("done") == 1
    assert Connection.objects.count() == 1
