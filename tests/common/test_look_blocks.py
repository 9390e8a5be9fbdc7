"""The small pieces of HTML: escaped whatever they are given."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.utils.safestring import SafeString, mark_safe

from apps.common.look_blocks import (
    NOTHING,
    Tone,
    badge,
    code_block,
    empty,
    kv_table,
    link,
    pretty,
    tone_of,
    when,
)

EVIL = '"><script>alert(1)</script>'
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    "html",
    [
        badge(EVIL),
        badge("failed", EVIL),
        code_block(EVIL),
        code_block({EVIL: [EVIL]}),
        code_block(EVIL.encode(), label=EVIL),
        kv_table([(EVIL, EVIL)], caption=EVIL),
        empty(EVIL, EVIL),
        link("/x", EVIL),
        link(f"https://example.com/{EVIL}", "x"),
        link(EVIL, EVIL),
    ],
)
def test_whatever_is_given_is_escaped(html):
    assert isinstance(html, SafeString)
    assert "<script" not in html
    assert '">' + "<script" not in html


def test_html_made_by_other_pieces_stays_whole_inside():
    assert '<span class="td-badge td-success">Succeeded</span>' in kv_table(
        [("Status", badge("succeeded", "Succeeded"))]
    )
    assert mark_safe("<b>x</b>") in empty("Nothing yet.", mark_safe("<b>x</b>"))


@pytest.mark.parametrize(
    ("status", "tone"),
    [
        ("succeeded", Tone.SUCCESS),
        ("connected", Tone.SUCCESS),
        ("queued", Tone.INFO),
        ("running", Tone.INFO),
        ("waiting", Tone.WARNING),
        ("parked", Tone.WARNING),
        ("held", Tone.WARNING),
        ("needs_attention", Tone.WARNING),
        ("needs_decision", Tone.DANGER),
        ("failed", Tone.DANGER),
        ("broken", Tone.DANGER),
        ("filtered", Tone.NEUTRAL),
        ("cancelled", Tone.NEUTRAL),
        ("danger", Tone.DANGER),
        ("never heard of", Tone.NEUTRAL),
    ],
)
def test_a_status_has_the_colour_of_its_meaning(status, tone):
    assert tone_of(status) == tone
    assert f"td-{tone}" in badge(status)


def test_a_badge_says_the_status_in_words_unless_told_otherwise():
    assert ">Needs decision<" in badge("needs_decision")
    assert ">Ask<" in badge("needs_decision", "Ask")
    assert "td-info" in badge("failed", tone="info")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"b": 1, "a": "ü"}, '{\n  "b": 1,\n  "a": "ü"\n}'),
        ('{"a":[1]}', '{\n  "a": [\n    1\n  ]\n}'),
        (b'{"a":1}', '{\n  "a": 1\n}'),
        ("{no json", "{no json"),
        ("plain", "plain"),
        (b"\xff\x00", "\\xff\x00"),
        (None, "null"),
        ("[" * 100_000, "[" * 100_000),
        ("[" + "1" * 5000 + "]", "[" + "1" * 5000 + "]"),
        (memoryview(b"x"), "x"),
        ({"when": NOW}, '{\n  "when": "2026-11-23 12:00:00+00:00"\n}'),
    ],
)
def test_a_value_is_shown_as_readable_text(value, text):
    assert pretty(value) == text


def test_a_long_value_is_cut_and_says_so():
    html = code_block("x" * 50, limit=10)

    assert "xxxxxxxxxx… (40 more bytes cut)" in html
    assert "x" * 11 not in html


def test_code_can_be_reached_by_keyboard_and_has_a_name():
    html = code_block("{}", label="Request body")

    assert 'tabindex="0"' in html
    assert 'aria-label="Request body"' in html


def test_an_empty_value_shows_as_a_dash_and_a_zero_as_zero():
    html = kv_table([("a", None), ("b", ""), ("c", 0)])

    assert html.count(f"<td>{NOTHING}</td>") == 2
    assert "<td>0</td>" in html


@pytest.mark.parametrize(
    ("ago", "text"),
    [
        (timedelta(0), "just now"),
        (timedelta(seconds=1), "1 second ago"),
        (timedelta(seconds=59), "59 seconds ago"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=5, minutes=50), "5 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (timedelta(days=45), "2026-10-09"),
        (-timedelta(minutes=3), "in 3 minutes"),
    ],
)
def test_a_moment_is_relative_with_the_exact_one_at_hand(ago, text):
    html = when(NOW - ago, now=NOW)

    assert f">{text}</time>" in html
    assert f'datetime="{(NOW - ago).isoformat()}"' in html


def test_the_exact_moment_is_in_utc():
    local = datetime(2026, 11, 23, 14, 0, tzinfo=timezone(timedelta(hours=2)))

    assert 'title="2026-11-23 12:00:00 UTC"' in when(local, now=NOW)


def test_no_moment_is_a_dash():
    assert when(None) == NOTHING


@pytest.mark.parametrize(
    "url", ["https://example.com/a", "http://127.0.0.1:8000/", "/admin/", "?page=2", "#top"]
)
def test_a_safe_address_is_a_link(url):
    assert f'href="{url}"' in link(url, "x")


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "data:text/html,x",
        "//evil.example.com",
        "/\\evil.example.com",
        "vbscript:x",
        "x",
        "",
    ],
)
def test_any_other_address_is_text(url):
    assert link(url, "text") == "text"


def test_a_link_to_another_site_hands_nothing_over():
    assert 'rel="noopener noreferrer"' in link("https://example.com", "x")
