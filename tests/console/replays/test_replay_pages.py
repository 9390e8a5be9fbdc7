"""The pages of replays: who may, what they show, and that nothing starts by accident."""

import re

import pytest

from apps.runs.models import Effect, Replay, ReplayJob, Run
from apps.runs.replays import advancing, jobs, selection
from apps.workspaces.access import Actor
from tests.personas import PERSONAS
from tests.runs.conftest import TRACK, status

OPERATORS = ("owner", "admin_member", "editor")


def page_of(run):
    return f"/admin/runs/replayjob/run/{run.pk}/"


def dry_of(run):
    return f"{page_of(run)}dry/"


def hidden(response, name):
    found = re.search(rf'name="{name}" value="([^"]*)"', response.content.decode())
    return found[1] if found else ""


def posted(**choices):
    return {"version": "same", "from_step": "", "first": "run", "do": "preview", **choices}


def start(client, run, **choices):
    """Preview, then start what was previewed."""
    first = client.post(page_of(run), posted(**choices))
    given = posted(**choices) | {
        "do": "start",
        "previewed": hidden(first, "previewed"),
        "token": hidden(first, "token"),
    }
    return client.post(page_of(run), given), given


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize("address", [page_of, dry_of])
def test_operators_see_the_pages_and_strangers_find_nothing(done, persona_client, persona, address):
    response = persona_client(persona).get(address(done))

    expected = 200 if persona in OPERATORS else 404 if persona == "stranger" else 403
    assert response.status_code == expected
    if expected != 200:
        assert done.event_id not in response.content.decode()


@pytest.mark.parametrize("persona", ["viewer", "stranger"])
def test_who_may_not_starts_nothing(done, persona_client, persona):
    for do in ("preview", "start", "look"):
        response = persona_client(persona).post(page_of(done), posted(do=do))
        assert response.status_code in (403, 404)

    assert Run.objects.count() == 1


def test_the_preview_says_what_is_sent_and_reused_and_sends_nothing(done, owner_client, provider):
    text = owner_client.post(page_of(done), posted()).content.decode()

    assert "Will send 1 call; reuses 2." in text
    assert provider.requests == []
    assert Run.objects.count() == 1


def test_a_previewed_replay_starts_once_however_often_it_is_clicked(done, owner_client):
    response, given = start(owner_client, done)
    again = owner_client.post(page_of(done), given)

    new = Run.objects.get(replay=1)
    assert response["Location"] == again["Location"] == new.get_absolute_url()
    assert Run.objects.count() == 2


def test_what_was_not_previewed_does_not_start(done, owner_client):
    first = owner_client.post(page_of(done), posted())
    given = posted(redo=["tell"]) | {"do": "start", "previewed": hidden(first, "previewed")}

    text = owner_client.post(page_of(done), given).content.decode()

    assert "Your choices changed" in text
    assert Run.objects.count() == 1


def test_a_ticked_delete_is_refused_to_an_editor(done, editor_client):
    shown = editor_client.get(page_of(done)).content.decode()
    response = editor_client.post(page_of(done), posted(redo=["remove"]))

    assert "Only an admin or owner may do it again" in shown
    assert response.status_code == 400
    assert Run.objects.count() == 1


def test_a_field_that_does_not_fit_is_named_beside_it(done, owner_client):
    given = posted(edit_trigger="on", trigger='{"amount": "many"}')

    response = owner_client.post(page_of(done), given)

    assert response.status_code == 400
    assert "(amount)" in response.content.decode()
    assert 'id="rp-trigger-error"' in response.content.decode()
    for broken in ("{", "[]", '{"a": NaN}'):
        response = owner_client.post(page_of(done), posted(edit_trigger="on", trigger=broken))
        assert response.status_code == 400


def test_an_edited_replay_is_marked_on_its_page(done, owner_client, work):
    start(owner_client, done, edit_trigger="on", trigger='{"receipt_email": "eve@example.com"}')
    work()

    new = Run.objects.get(replay=1)
    text = owner_client.get(new.get_absolute_url()).content.decode()
    assert "Edited event" in text
    assert f"Replays run {str(done.code)[:8]}" in text


def test_a_failed_run_offers_its_failed_step(world, provider, work, owner_client):
    provider.script = [status(400)]
    run = world.start(world.workflow(TRACK))
    work()

    text = owner_client.get(page_of(run)).content.decode()

    assert "Resume from the failed step" in text
    assert '<option value="tell" selected>' in text


