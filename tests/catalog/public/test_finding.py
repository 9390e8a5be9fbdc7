"""Search, and what helps where there is no page."""

from pathlib import Path
from typing import Any

import pytest
from django.templatetags.static import static
from django.test import Client, RequestFactory
from django.urls import get_resolver

from apps.catalog import registry
from apps.catalog.public import errors
from tests.catalog.public.conftest import Html, read


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "link"),
    [
        ("stripe", "/integrations/stripe/"),
        ("REFUND create", "/integrations/stripe/actions/create-refund/"),
        ("email opened", "/integrations/customerio/triggers/email-opened/"),
        ("customer.io to stripe", "/integrations/customerio/with/stripe/"),
    ],
)
def test_search_finds_apps_pairs_triggers_and_actions(client: Client, words: str, link: str):
    page = read(client.get("/integrations/", {"q": words}))

    assert link in page.links
    assert page.all("input", name="q")[0]["value"] == words


@pytest.mark.django_db
def test_search_that_finds_nothing_says_so(client: Client):
    page = read(client.get("/integrations/", {"q": "zzz"}))

    assert "Nothing matches." in page.text()


@pytest.mark.django_db
def test_a_category_shows_its_apps(client: Client):
    page = read(client.get("/integrations/", {"category": "Payments"}))

    shown = {app.key for app in registry.APPS if f"/integrations/{app.key}/" in page.links}
    assert shown == {app.key for app in registry.APPS if app.category == "Payments"}


@pytest.mark.django_db
def test_an_unknown_category_shows_all(client: Client):
    page = read(client.get("/integrations/", {"category": "Nonsense"}))

    assert all(f"/integrations/{app.key}/" in page.links for app in registry.APPS)


def missing(client: Client, path: str) -> Html:
    response = client.get(path)
    assert response.status_code == 404
    assert response["Cache-Control"] == "no-store"
    return read(response)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("/integrations/strype/", "/integrations/stripe/"),
        ("/integrations/customer-io/", "/integrations/customerio/"),
        ("/integrations/stripe/with/unknown/", "/integrations/stripe/"),
        ("/integrations/stripe/with/unknown/", "/integrations/stripe/with/customerio/"),
        ("/integrations/stripe/with/stripe/", "/integrations/stripe/with/customerio/"),
        ("/integrations/stripe/triggers/charge-faild/", "/integrations/stripe/triggers/charge-failed/"),
        ("/integrations/stripe/actions/charge-failed/", "/integrations/stripe/triggers/charge-failed/"),
        ("/integrations/customer/actions/trackevent/", "/integrations/customerio/actions/track-event/"),
    ],
)
def test_an_address_that_is_nearly_one_leads_to_it(client: Client, path: str, meant: str):
    assert meant in missing(client, path).links


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path", ["/nothing/", "/integrations/qqqq/", "/integrations/%00/", "/%ff", "/" + "x" * 5000]
)
def test_any_other_gets_a_search(client: Client, path: str):
    page = missing(client, path)

    assert page.all("form", action="/integrations/")
    assert "/integrations/" in page.links
    assert page.all("meta", name="robots")[0]["content"] == "noindex"
    assert page.wrong == []


@pytest.mark.django_db
def test_hidden_actions_have_no_page(client: Client):
    hidden = [(app, action) for app, action in registry.iter_actions() if action.hidden]

    assert hidden
    for app, action in hidden:
        missing(client, f"/integrations/{app.key}/actions/{action.key}/")


def test_machines_are_told_in_a_line_and_without_the_database(client: Client):
    response = client.get("/v1/nothing")

    assert response.status_code == 404
    assert response["Content-Type"].startswith("text/plain")
    assert len(response.content) < 100


def test_where_static_files_were_never_collected_a_failed_page_still_says_so(settings: Any, tmp_path: Path):
    settings.STATIC_ROOT = tmp_path
    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}
    }
    with pytest.raises(ValueError, match="manifest"):
        static("public/public.css")

    page = read(errors.failed(RequestFactory().get("/")))

    assert "This page failed" in page.text()
    assert page.wrong == []


def test_a_machine_is_told_of_a_failure_in_a_line():
    response = errors.failed(RequestFactory().post("/v1/webhooks/stripe/x"))

    assert response.status_code == 500
    assert response["Content-Type"].startswith("text/plain")


def test_where_a_page_fails_nothing_of_the_database_is_asked():
    assert get_resolver().resolve_error_handler(500) is errors.failed

    response = errors.failed(RequestFactory().get("/integrations/"))

    page = read(response)
    assert response.status_code == 500
    assert page.wrong == []
    assert "This page failed" in page.text()
    assert "unsafe" not in response["Content-Security-Policy"]
