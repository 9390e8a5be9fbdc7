"""Whatever is in the registry has a page, and every page is whole."""

import base64
import hashlib
import json
import re
from collections import Counter
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.staticfiles import finders
from django.test import Client
from django.urls import resolve

from apps.catalog import registry
from apps.catalog.pairings import pairings
from tests.catalog.public.conftest import PUBLIC_URL, Html, Walk

pytestmark = pytest.mark.django_db

JSON_LD = re.compile(r'<script type="application/ld\+json">(.*?)</script>', re.DOTALL)


def test_everything_in_the_registry_has_a_page(walk: Walk):
    refused = {path: each.status_code for path, each in walk.responses.items() if each.status_code != 200}

    assert refused == {}
    assert len(walk.responses) > 2 + len(registry.APPS)


def test_walking_them_all_takes_seconds(walk: Walk):
    print(f"{len(walk.pages)} pages in {walk.seconds:.2f} s")  # noqa: T201

    assert walk.seconds < 10


def test_every_page_is_well_formed(walk: Walk):
    wrong = {path: each.wrong for path, each in walk.pages.items() if each.wrong}

    assert wrong == {}


def test_every_page_has_one_heading_and_unique_ids(walk: Walk):
    for path, each in walk.pages.items():
        ids = Counter(found["id"] for _, found in each.elements if "id" in found)
        assert [name for name, times in ids.items() if times > 1] == [], path
        assert len(each.all("h1")) == 1, path
        assert {found["aria-labelledby"] for _, found in each.elements if "aria-labelledby" in found} <= set(
            ids
        ), path


def test_titles_and_descriptions_are_the_pages_own(walk: Walk):
    titles = Counter(each.text("title") for each in walk.pages.values())
    descriptions = Counter(each.all("meta", name="description")[0]["content"] for each in walk.pages.values())

    assert [title for title, times in titles.items() if times > 1 or not title.strip()] == []
    assert [text for text, times in descriptions.items() if times > 1 or not text] == []


def test_every_internal_link_leads_somewhere(walk: Walk, client: Client):
    wrong, asked = [], set(walk.pages)
    for path, page in walk.pages.items():
        files = [str(found.get("href") or found.get("src")) for found in page.all("link") + page.all("img")]
        for link in {*page.links, *files}:
            parts = urlsplit(link.removeprefix(PUBLIC_URL))
            if parts.netloc:
                continue
            if parts.path.startswith("/static/"):
                if finders.find(parts.path.removeprefix("/static/")) is None:
                    wrong.append((path, link))
                continue
            if parts.path.startswith("/admin/"):
                resolve(parts.path)
                continue
            if parts.path and parts.path not in asked:
                asked.add(parts.path)
                if client.get(parts.path).status_code != 200:
                    wrong.append((path, link))
            if parts.fragment and not parts.path and not page.all_ids(parts.fragment):
                wrong.append((path, link))
    assert wrong == []


def test_links_to_a_part_of_another_page_find_it(walk: Walk):
    wrong = [
        (path, link)
        for path, page in walk.pages.items()
        for link in set(page.links)
        if (parts := urlsplit(link)).fragment
        and parts.path in walk.pages
        and not walk.pages[parts.path].all_ids(parts.fragment)
    ]

    assert wrong == []


def test_nothing_inline_runs_or_styles(walk: Walk):
    for path, response in walk.responses.items():
        policy = response["Content-Security-Policy"]
        page = walk.pages[path]

        assert "unsafe" not in policy, path
        assert "default-src 'none'" in policy, path
        assert "style-src 'self';" in policy, path
        assert page.all("style") == [], path
        assert [found for _, found in page.elements if "style" in found] == [], path
        assert [name for _, found in page.elements for name in found if name.startswith("on")] == [], path
        assert all(found.get("type") == "application/ld+json" for found in page.all("script")), path


def test_the_policy_lets_in_just_the_data_of_the_page(walk: Walk):
    for path, response in walk.responses.items():
        blocks = JSON_LD.findall(response.content.decode())
        hashes = [
            f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in blocks
        ]

        assert f"script-src {' '.join(hashes)};" in response["Content-Security-Policy"], path


def data(page: Html) -> dict[str, dict[str, Any]]:
    """Return the page's JSON-LD objects by their type."""
    text = JSON_LD.findall(page.source)[0]
    return {each["@type"]: each for each in json.loads(text)["@graph"]}


def test_the_data_for_search_engines_says_what_the_page_says(walk: Walk):
    for path, page in walk.pages.items():
        found = data(page)
        shown = page.text()

        if path != "/":
            items = found["BreadcrumbList"]["itemListElement"]
            assert items[-1]["item"] == PUBLIC_URL + path
            assert [each["position"] for each in items] == list(range(1, len(items) + 1))
        for each in found.get("FAQPage", {}).get("mainEntity", ()):
            assert each["name"] in shown, path
            assert " ".join(each["acceptedAnswer"]["text"].split()) in shown, path
        for each in found.get("HowTo", {}).get("step", ()):
            assert each["text"] in shown, path


