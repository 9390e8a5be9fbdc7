"""No secret anywhere in clear: logs, pages, tables, queues; and no e-mail of a payload in a log line."""

import base64
import json
import re
from collections import Counter
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest

from tests.e2e.browser import Seen
from tests.e2e.dumps import dump, unpacked
from tests.e2e.installation import Installation

PERSON = "canary.person@example.com"
MOST_PAGES = 250
# Of pages that differ only by a row's number; those of the catalog's rows hold nothing of anybody's.
MOST_OF_A_KIND = 8
# What signs out, and what another page's form is for.
NOT_FOLLOWED = ("/logout/", "/jsi18n/", "/password_change/")


def forms_of(secret: str) -> Iterator[bytes]:
    """Yield a secret as it is, and as careless code writes it."""
    raw = secret.encode()
    yield raw
    yield quote(secret, safe="").encode()
    yield raw.hex().encode()
    for start in range(3):  # Base64 of a text that holds it, wherever it begins.
        yield base64.b64encode(b"\0" * start + raw)[4 : -4 if len(raw) % 3 else None]


@pytest.fixture(scope="module")
def used(installation: Installation, address: str) -> Installation:
    """Return the installation behind a success, failures and refusals of all kinds."""
    for number, status in enumerate((200, 400, 404)):
        person = f"{number}.{PERSON}"
        if status != 200:
            installation.refuse(person, status)
        installation.post_event(
            "invoice-payment-failed", f"evt_canary_{number}", path=address, customer_email=person
        )
    installation.post_event(
        "invoice-payment-failed", "evt_forged_c", path=address, secret="whsec_x", customer_email=PERSON
    )
    installation.post_event("invoice-payment-failed", "evt_nowhere_c", path="/v1/webhooks/stripe/nonsense")
    for number in range(3):
        installation.wait_for(f"evt_canary_{number}")
    return installation


@pytest.fixture(scope="module")
def secrets_of(installation: Installation) -> dict[str, str]:
    """Return every secret by name; the site id is no secret, but what it signs in with is."""
    keys = {name: value for name, value in vars(installation.keys).items() if name != "site_id"}
    basic = f"{installation.keys.site_id}:{installation.keys.track_key}"
    return {**keys, "basic": base64.b64encode(basic.encode()).decode()}


@pytest.fixture(scope="module")
def pages(used: Installation) -> list[Seen]:
    """Return every page that an owner reaches by links from the dashboard."""
    waiting: list[str] = ["/admin/"]
    found: dict[str, Seen] = {}
    kinds: Counter[str] = Counter()
    while waiting and len(found) < MOST_PAGES:
        path = waiting.pop(0)
        kind = re.sub(r"\d+", "N", path)
        if path in found or kinds[kind] >= MOST_OF_A_KIND:
            continue
        kinds[kind] += 1
        found[path] = used.browser.get(path)
        for link in found[path].page.links:
            parts = urlsplit(link)
            inside = parts.path.startswith("/admin/") and not parts.netloc
            if (
                inside
                and not parts.path.endswith(NOT_FOLLOWED)
                and not re.search(r"[?&](o|p|_facets)=", link)
            ):
                waiting.append(parts.path + (f"?{parts.query}" if parts.query else ""))
    return list(found.values())


def test_every_link_leads_to_a_page(pages: list[Seen]):
    broken = [(seen.url, seen.status) for seen in pages if seen.status != 200]

    assert broken == []
    assert len(pages) > 30


def test_the_crawl_saw_runs_deliveries_connections_and_the_catalog(pages: list[Seen]):
    paths = {urlsplit(seen.url).path for seen in pages}

    for room in ("runs/run", "webhooks/delivery", "connections/connection", "workflows/workflow"):
        assert any(re.fullmatch(rf"/admin/{room}/\d+/change/", path) for path in paths), room
    assert any(PERSON in seen.html for seen in pages), "the run log shows what was sent"


def test_no_page_shows_a_secret(used: Installation, pages: list[Seen], secrets_of: dict[str, str]):
    shown = [(name, seen.url) for name, secret in secrets_of.items() for seen in used.browser.seen
             for form in forms_of(secret) if form in seen.body]  # fmt: skip

    assert shown == []


def test_no_log_line_holds_a_secret(used: Installation, pages: list[Seen], secrets_of: dict[str, str]):
    lines = used.logs().encode()
    written = [name for name, secret in secrets_of.items() for form in forms_of(secret) if form in lines]

    assert written == []
    assert b"webhook" in lines, "the logs were really read"


def test_no_log_line_holds_the_secret_part_of_the_webhooks_address(used: Installation, address: str):
    token = address.rpartition("/")[2]

    assert len(token) > 20
    assert token not in used.process_logs()


def test_no_log_line_holds_an_email_of_a_payload(used: Installation, pages: list[Seen]):
    answers = [line for line in used.logs().splitlines() if "example.com" in line]
    told = [
        line
        for line in answers
        if re.search(r"[\w.+-]+(@|%40)example\.com", line) and not _is_a_commands_answer(line)
    ]

    assert told == []


def _is_a_commands_answer(line: str) -> bool:
    """Tell whether the line is what `runs` answered, which is for whoever asked and no log."""
    try:
        return "steps" in json.loads(line)
    except json.JSONDecodeError:
        return False


def test_no_column_and_no_queued_task_holds_a_secret(
    used: Installation, pages: list[Seen], secrets_of: dict[str, str], database_url: str
):
    searched = {form: name for name, secret in secrets_of.items() for form in forms_of(secret)}
    places = set()
    tables = set()
    for place, raw in dump(database_url):
        tables.add(place.split(".")[0])
        places |= {(name, place) for form, name in searched.items() if form in raw}

    assert places == set()
    assert {"connections_connection", "runs_steprun", "webhooks_delivery", "django_q_ormq"} <= tables


def test_the_search_would_find_one(installation: Installation):
    secret = installation.keys.track_key

    hidden = [
        secret.encode(),
        base64.b64encode(f"site:{secret}".encode()),
        base64.b64encode(b"xy" + secret.encode() + b"z"),
        secret.encode().hex().encode(),
    ]

    assert all(any(form in text for form in forms_of(secret)) for text in hidden)


def test_a_queued_payload_would_be_unpacked():
    import zlib

    body = base64.urlsafe_b64encode(zlib.compress(b"a task with a secret")).rstrip(b"=")

    assert list(unpacked(b"." + body + b":stamp:signature")) == [b"a task with a secret"]
