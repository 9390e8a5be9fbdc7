"""What a filled value may do to an address: take its one place, and nothing else."""

import pytest

from apps.catalog import addresses
from apps.catalog.addresses import BadPartError


@pytest.mark.parametrize(
    ("written", "clean"),
    [
        ("https://api.example.com", "https://api.example.com"),
        (" HTTPS://API.Example.com/v1/ ", "https://api.example.com/v1"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("https://[2606:4700::1111]:8443/x", "https://[2606:4700::1111]:8443/x"),
    ],
)
def test_a_base_address_has_one_spelling(written, clean):
    assert addresses.clean_base(written) == clean


@pytest.mark.parametrize(
    "written",
    [
        "",
        "api.example.com",
        "ftp://api.example.com",
        "https://",
        "https://user:pw@api.example.com",
        "https://api.example.com?x=1",
        "https://api.example.com/#x",
        "https://api.example.com/a/../b",
        "https://api.example.com/a//b",
        "https://api.example.com/%2e%2e",
        "https://{{ inputs.host }}/",
        "https://api.example.com:0",
        "https://api.example.com:",
        "https://api.example.com:99999",
        "https://0x7f.1",
        "https://ex ample.com",
        "https://exämple.com",
        "https://api.example.com\\@evil.example.com",
        "https://api.example.com/" + "a" * 400,
    ],
)
def test_a_base_address_that_can_be_read_in_two_ways_is_refused(written):
    with pytest.raises(BadPartError) as caught:
        addresses.clean_base(written)

    assert caught.value.remedy


@pytest.mark.parametrize(
    ("base", "private"),
    [
        ("https://api.example.com", False),
        ("https://8.8.8.8", False),
        ("http://127.0.0.1:8000", True),
        ("http://169.254.169.254/latest", True),
        ("http://[::1]:80", True),
        ("http://localhost:3000", True),
        ("https://db.internal", True),
    ],
)
def test_an_address_that_the_guard_will_refuse_is_told_at_once(base, private):
    assert bool(addresses.why_not_public(base)) is private


def test_a_filled_part_stays_one_segment():
    filled = addresses.fill_path("/people/{id}/notes/{note}", {"id": "a/b?c#d%2e", "note": 7})

    assert filled == "/people/a%2Fb%3Fc%23d%252e/notes/7"


@pytest.mark.parametrize("value", [None, "", "  ", ".", "..", True, 1.5, ["x"], "a\x00b", "a\r\nb", "\ud800"])
def test_a_value_that_is_no_segment_is_refused(value):
    with pytest.raises(BadPartError):
        addresses.segment(value)


def test_a_query_value_cannot_add_a_parameter():
    url = addresses.with_query("https://api.example.com/x?a=1", [("q", "1&admin=true#x")])

    assert url == "https://api.example.com/x?a=1&q=1%26admin%3Dtrue%23x"


def test_a_query_of_any_length_is_not_sent():
    with pytest.raises(BadPartError, match="longer"):
        addresses.with_query("https://api.example.com/x", [("q", "x" * 9000)])


@pytest.mark.parametrize("name", ["", "X Y", "X:Y", "X\r\nY", "Host", "content-length", "Transfer-Encoding"])
def test_header_names_that_break_a_request_are_refused(name):
    with pytest.raises(BadPartError):
        addresses.check_header_name(name)


@pytest.mark.parametrize("value", ["a\r\nX: y", "a\nb", "a\x00b", "x" * 9000])
def test_header_values_that_break_a_request_are_refused(value):
    with pytest.raises(BadPartError):
        addresses.check_header_value("X-Note", value)
