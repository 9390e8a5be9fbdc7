"""The page of a pair: what comes first, the filter, and the way to a draft."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.contrib.auth.models import User
from django.test import Client

from apps.catalog import registry
from apps.catalog.pairings import pairings
from apps.catalog.public import questions
from apps.workflows.engine.outcomes import DEFAULT_POLICY
from tests.catalog.public.conftest import Html, Walk, read

pytestmark = pytest.mark.django_db

PAIRS = [
    (source.key, target.key)
    for source in registry.APPS
    for target in registry.APPS
    if source is not target and pairings(source.key, target.key)
]
each_pair = pytest.mark.parametrize(("source", "target"), PAIRS)
STRIPE = "/integrations/stripe/with/customerio/"


def drafts(page: Html) -> list[tuple[str, str]]:
    """Return trigger and action of each card, as its button has them."""
    cards = [urlsplit(link) for link in page.links if link.startswith("/admin/workflows/workflow/add/?")]
    found = [parse_qs(each.query) for each in cards]
    return [(each["trigger"][0], each["action"][0]) for each in found]


def of_cards(client: Client, path: str) -> list[tuple[str, str]]:
    """Return what the cards of the page set up, without the two buttons of its head and foot."""
    return drafts(read(client.get(path)))[1:-1]


@each_pair
def test_the_nine_best_come_first(walk: Walk, source: str, target: str):
    best = pairings(source, target)[:9]

    shown = drafts(walk.pages[f"/integrations/{source}/with/{target}/"])[1:-1]

    assert shown == [(each.trigger_ref, each.action_ref) for each in best]


@each_pair
def test_what_is_called_the_best_destroys_nothing(walk: Walk, source: str, target: str):
    destructive = {
        (each.trigger_ref, each.action_ref) for each in pairings(source, target) if each.destructive
    }

    page = drafts(walk.pages[f"/integrations/{source}/with/{target}/"])

    assert page[0] == page[-1]
    assert page[0] not in destructive


@pytest.mark.parametrize(("source", "target"), [("stripe", "customerio"), ("customerio", "stripe")])
def test_all_can_be_seen_and_what_destroys_is_last_and_says_so(client: Client, source: str, target: str):
    path = f"/integrations/{source}/with/{target}/"
    seen: list[tuple[str, str]] = []
    labels: list[bool] = []
    address: str | None = f"{path}?show=all"
    while address:
        page = read(client.get(address))
        seen += drafts(page)[1:-1]
        cards = [each for each in page.all("li") if "card" in str(each.get("class", "")).split()]
        labels += ["card-danger" in str(each["class"]) for each in cards]
        assert page.text().count("Destructive") == sum("card-danger" in str(each["class"]) for each in cards)
        following = page.all("a", rel="next")
        address = f"{path}{following[0]['href']}" if following else None

    wired = pairings(source, target)
    assert sorted(seen) == sorted((each.trigger_ref, each.action_ref) for each in wired)
    assert labels == sorted(labels)
    assert sum(labels) == sum(each.destructive for each in wired) > 0


def test_show_all_is_a_link(walk: Walk, client: Client):
    total = len(pairings("stripe", "customerio"))
    page = walk.pages[STRIPE]

    [link] = [each for each in page.links if "show=all" in each]

    assert f"Show all {total}" in page.text("a")
    assert f"Showing 1–36 of {total}" in read(client.get(STRIPE + link)).text()


def test_the_filter_finds_by_words(client: Client):
    shown = of_cards(client, f"{STRIPE}?q=DISPUTE+event&show=all")

    texts = {(each.trigger_ref, each.action_ref): each for each in pairings("stripe", "customerio")}
    assert shown
    for each in shown:
        text = f"{texts[each].title} {texts[each].sentence}".lower()
        assert "dispute" in text
        assert "event" in text


def test_the_filter_finds_by_trigger_and_action(client: Client):
    response = client.get(f"{STRIPE}?trigger=invoice-paid&action=track-event")
    page = read(response)

    assert drafts(page)[1:-1] == [("stripe.trigger-invoice-paid", "customerio.track-event")]
    assert "Showing 1 of 1 that match" in page.text()
    assert [each["value"] for each in page.all("option") if "selected" in each] == [
        "invoice-paid",
        "track-event",
    ]


def test_the_filter_keeps_what_was_asked_on_the_way_to_all(client: Client):
    page = read(client.get(f"{STRIPE}?trigger=invoice-paid"))

    links = [each for each in page.links if "show=all" in each]

    assert all("trigger=invoice-paid" in each for each in links)
    assert len(drafts(page)[1:-1]) == 9
    assert links


def test_nothing_found_says_so(client: Client):
    page = read(client.get(f"{STRIPE}?q=<script>alert(1)</script>")).text()

    assert "None of" in page
    assert "Try fewer words" in page


def test_typed_words_are_shown_as_words(client: Client):
    body = client.get(f'{STRIPE}?q="><script>x</script>').content.decode()

    assert "<script>x" not in body
    assert "&lt;script&gt;x" in body


@pytest.mark.parametrize(
    "query",
    ["?page=0", "?page=-3", "?page=9999&show=all", "?page=x&show=all", "?page=²", "?show=", "?trigger=none"],
)
def test_a_senseless_query_still_shows_a_page(client: Client, query: str):
    assert client.get(STRIPE + query).status_code == 200


def test_a_filtered_page_is_not_for_search_engines(client: Client, settings: Any):
    settings.PUBLIC_URL = "https://tandem.example.com"
    page = read(client.get(f"{STRIPE}?q=refund"))

    assert page.all("meta", name="robots")[0]["content"] == "noindex"
    assert page.all("link", rel="canonical")[0]["href"] == f"https://tandem.example.com{STRIPE}"


def test_without_a_public_address_the_host_that_a_request_claims_is_not_believed(client: Client):
    page = read(client.get(STRIPE, headers={"host": "localhost"}))

    assert page.all("link", rel="canonical")[0]["href"] == STRIPE
    assert "localhost" not in page.source


def test_the_webhook_address_is_shown_with_the_address_to_fill_in(client: Client, settings: Any):
    settings.PUBLIC_URL = ""
    assert "https://<your address>/v1/webhooks/stripe/…" in read(client.get(STRIPE)).text("code")

    settings.PUBLIC_URL = "https://tandem.example.com"
    assert "https://tandem.example.com/v1/webhooks/stripe/…" in read(client.get(STRIPE)).text("code")


def test_each_direction_leads_to_the_other(walk: Walk):
    assert "/integrations/customerio/with/stripe/" in walk.pages[STRIPE].links
    assert STRIPE in walk.pages["/integrations/customerio/with/stripe/"].links


def test_the_page_shows_the_payload_and_both_identifiers(walk: Walk):
    best = pairings("stripe", "customerio")[0]
    page = walk.pages[STRIPE]

    assert best.trigger_ref in page.text("code")
    assert best.action_ref in page.text("code")
    assert str(registry.sample_payload("stripe", best.trigger.key)["id"]) in page.text("pre")


def test_a_card_leads_through_signing_in_to_the_draft(client: Client, walk: Walk, owner: User):
    best = pairings("stripe", "customerio")[0]
    button = next(link for link in walk.pages[STRIPE].links if "/workflow/add/?" in link)

    asked = client.get(button)
    assert asked.status_code == 302
    assert asked["Location"].startswith("/admin/login/?next=")
    client.force_login(owner)
    form = read(client.get(parse_qs(urlsplit(asked["Location"]).query)["next"][0]))

    chosen = [each["value"] for each in form.all("option") if "selected" in each]
    assert best.trigger_ref in chosen
    assert best.action_ref in chosen


def test_the_answer_about_failing_calls_is_the_engines_policy():
    delays = [
        min(DEFAULT_POLICY.first_delay * 2**attempt, DEFAULT_POLICY.max_delay)
        for attempt in range(DEFAULT_POLICY.max_attempts - 1)
    ]

    assert DEFAULT_POLICY.max_attempts == questions.CALL_ATTEMPTS
    assert round(sum(delays) / 3600) == questions.CALL_HOURS


def test_the_calls_that_nobody_can_repeat_are_named(walk: Walk):
    answer = walk.pages[STRIPE].text()

    assert "Trigger Broadcast or Merge People happened, Tandem does not guess" in answer
    assert "does not guess" not in walk.pages["/integrations/customerio/with/stripe/"].text()
