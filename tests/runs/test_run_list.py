"""The list of runs: what it tells while it stands open, what it keeps, what it gives away, what it costs."""

import csv
import io
import json
from typing import Any

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.runs import exporting
from apps.runs.finding.saved import cleaned
from apps.runs.models import Run, SavedFilter
from apps.workspaces.models import AuditEntry
from tests.factories import ConnectionFactory, DeliveryFactory, RunFactory, VersionFactory, WorkflowFactory
from tests.personas import MEMBERS, PERSONAS

LIST = "/admin/runs/run/"
LIVE = f"{LIST}live/"
EXPORT = f"{LIST}export/"
SAVE = f"{LIST}save-filter/"
REMOVE = f"{LIST}remove-filter/"
EDITORS = ("owner", "admin_member", "editor")


@pytest.fixture
def make(workspace):
    """Return a function that makes a run of the workspace."""
    connection = ConnectionFactory(workspace=workspace)
    version = VersionFactory(workflow=WorkflowFactory(workspace=workspace, name="Canary of Acme"), live=True)

    def made(**facts: Any) -> Run:
        return RunFactory(delivery=DeliveryFactory(connection=connection), version=version, **facts)

    return made


def live(client, since=0, ids=(), mark="", **query):
    given = {"since": since, "ids": ",".join(str(each) for each in ids), **query}
    return client.get(LIVE, given, headers={"If-None-Match": mark} if mark else {})


def test_an_open_list_is_told_how_many_runs_are_new(make, owner_client):
    first = make()
    make(), make()

    assert live(owner_client, first.pk).json()["new"] == 2


def test_only_new_runs_that_the_filter_leaves_are_counted(make, owner_client):
    make(status="failed"), make(status="succeeded")

    assert live(owner_client, status__exact="failed").json()["new"] == 1


def test_an_open_list_is_told_how_its_runs_stand(make, owner_client):
    run = make(status="failed", reason="Refused <by> them.")

    told = live(owner_client, run.pk, [run.pk]).json()["runs"][str(run.pk)]

    assert "Failed" in told["status"]
    assert "Refused &lt;by&gt; them." in told["status"]


def test_what_has_not_changed_is_not_told_again(make, owner_client):
    run = make()
    mark = live(owner_client, 0, [run.pk])["ETag"]

    assert live(owner_client, 0, [run.pk], mark).status_code == 304
    Run.objects.update(status="failed")
    assert live(owner_client, 0, [run.pk], mark).status_code == 200


def test_many_new_runs_are_counted_to_a_limit(make, owner_client, monkeypatch):
    monkeypatch.setattr("apps.runs.live_list.MOST_NEW", 2)
    for _ in range(4):
        make()

    told = live(owner_client).json()

    assert (told["new"], told["more"]) == (2, True)


@pytest.mark.parametrize("odd", ["", "x", "-1", "9" * 40, "1;2"])
def test_odd_questions_are_answered(make, owner_client, odd):
    assert live(owner_client, odd, [odd]).status_code == 200


@pytest.mark.parametrize("persona", PERSONAS)
def test_nobody_is_told_of_runs_of_another_workspace(make, persona_client, persona):
    run = make()

    told = live(persona_client(persona), 0, [run.pk]).json()

    assert bool(told["new"]) == bool(told["runs"]) == (persona in MEMBERS)


def test_pages_are_found_by_key(make, owner_client):
    runs = [make() for _ in range(60)]

    first = owner_client.get(LIST).content.decode()
    older = owner_client.get(LIST, {"before": runs[10].pk}).content.decode()
    newer = owner_client.get(LIST, {"after": runs[9].pk}).content.decode()

    assert f"before={runs[10].pk}" in first
    assert "after=" not in first
    assert all(run.get_absolute_url() in older for run in runs[:10])
    assert runs[10].get_absolute_url() not in older
    assert runs[59].get_absolute_url() in newer
    assert runs[9].get_absolute_url() not in newer


def test_the_list_costs_the_same_however_long_it_is(make, owner_client):
    def cost():
        with CaptureQueriesContext(database) as queries:
            assert owner_client.get(LIST).status_code == 200
        assert not [each for each in queries if "COUNT(" in each["sql"] and "runs_run" in each["sql"]]
        return len(queries)

    make(), make()
    cost()
    few = cost()
    for _ in range(55):
        make()

    assert cost() == few


@pytest.mark.skipif(database.vendor != "postgresql", reason="needs PostgreSQL; `make test` runs it there")
@pytest.mark.parametrize("narrowed", [{}, {"status": "failed"}, {"replay__gt": 0}])
def test_a_page_is_read_from_an_index_alone(make, workspace, narrowed):
    make()
    with database.cursor() as cursor:
        # Whatever the server believes of a table with one row, it sorts only where no index has the order.
        for way in ("seqscan", "bitmapscan", "sort"):
            cursor.execute(f"SET LOCAL enable_{way} = off")

    rows = Run.objects.filter(workspace=workspace, pk__lt=10**9, **narrowed).order_by("-pk")[:51]
    plan = rows.explain()

    assert "Index" in plan
    assert "Sort" not in plan


