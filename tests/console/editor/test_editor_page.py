"""The editor's page: its frame, what it hands to the script, and its policy."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from apps.workflows.models import Workflow
from tests.console.conftest import url
from tests.personas import MEMBERS

pytestmark = pytest.mark.django_db


def data_of(html: str) -> dict[str, Any]:
    found = re.search(r'<script id="editor-data" type="application/json">(.*?)</script>', html, re.DOTALL)
    assert found
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_policy_lets_nothing_run_from_within_the_page(workflow: Workflow, owner_client: Client) -> None:
    response = owner_client.get(url(workflow, "editor"))
    nonce = data_of(response.content.decode())["nonce"]

    rules = {rule.split()[0]: rule.split()[1:] for rule in response["Content-Security-Policy"].split(";")}

    assert rules == {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'", f"'nonce-{nonce}'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    assert len(nonce) >= 16


def test_each_answer_has_a_nonce_of_its_own(workflow: Workflow, owner_client: Client) -> None:
    nonces = {data_of(owner_client.get(url(workflow, "editor")).content.decode())["nonce"] for _ in range(2)}

    assert len(nonces) == 2


def test_nothing_in_the_page_is_inline(workflow: Workflow, owner_client: Client) -> None:
    html = owner_client.get(url(workflow, "editor")).content.decode()

    assert not re.search(r"\son[a-z]+\s*=|\sstyle\s*=|javascript:|<style", html)
    for tag in re.findall(r"<script[^>]*>", html):
        assert "src=" in tag or 'type="application/json"' in tag
    assert "unfold" not in html


@pytest.mark.parametrize("persona", MEMBERS)
def test_the_page_says_what_the_person_may_do(workflow: Workflow, persona_client: Any, persona: str) -> None:
    data = data_of(persona_client(persona).get(url(workflow, "editor")).content.decode())

    assert data["can"] == {
        "edit": persona != "viewer",
        "publish": persona != "viewer",
        "operate": persona != "viewer",
        "connect": persona in ("owner", "admin_member"),
    }
    assert data["api"] == url(workflow, "editor") + "api/"


def test_without_script_the_page_leads_to_the_plain_form(
    workflow: Workflow, owner_client: Client, viewer_client: Client
) -> None:
    shown = owner_client.get(url(workflow, "editor")).content.decode()
    noscript = re.search(r"<noscript>(.*?)</noscript>", shown, re.DOTALL)

    assert noscript
    assert url(workflow, "edit") in noscript[1]
    assert (
        url(workflow, "edit")
        not in viewer_client.get(url(workflow, "editor")).content.decode().split("editor-data")[0]
    )


def test_a_name_full_of_markup_stays_text(workflow: Workflow, owner_client: Client) -> None:
    name = "</script><img src=x onerror=alert(1)>"
    Workflow.objects.filter(pk=workflow.pk).update(name=name)

    html = owner_client.get(url(workflow, "editor")).content.decode()

    assert "<img src=x" not in html
    assert data_of(html)["workflow"]["name"] == name


def test_logging_out_is_a_form_that_posts(workflow: Workflow, owner_client: Client) -> None:
    html = owner_client.get(url(workflow, "editor")).content.decode()

    assert re.search(r'<form method="post" action="/admin/logout/">\s*<input type="hidden" name="csrf', html)


def test_a_stranger_finds_no_editor(workflow: Workflow, stranger_client: Client) -> None:
    assert stranger_client.get(url(workflow, "editor")).status_code == 404
    assert Client().get(url(workflow, "editor")).status_code == 302
