"""What operators switch off is not shown; neither is anything of a private installation."""

from typing import Any

import pytest
from django.test import Client

from apps.catalog import custom_apps, models
from apps.workspaces.access import Actor
from apps.workspaces.models import Workspace
from tests.catalog.custom.shop import shop
from tests.catalog.public.conftest import expected_paths, read

pytestmark = pytest.mark.django_db

TRIGGER = "/integrations/stripe/triggers/invoice-paid/"
PAIR = "/integrations/stripe/with/customerio/"


def test_a_trigger_that_is_switched_off_has_no_page(client: Client):
    before = read(client.get(f"{PAIR}?trigger=invoice-paid"))
    models.Trigger.objects.filter(ref="stripe.trigger-invoice-paid").update(enabled=False)

    assert client.get(TRIGGER).status_code == 404
    assert TRIGGER not in read(client.get("/integrations/stripe/")).links
    assert "Showing" in before.text()
    assert "None of" in read(client.get(f"{PAIR}?trigger=invoice-paid")).text()


def test_an_app_that_is_switched_off_has_no_page(client: Client, settings: Any):
    settings.PUBLIC_URL = "https://tandem.example.com"
    models.App.objects.filter(key="customerio").update(enabled=False)

    assert client.get("/integrations/customerio/").status_code == 404
    assert client.get(PAIR).status_code == 404
    assert client.get("/integrations/customerio/actions/track-event/").status_code == 404
    assert "customerio" not in client.get("/sitemap.xml").content.decode()
    assert "/integrations/customerio/" not in read(client.get("/")).links


def test_with_everything_switched_off_the_pages_still_stand(client: Client):
    models.App.objects.update(enabled=False)

    for path in ("/", "/integrations/"):
        response = client.get(path)
        assert response.status_code == 200
        assert "0 apps, 0 triggers and 0 actions" in read(response).text()


def test_an_app_without_its_triggers_still_has_a_page(client: Client):
    models.Trigger.objects.filter(app__key="stripe").update(enabled=False)
    models.Action.objects.filter(app__key="stripe").update(enabled=False)

    page = read(client.get("/integrations/stripe/"))

    assert "Here with nothing yet" in page.text()
    assert page.wrong == []


def test_a_private_installation_shows_nothing(client: Client, settings: Any):
    settings.PUBLIC_PAGES = False
    settings.PUBLIC_URL = "https://tandem.example.com"

    home = client.get("/")
    assert (home.status_code, home["Location"]) == (302, "/admin/")
    for path in [*expected_paths()[1:], "/sitemap.xml", "/site.webmanifest"]:
        response = client.get(path)
        body = response.content.decode()
        assert response.status_code == 404, path
        assert "Stripe" not in body.replace("stripe", ""), path
        assert 'href="/integrations/' not in body, path


def test_a_private_installation_sends_crawlers_away(client: Client, settings: Any):
    settings.PUBLIC_PAGES = False

    assert client.get("/robots.txt").content.decode() == "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_pages_are_for_reading(client: Client, method: str):
    for path in ("/", "/integrations/", PAIR, "/robots.txt"):
        assert getattr(client, method)(path).status_code == 405


def test_a_head_request_is_answered(client: Client):
    assert client.head(PAIR).status_code == 200


def test_an_app_that_a_workspace_made_is_nobody_elses_business(client: Client, workspace: Workspace):
    before = [client.get(path).content for path in ("/", "/integrations/")]
    made = custom_apps.create_app(workspace, actor=Actor.system("test"), declaration=shop())

    missing = client.get(f"/integrations/{made.key}/")
    assert missing.status_code == 404
    assert made.name not in missing.content.decode()
    assert made.name not in client.get("/integrations/", {"q": made.name.lower()}).content.decode()
    assert [client.get(path).content for path in ("/", "/integrations/")] == before