def test_export_gives_the_filtered_runs(make, owner_client):
    kept, left = make(status="failed"), make(status="succeeded")

    body = owner_client.post(f"{EXPORT}?status__exact=failed", {"format": "csv"}).getvalue().decode()

    rows = list(csv.DictReader(io.StringIO(body.removeprefix("\ufeff"))))
    assert [row["run"] for row in rows] == [str(kept.code)]
    assert str(left.code) not in body
    assert tuple(rows[0]) == exporting.COLUMNS


def test_export_as_json(make, owner_client):
    runs = [make(), make()]

    body = owner_client.post(EXPORT, {"format": "json"}).getvalue()

    assert [row["run"] for row in json.loads(body)] == [str(run.code) for run in reversed(runs)]


def test_an_export_reads_page_by_page_and_ends_at_its_limit(make, owner_client, monkeypatch):
    monkeypatch.setattr(exporting, "CHUNK", 2)
    monkeypatch.setattr(exporting, "LIMIT", 5)
    for _ in range(7):
        make()

    body = owner_client.post(EXPORT, {"format": "json"}).getvalue()

    assert len({row["run"] for row in json.loads(body)}) == 5


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx"])
def test_no_cell_is_a_formula(make, owner_client, text):
    make(status="failed", reason=text)

    body = owner_client.post(EXPORT, {"format": "csv"}).getvalue().decode()

    (row,) = csv.DictReader(io.StringIO(body.removeprefix("\ufeff")))
    assert row["reason"] == f"'{text}"


@pytest.mark.parametrize("persona", PERSONAS)
def test_who_may_export_gets_the_own_runs_and_stands_in_the_trail(make, workspace, persona_client, persona):
    run = make()

    answer = persona_client(persona).post(EXPORT, {"format": "json"})

    if persona == "viewer":
        assert answer.status_code == 403
    else:
        assert (str(run.code) in answer.getvalue().decode()) == (persona in EDITORS)
    trail = AuditEntry.objects.filter(workspace=workspace, verb="runs.exported")
    assert trail.exists() == (persona in EDITORS)


@pytest.mark.parametrize("address", [EXPORT, SAVE, REMOVE])
def test_what_changes_something_is_no_link(workspace, owner_client, address):
    assert owner_client.get(address).status_code == 405


def test_a_filter_is_kept_for_oneself(workspace, editor_client, viewer_client):
    editor_client.post(SAVE, {"name": "My failed ones", "query": "status__exact=failed"})

    assert "My failed ones" in editor_client.get(LIST).content.decode()
    assert "My failed ones" not in viewer_client.get(LIST).content.decode()


def test_a_shared_filter_is_everybody_s_in_the_workspace(
    workspace, editor_client, viewer_client, stranger_client
):
    editor_client.post(SAVE, {"name": "Team’s", "query": "kind=replay", "shared": "on"})

    assert "Team’s" in viewer_client.get(LIST).content.decode()
    assert "Team’s" not in stranger_client.get(LIST).content.decode()


def test_a_viewer_shares_none(workspace, viewer_client):
    answer = viewer_client.post(SAVE, {"name": "Mine", "query": "kind=replay", "shared": "on"})

    assert answer.status_code == 403
    assert not SavedFilter.objects.exists()


def test_the_list_opens_with_the_default(workspace, owner_client, viewer_client):
    owner_client.post(SAVE, {"name": "First", "query": "kind=replay", "default": "on"})
    owner_client.post(SAVE, {"name": "Second", "query": "kind=test", "default": "on"})

    assert owner_client.get(LIST)["Location"] == f"{LIST}?kind=test"
    assert owner_client.get(LIST, {"all": "1"}).status_code == 200
    assert viewer_client.get(LIST).status_code == 200
    assert SavedFilter.objects.filter(default=True).count() == 1


def test_nothing_but_filters_is_kept_of_an_address():
    assert cleaned("?status__exact=failed&before=7&next=//evil.example.com&workspace__name=A") == (
        "status__exact=failed"
    )


def test_a_filter_is_removed_by_its_owner_and_not_by_a_stranger(workspace, viewer_client, stranger_client):
    viewer_client.post(SAVE, {"name": "Mine", "query": "kind=replay"})
    row = SavedFilter.objects.get()

    stranger_client.post(REMOVE, {"filter": row.pk})
    assert SavedFilter.objects.exists()

    viewer_client.post(REMOVE, {"filter": row.pk})
    assert not SavedFilter.objects.exists()


@pytest.mark.parametrize(("kind", "found"), [("first", 1), ("replay", 1), ("test", 0), ("", 2)])
def test_repetitions_are_told_from_first_runs(make, owner_client, kind, found):
    make(), make(replay=1)

    text = owner_client.get(LIST, {"kind": kind, "all": "1"}).content.decode()

    assert text.count("data-run=") == found


def test_the_list_is_narrowed_to_a_connection(make, workspace, owner_client):
    run = make()
    own = run.delivery.connection
    other = ConnectionFactory(workspace=workspace)
    WorkflowFactory(workspace=workspace, trigger_connection=other)
    run.workflow.trigger_connection = own
    run.workflow.save()

    assert run.get_absolute_url() in owner_client.get(LIST, {"over": str(own.code)}).content.decode()
    assert run.get_absolute_url() not in owner_client.get(LIST, {"over": str(other.code)}).content.decode()