def test_behind_the_window_the_page_says_so(done, owner_client):
    done.delivery.body = b""
    done.delivery.save()

    for address in (page_of(done), dry_of(done)):
        assert "replay window" in owner_client.get(address).content.decode()


def test_the_dry_page_says_that_nothing_differs(done, owner_client):
    for choice in ("same", "current"):
        assert "Identical" in owner_client.get(dry_of(done), {"version": choice}).content.decode()
    assert owner_client.get(dry_of(done), {"version": "none"}).status_code == 200


def test_hostile_values_are_escaped(world, provider, work, owner_client):
    name = {"value": "<script>alert(1)</script>"}
    run = world.start(world.workflow({**TRACK, "inputs": {**TRACK["inputs"], "name": name}}))
    work()

    for response in (owner_client.get(page_of(run)), owner_client.get(dry_of(run))):
        assert "<script>alert(1)" not in response.content.decode()


def job_of(user, workspace, kind="replay", query=""):
    return jobs.preview(workspace, actor=Actor.of(user), chosen=selection.by_query(query), kind=kind)


def test_the_list_s_filter_leads_to_a_preview(done, owner_client):
    response = owner_client.post(
        "/admin/runs/replayjob/many/", {"kind": "replay", "query": "status__exact=succeeded"}
    )

    job = ReplayJob.objects.get()
    assert response["Location"] == job.get_absolute_url()
    assert (job.total, job.status) == (1, "preview")
    text = owner_client.get(job.get_absolute_url()).content.decode()
    assert "1 run." in text
    assert "Tell Customer.io" in text


def test_chosen_rows_lead_to_a_preview(done, owner_client):
    response = owner_client.post(
        "/admin/runs/run/", {"action": "replay_chosen", "_selected_action": [done.pk]}
    )

    assert response["Location"] == ReplayJob.objects.get().get_absolute_url()
    assert ReplayJob.objects.get().selection["ids"] == [done.pk]


def test_a_job_is_started_paused_continued_and_stopped(done, owner, owner_client, workspace):
    job = job_of(owner, workspace)
    base = f"/admin/runs/replayjob/{job.pk}"

    for name, expected in [
        ("start", "running"),
        ("start", "running"),
        ("pause", "paused"),
        ("continue", "running"),
        ("stop", "stopped"),
    ]:
        owner_client.post(f"{base}/{name}/", {"rate": "60", "version": "current"})
        job.refresh_from_db()
        assert job.status == expected
        assert owner_client.get(f"{base}/change/").status_code == 200
        assert owner_client.get(f"{base}/live/").status_code == 200


def test_an_untyped_count_is_asked_for_beside_the_field(done, owner, owner_client, workspace):
    job = job_of(owner, workspace)
    key = job.summary["effects"][0]["key"]

    response = owner_client.post(
        f"/admin/runs/replayjob/{job.pk}/start/", {"rate": "60", "version": "current", "redo": [key]}
    )

    assert response.status_code == 400
    assert 'id="rp-typed-error"' in response.content.decode()
    job.refresh_from_db()
    assert job.status == "preview"


@pytest.mark.parametrize("name", ["start", "pause", "continue", "stop"])
@pytest.mark.parametrize("persona", ["viewer", "stranger"])
def test_others_steer_no_job(done, owner, workspace, persona_client, persona, name):
    job = job_of(owner, workspace)

    response = persona_client(persona).post(
        f"/admin/runs/replayjob/{job.pk}/{name}/", {"rate": "60", "version": "current"}
    )

    assert response.status_code == (404 if persona == "stranger" else 403)
    job.refresh_from_db()
    assert job.status == "preview"


def test_a_viewer_makes_no_job(done, viewer_client):
    response = viewer_client.post("/admin/runs/replayjob/many/", {"kind": "replay"})

    assert response.status_code == 403
    assert not ReplayJob.objects.exists()


def test_a_dry_job_tells_how_many_are_identical(done, owner, owner_client, workspace):
    job = job_of(owner, workspace, kind="dry")
    owner_client.post(f"/admin/runs/replayjob/{job.pk}/start/", {"rate": "6000", "version": "current"})
    job.refresh_from_db()
    while advancing.advance(at=job.due_at):
        pass
    advancing.advance(at=job.due_at.replace(year=job.due_at.year + 1))

    assert "1 identical, 0 differ" in owner_client.get(job.get_absolute_url()).content.decode()
    assert Replay.objects.count() == 0
    assert Effect.objects.count() == 3
