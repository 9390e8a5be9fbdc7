"""Runs are found by the payload fields that somebody chose, and by nothing else of the payload."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from apps.common import crypto
from apps.common.errors import Conflict, NotAllowed, ValidationFailed
from apps.runs.finding import fields, paths
from apps.runs.models import SearchKey, SearchPath
from apps.runs.search import found_ids
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry
from tests.factories import WorkspaceFactory
from tests.runs.conftest import TRACK

TRIGGER = "stripe.trigger-charge-failed"
SYSTEM = Actor.system("test")


@pytest.fixture(autouse=True)
def _fresh():
    paths.forget()
    yield
    paths.forget()


@pytest.fixture
def searchable(world):
    """Return a function that makes a field searchable, as a worker of another process sees it."""

    def make(path):
        row = fields.add_path(world.workspace, actor=SYSTEM, trigger=TRIGGER, path=path)
        paths.forget()
        return row

    return make


def found(world, term):
    return found_ids(term, world.workspace)


@pytest.mark.parametrize(
    ("path", "charge", "term"),
    [
        ("amount", {"amount": 2599}, "amount=2599"),
        ("amount", {"amount": 2599}, "trigger.amount = 2599"),
        (
            "raw.data.object.metadata.order",
            {"metadata": {"order": "A 17"}},
            "raw.data.object.metadata.order=A 17",
        ),
        ("raw.data.object.paid", {"paid": True}, "raw.data.object.paid=true"),
        ("raw.data.object.list[0]", {"list": ["x"]}, "raw.data.object.list[0]=x"),
        ('raw.data.object["a b"]', {"a b": "y"}, 'raw.data.object["a b"]=y'),
    ],
)
def test_a_run_is_found_by_a_chosen_field(world, provider, work, searchable, path, charge, term):
    searchable(path)
    run = world.start(world.workflow(TRACK), world.deliver("evt_found", **charge))
    other = world.start(world.workflow(TRACK), world.deliver("evt_other", **dict.fromkeys(charge, "no")))

    work()

    assert found(world, term) == {run.pk}
    assert other.pk not in found(world, term)


def test_a_field_that_nobody_chose_finds_nothing(world, provider, work, searchable):
    searchable("currency")
    world.start(world.workflow(TRACK), world.deliver("evt_1", amount=2599))

    work()

    assert found(world, "amount=2599") == set()


def test_a_value_of_another_workspace_is_not_found(world, provider, work, searchable):
    searchable("amount")
    world.start(world.workflow(TRACK), world.deliver("evt_1", amount=2599))
    work()

    assert found_ids("amount=2599", WorkspaceFactory()) == set()


def test_the_value_itself_is_not_stored(world, provider, work, searchable):
    searchable("raw.data.object.metadata.secret")
    world.start(world.workflow(TRACK), world.deliver("evt_1", metadata={"secret": "tell nobody"}))
    work()

    stored = [bytes(row.value_hash) for row in SearchKey.objects.filter(kind="field")]

    assert len(stored) == 1
    assert b"tell nobody" not in stored[0]
    assert len(stored[0]) == 16


def test_a_run_under_a_whole_hash_of_an_earlier_release_is_found(world, provider, work):
    run = world.start(world.workflow(TRACK), world.deliver("evt_1"))
    work()
    workspace = str(world.workspace.code)
    whole = crypto.search_hash("amount=2599", kind="field", workspace=workspace)
    SearchKey.objects.create(workspace=world.workspace, kind="field", value_hash=whole, run=run)

    assert found(world, "amount=2599") == {run.pk}
    assert found(world, "amount=2598") == set()


def test_without_chosen_fields_a_worker_asks_once_in_a_while_and_not_per_run(world):
    def asked():
        with CaptureQueriesContext(database) as queries:
            for _ in range(50):
                assert paths.paths_of(world.workspace.pk, TRIGGER) == ()
        return len(queries)

    assert asked() == 1
    assert asked() == 0


def test_kept_runs_are_looked_through_when_asked(world, provider, work):
    run = world.start(world.workflow(TRACK), world.deliver("evt_1", amount=2599))
    work()
    row = SearchPath.objects.create(workspace=world.workspace, trigger=TRIGGER, path="amount")

    done = fields.reindex(row, actor=SYSTEM)

    assert (done.read, done.found, done.left) == (1, 1, False)
    assert found(world, "amount=2599") == {run.pk}
    assert fields.reindex(row, actor=SYSTEM).found == 1
    assert SearchKey.objects.filter(kind="field").count() == 1


def test_a_look_back_leaves_out_events_that_are_gone(world, provider, work):
    run = world.start(world.workflow(TRACK), world.deliver("evt_1", amount=2599))
    work()
    run.delivery.body = b""
    run.delivery.save()
    row = SearchPath.objects.create(workspace=world.workspace, trigger=TRIGGER, path="amount")

    done = fields.reindex(row, actor=SYSTEM)

    assert (done.read, done.unread, done.found) == (0, 1, 0)


def test_a_look_back_is_bounded(world, monkeypatch):
    monkeypatch.setattr(fields, "REINDEXED", 2)
    workflow = world.workflow(TRACK)
    runs = [world.start(workflow, world.deliver(f"evt_{number}", amount=7)) for number in range(3)]
    row = SearchPath.objects.create(workspace=world.workspace, trigger=TRIGGER, path="amount")

    done = fields.reindex(row, actor=SYSTEM)

    assert (done.read, done.left) == (2, True)
    assert found(world, "amount=7") == {run.pk for run in runs[1:]}


@pytest.mark.parametrize(
    ("path", "code"),
    [("amuont", "unknown_field"), ("raw", "bad_path"), ("", "bad_path"), ("a..b", "bad_path")],
)
def test_a_field_that_no_event_has_is_refused(world, path, code):
    with pytest.raises(ValidationFailed) as refused:
        fields.add_path(world.workspace, actor=SYSTEM, trigger=TRIGGER, path=path)

    assert refused.value.code == code
    assert not SearchPath.objects.exists()


def test_a_near_name_is_proposed(world):
    with pytest.raises(ValidationFailed, match="amount"):
        fields.add_path(world.workspace, actor=SYSTEM, trigger=TRIGGER, path="amuont")


def test_a_workspace_has_ten_fields_at_most(world):
    for number in range(10):
        fields.add_path(world.workspace, actor=SYSTEM, trigger=TRIGGER, path=f"raw.field_{number}")

    with pytest.raises(Conflict, match="at most 10"):
        fields.add_path(world.workspace, actor=SYSTEM, trigger=TRIGGER, path="raw.one_more")


def test_a_field_is_added_once(world):
    fields.add_path(world.workspace, actor=SYSTEM, trigger=TRIGGER, path="trigger.amount")

    with pytest.raises(Conflict, match="already"):
        fields.add_path(world.workspace, actor=SYSTEM, trigger=TRIGGER, path=" amount ")


def test_an_unknown_trigger_is_refused(world):
    with pytest.raises(ValidationFailed):
        fields.add_path(world.workspace, actor=SYSTEM, trigger="stripe.trigger-none", path="amount")


def test_a_removed_field_is_not_written_any_more(world, provider, work, searchable):
    fields.remove_path(searchable("amount"), actor=SYSTEM)
    paths.forget()
    world.start(world.workflow(TRACK), world.deliver("evt_1", amount=2599))

    work()

    assert not SearchKey.objects.filter(kind="field").exists()
    assert AuditEntry.objects.filter(verb="search_path.removed").exists()


def test_a_viewer_adds_none(workspace, viewer):
    with pytest.raises(NotAllowed):
        fields.add_path(workspace, actor=Actor.of(viewer), trigger=TRIGGER, path="amount")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (True, "true"),
        (2.0, "2"),
        (2.5, "2.5"),
        (" a ", "a"),
        (None, ""),
        ({}, ""),
        ([1], ""),
        ("x" * 400, ""),
    ],
)
def test_a_value_is_found_as_a_person_would_type_it(value, text):
    assert paths.text_of(value) == text


ADD = "/admin/runs/searchpath/add/"


def test_the_page_offers_declared_fields_and_the_payload_s(world, workspace, editor_client):
    made = world.workflow(TRACK)
    made.workspace = workspace
    made.trigger_ref = TRIGGER
    made.save()

    text = editor_client.get(ADD, {"trigger": TRIGGER}).content.decode()

    assert 'value="amount"' in text
    assert 'value="raw.data.object.id"' in text


def test_the_page_adds_a_field(workspace, editor_client):
    answer = editor_client.post(ADD, {"trigger": TRIGGER, "path": "amount"}, follow=True)

    assert SearchPath.objects.get().path == "amount"
    assert "amount=…" in answer.content.decode()


def test_the_page_says_what_is_wrong(workspace, editor_client):
    answer = editor_client.post(ADD, {"trigger": TRIGGER, "path": "amount", "own": "amuont"})

    assert answer.status_code == 400
    assert "no field “amuont”" in answer.content.decode()


@pytest.mark.parametrize("persona", ["viewer", "stranger"])
def test_who_may_not_adds_none_in_the_workspace(workspace, persona, persona_client):
    persona_client(persona).post(ADD, {"trigger": TRIGGER, "path": "amount"})

    assert not SearchPath.objects.filter(workspace=workspace).exists()


def test_the_list_of_runs_says_that_a_field_is_not_searchable(workspace, owner_client):
    text = owner_client.get("/admin/runs/run/", {"q": "amount=3"}).content.decode()

    assert "not searched by “amount” yet" in text


def test_a_field_is_removed_and_looked_through_on_its_pages(workspace, editor_client):
    row = SearchPath.objects.create(workspace=workspace, trigger=TRIGGER, path="amount")

    looked = editor_client.post(f"/admin/runs/searchpath/{row.pk}/reindex/", follow=True)
    assert "0 kept runs were read" in looked.content.decode()
    assert (
        "Look through kept runs"
        in editor_client.get(f"/admin/runs/searchpath/{row.pk}/change/").content.decode()
    )

    editor_client.post(f"/admin/runs/searchpath/{row.pk}/delete/", {"post": "yes"})
    assert not SearchPath.objects.exists()