@pytest.mark.parametrize(
    ("part", "types"),
    [
        ("/with/", {"BreadcrumbList", "HowTo", "FAQPage"}),
        ("/triggers/", {"BreadcrumbList", "FAQPage"}),
        ("/actions/", {"BreadcrumbList", "FAQPage"}),
    ],
)
def test_each_kind_of_page_has_its_data(walk: Walk, part: str, types: set[str]):
    pages = [page for path, page in walk.pages.items() if part in path]

    assert pages
    assert all(set(data(page)) == types for page in pages)


def test_the_first_page_says_what_tandem_is(walk: Walk):
    software = data(walk.pages["/"])["SoftwareApplication"]

    assert software["url"] == f"{PUBLIC_URL}/"
    assert "no event is lost" in str(software["description"])


def test_nobody_is_remembered(walk: Walk):
    for path, response in walk.responses.items():
        assert not response.cookies, path
        assert "Cookie" not in response.get("Vary", ""), path
        assert response["Cache-Control"].startswith("public"), path


def test_the_address_of_a_page_comes_from_the_settings(walk: Walk):
    for path, page in walk.pages.items():
        assert page.all("link", rel="canonical")[0]["href"] == PUBLIC_URL + path
        assert page.all("meta", property="og:url")[0]["content"] == PUBLIC_URL + path
        assert str(page.all("meta", property="og:image")[0]["content"]).startswith(f"{PUBLIC_URL}/static/")


def test_counts_are_the_registrys(walk: Walk):
    triggers = sum(len(app.triggers) for app in registry.APPS)
    actions = sum(not action.hidden for app in registry.APPS for action in app.actions)
    totals = f"{len(registry.APPS)} apps, {triggers} triggers and {actions} actions"

    assert totals in walk.pages["/"].text()
    assert totals in walk.pages["/integrations/"].text()
    for app in registry.APPS:
        page = walk.pages[f"/integrations/{app.key}/"].text()
        own = [each for each in app.actions if not each.hidden]
        for number, noun in ((len(app.triggers), "trigger"), (len(own), "action")):
            assert (f"{number} {noun}{'' if number == 1 else 's'}" in page) == bool(number)
        assert all(each.name in page for each in (*app.triggers, *own))


def test_counts_of_a_pair_are_its_pairings(walk: Walk):
    for source in registry.APPS:
        for target in registry.APPS:
            page = walk.pages.get(f"/integrations/{source.key}/with/{target.key}/")
            if page is None:
                continue
            wired = pairings(source.key, target.key)
            triggers = len({each.trigger.key for each in wired})
            actions = len({each.action.key for each in wired})
            assert (
                f"{triggers} {source.name} trigger{'' if triggers == 1 else 's'} wired to "
                f"{actions} {target.name} action{'' if actions == 1 else 's'}"
            ) in page.text()
            assert f"Showing {min(9, len(wired))} of {len(wired):,}" in page.text()


def test_a_trigger_shows_every_field_and_an_action_every_input_and_output(walk: Walk):
    for app, trigger in registry.iter_triggers():
        shown = walk.pages[f"/integrations/{app.key}/triggers/{trigger.key}/"].text("code")
        assert all(field.key in shown for field in (*registry.trigger_fields(trigger), *trigger.options))
        assert registry.trigger_ref(app, trigger) in shown
    for app, action in registry.iter_actions():
        if not action.hidden:
            shown = walk.pages[f"/integrations/{app.key}/actions/{action.key}/"].text("code")
            assert all(field.key in shown for field in (*action.inputs, *action.outputs))


def test_an_action_tells_its_danger_and_what_repeating_does(walk: Walk):
    for app, action in registry.iter_actions():
        if action.hidden:
            continue
        page = walk.pages[f"/integrations/{app.key}/actions/{action.key}/"].text()
        assert "Repeating it." in page
        assert ("Careful." in page) == bool(action.danger)
        assert (action.danger or "") in page


def test_triggers_and_actions_lead_to_their_pairings(walk: Walk):
    for source in registry.APPS:
        for target in registry.APPS:
            wired = pairings(source.key, target.key) if source is not target else ()
            for key in {each.trigger.key for each in wired}:
                page = walk.pages[f"/integrations/{source.key}/triggers/{key}/"]
                assert f"/integrations/{source.key}/with/{target.key}/?trigger={key}#pairings" in page.links
            for key in {each.action.key for each in wired}:
                page = walk.pages[f"/integrations/{target.key}/actions/{key}/"]
                assert f"/integrations/{source.key}/with/{target.key}/?action={key}#pairings" in page.links
