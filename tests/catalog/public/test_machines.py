"""What machines ask for."""

import json
import struct
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from django.contrib.staticfiles import finders
from django.test import Client

from tests.catalog.public.conftest import PUBLIC_URL, expected_paths

pytestmark = pytest.mark.django_db

NAMESPACE = "{http://www.sitemaps.org/schemas/sitemap/0.9}"
PNG = b"\x89PNG\r\n\x1a\n"


def test_the_sitemap_lists_every_page_once(client: Client, settings: Any):
    settings.PUBLIC_URL = PUBLIC_URL

    response = client.get("/sitemap.xml")

    tree = ElementTree.fromstring(response.content)  # noqa: S314 - made by ourselves
    listed = [str(each.text) for each in tree.iter(f"{NAMESPACE}loc")]
    assert sorted(listed) == sorted(PUBLIC_URL + path for path in expected_paths())
    assert response["Content-Type"] == "application/xml"


def test_without_a_public_address_there_is_no_sitemap(client: Client):
    assert client.get("/sitemap.xml").status_code == 404
    assert "Sitemap" not in client.get("/robots.txt").content.decode()


def test_crawlers_are_kept_out_of_the_admin(client: Client, settings: Any):
    settings.PUBLIC_URL = PUBLIC_URL

    lines = client.get("/robots.txt").content.decode().splitlines()

    assert "Disallow: /admin/" in lines
    assert "Disallow: /v1/" in lines
    assert "Disallow: /" not in lines
    assert f"Sitemap: {PUBLIC_URL}/sitemap.xml" in lines


def size(path: str) -> tuple[int, int]:
    """Return width and height of a PNG, from its header."""
    found = finders.find(path)
    assert found is not None
    head = Path(str(found)).read_bytes()[:24]
    assert head.startswith(PNG)
    width, height = struct.unpack(">II", head[16:24])
    return width, height


def test_the_card_is_an_image_of_the_size_that_networks_want():
    assert size("public/card.png") == (1200, 630)


def test_the_icons_are_what_they_say(client: Client):
    manifest = json.loads(client.get("/site.webmanifest").content)
    icons = {each["src"]: each["sizes"] for each in manifest["icons"]}

    assert size("public/icon-180.png") == (180, 180)
    assert icons["/static/public/icon-192.png"] == "192x192"
    assert size("public/icon-192.png") == (192, 192)
    assert finders.find("common/favicon.svg")


def test_the_icon_is_found_where_browsers_look_for_it(client: Client):
    response = client.get("/favicon.ico")

    found = finders.find(response["Location"].removeprefix("/static/"))
    assert found is not None
    icon = Path(str(found)).read_bytes()
    assert icon[:4] == b"\x00\x00\x01\x00"
    assert icon[22:].startswith(PNG)
