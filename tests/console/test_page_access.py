"""Every workflow page, asked for by every persona: what a role may not do changes nothing."""

from typing import Any

import pytest
from django.test import Client

from apps.workflows.models import Workflow
from tests.console.conftest import everything, url
from tests.console.html_forms import page
from tests.personas import MEMBERS, PERSONAS

pytestmark = pytest.mark.django_db

EDITORS = ("owner", "admin_member", "editor")
ADMINS = ("owner", "admin_member")
LIST = "/admin/workflows/workflow/"

# Method, page, what is posted, who may.
PAGES: list[tuple[str, str, dict[str, str], tuple[str, ...]]] = [
    ("get", "change", {}, MEMBERS),
    ("get", "editor", {}, MEMBERS),
    ("get", "edit", {}, EDITORS),
    ("post", "edit", {"do": "save"}, EDITORS),
    ("post", "edit", {"do": "preview"}, EDITORS),
    ("post", "preview", {}, EDITORS),
    ("get", "json", {}, MEMBERS),
    ("post", "json", {"definition": "{}", "revision": "1"}, EDITORS),
    ("get", "publish", {}, EDITORS),
    ("post", "publish", {"revision": "1"}, EDITORS),
    ("post", "pause", {}, EDITORS),
    ("post", "resume", {}, EDITORS),
    ("post", "unpublish", {}, EDITORS),
    ("post", "sample", {}, EDITORS),
    ("get", "delete", {}, EDITORS),
    ("post", "delete", {"post": "yes"}, EDITORS),
    ("get", "history", {}, ADMINS),
]
POST_ONLY = ("preview", "choices", "pause", "resume", "sample")


def ids(value: Any) -> str | None:
    return "-".join(value) if isinstance(value, dict) else value if isinstance(value, str) else ""


@pytest.mark.parametrize("persona", PERSONAS)
@pytest.mark.parametrize(("method", "name", "posted", "allowed"), PAGES, ids=ids)
def test_each_page_opens_for_those_who_may(
    live: Workflow, persona_client: Any, persona: str, method: str, name: str, posted: Any, allowed: Any
) -> None:
    client = persona_client(persona)
    before = everything() if persona not in allowed else {}

    response = getattr(client, method)(url(live, name), posted)

    if persona in allowed:
        assert response.status_code not in (403, 404, 405, 500)
    else:
        assert response.status_code == (404 if persona == "stranger" else 403)
        assert everything() == before
        assert "Dunning" not in response.content.decode()


@pytest.mark.parametrize(("name", "posted"), [(row[1], row[2]) for row in PAGES if row[0] == "post"], ids=ids)
def test_a_post_without_its_token_changes_nothing(
    live: Workflow, owner: Any, name: str, posted: dict[str, str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    before = everything()

    response = client.post(url(live, name), posted)

    assert response.status_code == 403
    assert everything() == before


@pytest.mark.parametrize("name", ["change", "editor", "edit", "json", "publish", "delete", "history"])
@pytest.mark.parametrize("published", [False, True], ids=["draft", "live"])
def test_looking_changes_nothing(
    workflow: Workflow, owner_client: Client, request: Any, name: str, published: bool
) -> None:
    if published:
        request.getfixturevalue("live")
    before = everything()

    response = owner_client.get(url(workflow, name))

    assert response.status_code == 200
    assert everything() == before


@pytest.mark.parametrize("name", POST_ONLY)
def test_what_changes_something_is_not_a_link(live: Workflow, owner_client: Client, name: str) -> None:
    before = everything()

    response = owner_client.get(url(live, name))

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert everything() == before


@pytest.mark.parametrize("name", ["change", "editor", "edit", "publish", "json"])
def test_without_signing_in_every_page_asks_to(live: Workflow, name: str) -> None:
    response = Client().get(url(live, name))

    assert response.status_code == 302
    assert response["Location"].startswith("/admin/login/")


def test_a_number_of_no_workflow_is_404(workspace: Any, owner_client: Client) -> None:
    for name in ("change", "editor", "edit", "json", "publish"):
        assert owner_client.get(f"/admin/workflows/workflow/999999/{name}/").status_code == 404


@pytest.mark.parametrize("persona", PERSONAS)
def test_the_list_shows_the_own_workflows(live: Workflow, persona_client: Any, persona: str) -> None:
    listed = persona_client(persona).get(LIST).content.decode()
    found = persona_client(persona).get(LIST, {"q": "Dunning"}).content.decode()

    assert ("Dunning" in page_text(listed)) == (persona != "stranger")
    assert (url(live) in found) == (persona != "stranger")


@pytest.mark.parametrize(
    "lookup", ["workspace__name__startswith", "draft__icontains", "created_by__password"]
)
def test_the_list_can_not_be_used_to_guess(live: Workflow, stranger_client: Client, lookup: str) -> None:
    response = stranger_client.get(LIST, {lookup: "A"})

    assert response.status_code in (302, 400)


@pytest.mark.parametrize("persona", PERSONAS)
def test_autocomplete_offers_the_own_workflows(live: Workflow, persona_client: Any, persona: str) -> None:
    response = persona_client(persona).get(
        "/admin/autocomplete/",
        {"app_label": "runs", "model_name": "run", "field_name": "workflow", "term": "Dun"},
    )

    found = [row["text"] for row in response.json()["results"]] if response.status_code == 200 else []
    assert found == ([] if persona == "stranger" else ["Dunning"])


def test_history_tells_who_did_what(live: Workflow, owner_client: Client) -> None:
    text = page(owner_client.get(url(live, "history"))).text

    assert "workflow.published" in text or "published" in text.lower()
    assert "test" in text


@pytest.mark.parametrize("persona", ["viewer", "editor", "owner"])
def test_the_overview_offers_only_what_the_role_may(
    live: Workflow, persona_client: Any, persona: str
) -> None:
    shown = page(persona_client(persona).get(url(live)))
    offered = {form.action for form in shown.forms if form.method == "post"} | set(shown.links)

    for name in ("sample", "pause", "unpublish", "edit"):
        assert (url(live, name) in offered) == (persona != "viewer"), name


def page_text(html: str) -> str:
    from tests.console.html_forms import Page

    return Page(html).text
