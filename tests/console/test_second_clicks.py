"""A button that is pressed twice does what it says once."""

from typing import Any

import pytest
from django.core.cache import cache

from apps.console.pages import sample
from apps.runs.models import Run
from apps.webhooks.models import Delivery
from tests.console.conftest import url
from tests.console.html_forms import page
from tests.factories import ConnectionFactory, WorkflowFactory
from tests.workflows.conftest import recipe

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forgetful():
    cache.clear()
    yield
    cache.clear()


def form_of(client, address, known_by):
    return page(client.get(address)).form(known_by)


def publishing(client, workflow):
    [form] = [each for each in page(client.get(url(workflow, "publish"))).forms if "revision" in each.fields]
    return form


def test_publishing_twice_makes_one_version(editor_client, workflow):
    form = publishing(editor_client, workflow)

    answers = [editor_client.post(url(workflow, "publish"), form.posted({"note": "First"})) for _ in range(2)]

    assert [answer["Location"] for answer in answers] == [url(workflow)] * 2
    assert workflow.versions.count() == 1


def test_publishing_the_same_again_on_purpose_makes_a_version(editor_client, live):
    form = publishing(editor_client, live)

    editor_client.post(url(live, "publish"), form.posted())

    assert live.versions.count() == 2


def test_publishing_from_two_tabs_with_a_change_between_is_refused(editor_client, workflow):
    form = publishing(editor_client, workflow)
    editor_client.post(url(workflow, "publish"), form.posted())
    draft = page(editor_client.get(url(workflow, "edit"))).form("mapping")
    editor_client.post(url(workflow, "edit"), draft.posted({"s0-f-name": "changed"}, "save"))

    answer = editor_client.post(url(workflow, "publish"), form.posted())

    assert answer.status_code == 400
    assert workflow.versions.count() == 1


@pytest.mark.parametrize("place", ["overview", "dashboard"])
def test_a_sample_is_sent_once_and_both_clicks_lead_to_its_run(editor_client, live, place):
    form = form_of(editor_client, url(live) if place == "overview" else "/admin/", url(live, "sample"))

    answers = [editor_client.post(form.action, form.posted()) for _ in range(3)]

    assert Delivery.objects.count() == Run.objects.count() == 1
    run = f"/admin/runs/run/{Run.objects.get().pk}/change/"
    assert [answer["Location"] for answer in answers] == [run] * 3


def test_a_click_while_the_first_is_at_work_sends_nothing(editor_client, live, monkeypatch):
    form = form_of(editor_client, url(live), url(live, "sample"))
    send = sample.send_sample
    seen: list[Any] = []

    def busy(*args, **kwargs):
        if not seen:
            seen.append(editor_client.post(form.action, form.posted()))
        return send(*args, **kwargs)

    monkeypatch.setattr(sample, "send_sample", busy)
    editor_client.post(form.action, form.posted())

    assert [answer["Location"] for answer in seen] == [url(live)]
    assert Delivery.objects.count() == 1


def test_the_page_opened_anew_sends_another(editor_client, live):
    for _ in range(2):
        form = form_of(editor_client, url(live), url(live, "sample"))
        editor_client.post(form.action, form.posted())

    assert Delivery.objects.count() == 2


def test_one_persons_click_is_not_anothers(editor_client, owner_client, live):
    form = form_of(editor_client, url(live), url(live, "sample"))

    editor_client.post(form.action, form.posted())
    owner_client.post(form.action, form.posted())

    assert Delivery.objects.count() == 2


def test_a_question_may_be_asked_again(editor_client, workspace, live_stripe, customerio, actor):
    real = ConnectionFactory(workspace=workspace, app="customerio", name="Live", sandbox=False)
    made = WorkflowFactory(workspace=workspace, draft=recipe(live_stripe, real))
    from apps.workflows.publishing import publish

    publish(made, actor=actor)
    form = form_of(editor_client, url(made), url(made, "sample"))

    asked = [page(editor_client.post(form.action, form.posted())).text for _ in range(2)]

    assert all("This sample makes real calls" in text for text in asked)
    assert not Delivery.objects.exists()
