"""Monograms in place of logos."""

from xml.etree import ElementTree

import pytest

from apps.catalog import logos, registry


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Stripe", "St"),
        ("Customer.io", "Ci"),
        ("HTTP Request", "HR"),
        ("E-mail", "Em"),
        ("SMS", "Sm"),
        ("X", "X"),
        ("", "?"),
        ("東京", "東京"),
    ],
)
def test_a_monogram_is_one_or_two_letters(name: str, letters: str):
    assert logos.monogram(name) == letters


@pytest.mark.parametrize(
    ("one", "other", "ratio"), [("#000000", "#ffffff", 21), ("#777777", "#ffffff", 4.48)]
)
def test_contrast_is_that_of_the_guidelines(one: str, other: str, ratio: float):
    assert logos.contrast(one, other) == pytest.approx(ratio, abs=0.01)
    assert logos.contrast(other, one) == logos.contrast(one, other)


@pytest.mark.parametrize("app", registry.APPS, ids=lambda app: app.key)
def test_every_app_has_a_legible_logo_in_its_colour(app):
    svg = ElementTree.fromstring(str(logos.logo(app.name, app.color, labelled=True)))  # noqa: S314 - our own

    [rect] = svg.iter("rect")
    [text] = svg.iter("text")
    assert rect.get("fill") == app.color
    assert logos.contrast(str(rect.get("fill")), str(text.get("fill"))) >= 4.5
    assert text.text == logos.monogram(app.name)
    assert svg.get("aria-label") == app.name
    assert svg.get("role") == "img"


def test_two_apps_do_not_look_the_same():
    looks = [(logos.monogram(app.name), app.color) for app in registry.APPS]

    assert len(set(looks)) == len(looks)


def test_beside_a_name_a_logo_is_not_read_out():
    svg = logos.logo("Stripe", "#635bff")

    assert 'aria-hidden="true"' in svg
    assert "aria-label" not in svg


@pytest.mark.parametrize("color", ["red", "#fff", '#635bff" onload="x', ""])
def test_a_colour_that_is_none_gets_another(color: str):
    svg = logos.logo('<a>"', color, labelled=True)

    ElementTree.fromstring(str(svg))  # noqa: S314 - our own
    assert logos.UNKNOWN in svg
    assert "onload" not in svg


def test_a_logo_that_is_mentioned_is_in_the_sprite():
    sprite = ElementTree.fromstring(  # noqa: S314 - our own
        str(logos.sprite((app.key, app.name, app.color) for app in registry.APPS))
    )
    drawn = {str(each.get("id")) for each in sprite.iter("symbol")}

    for app in registry.APPS:
        [use] = ElementTree.fromstring(str(logos.mention(app.key))).iter("use")  # noqa: S314 - our own
        assert str(use.get("href")).removeprefix("#") in drawn
