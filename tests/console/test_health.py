"""Probes and Prometheus's page, at their doors."""

import pytest
from django.db import connection as database
from django.db.migrations.recorder import MigrationRecorder

from apps.console.health import probes
from tests.factories import DeliveryFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def own(monkeypatch):
    """Give each test a probe's connection of its own, closed behind it."""
    made = probes._OwnConnection()
    monkeypatch.setattr(probes, "_OWN", made)
    yield made
    if made._connection is not None:
        made._close()


def test_a_living_process_says_so_without_asking_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/livez", headers={"host": "10.1.2.3:8000"})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})


@pytest.mark.django_db(transaction=True)
def test_a_migrated_database_makes_it_ready(client):
    response = client.get("/readyz", headers={"host": "10.1.2.3:8000"})

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


def test_readiness_asks_over_a_connection_of_its_own(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        client.get("/readyz")

    assert probes._OWN._connection is not database


@pytest.mark.django_db(transaction=True)
def test_a_database_that_lacks_a_migration_makes_it_unready(client):
    with database.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'runs' AND name = '0001_initial'")
    try:
        response = client.get("/readyz")
    finally:
        MigrationRecorder(database).record_applied("runs", "0001_initial")

    assert response.status_code == 503
    assert response.json()["reason"].startswith("Not all migrations are applied (1 wait)")


def test_a_database_that_is_away_makes_it_unready_with_the_reason(client, monkeypatch):
    monkeypatch.setitem(database.settings_dict, "NAME", "/nowhere/at/all")
    monkeypatch.setitem(database.settings_dict, "HOST", "/nowhere/at/all")

    response = client.get("/readyz")

    assert response.status_code == 503
    assert response.json()["reason"] == "The database does not answer."


@pytest.mark.parametrize("path", ["/livez", "/readyz"])
def test_a_probe_takes_no_post(client, path):
    assert client.post(path).status_code in (404, 405)


def test_metrics_are_for_those_with_the_token(client, settings):
    assert client.get("/metrics").status_code == 404
    settings.METRICS_TOKEN = "a token of the tests"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"authorization": "Bearer another"}).status_code == 404

    RunFactory(status="failed")
    RunFactory(status="queued")
    DeliveryFactory(status="quarantined", reason="Unreadable.")
    response = client.get("/metrics", headers={"authorization": "Bearer a token of the tests"})

    text = response.content.decode()
    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert 'tandem_runs_unfinished{status="queued"} 1.0' in text
    assert "tandem_deliveries_quarantined 1.0" in text
    assert "tandem_worker_loops 0.0" in text


def test_an_empty_token_lets_nobody_in(client, settings):
    settings.METRICS_TOKEN = ""
    assert client.get("/metrics", headers={"authorization": "Bearer "}).status_code == 404


def test_superusers_may_look_at_metrics_and_members_may_not(superuser_client, owner_client):
    assert superuser_client.get("/metrics").status_code == 200
    assert owner_client.get("/metrics").status_code == 404
