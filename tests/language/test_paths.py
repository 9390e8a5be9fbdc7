"""Paths, near matches, and what a picker offers."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language import templates
from apps.language.errors import LanguageError
from apps.language.paths import (
    Path,
    did_you_mean,
    flatten_paths,
    format_path,
    lookup,
    near_matches,
    parse_path,
)

DATA = {"steps": {"lookup": {"items": [{"id": "a"}, {"id": "b"}], "first name": "Ada"}}}


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("trigger", ("trigger",)),
        ("steps.lookup.items[0].id", ("steps", "lookup", "items", 0, "id")),
        ("a[-1]", ("a", -1)),
        ('a["first name"].b', ("a", "first name", "b")),
        ("a['it\"s']", ("a", 'it"s')),
        ("a.b-c", ("a", "b-c")),
    ],
)
def test_a_path_is_read_and_written(text: str, path: Path):
    assert parse_path(text) == path
    assert parse_path(format_path(path)) == path


@pytest.mark.parametrize(
    "text", ["", ".", "a.", ".a", "a..b", "[0]", "a[b]", "a b", "a.[0]", "a[0]b", "a[", 'a["b]']
)
def test_text_that_is_no_path_is_refused(text: str):
    with pytest.raises(LanguageError) as caught:
        parse_path(text)

    assert caught.value.code == "bad_path"


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("steps", "lookup", "items", 1, "id"), "b"),
        (("steps", "lookup", "items", -1, "id"), "b"),
        (("steps", "lookup", "first name"), "Ada"),
        (("steps", "lookup", "items", 2, "id"), None),
        (("steps", "missing", "x"), None),
        (("steps", "lookup", "first name", "__class__"), None),
        (("steps", 0), None),
    ],
)
def test_a_value_is_looked_up_in_data_alone(path: Path, value: Any):
    assert lookup(DATA, path) == value


def test_a_missing_value_can_have_a_default():
    assert lookup(DATA, ("nothing",), default="x") == "x"


def test_a_misspelt_name_finds_its_near_matches_whatever_their_case():
    names = ["customer_id", "customer_email", "amount"]

    assert near_matches("custmer_id", names)[0] == "customer_id"
    assert near_matches("AMOUNT", names) == ["amount"]
    assert near_matches("zzz", names) == []
    assert did_you_mean("zzz", names) == ""
    assert did_you_mean("amont", names) == " Did you mean “amount”?"


def test_a_sample_is_flattened_for_a_picker():
    sample = {"id": "x", "list": [{"a": 1}, {"a": 2}], "empty": [], "object": {"n": None, "odd name": False}}

    assert flatten_paths(sample) == [
        (("id",), "x"),
        (("list", 0, "a"), 1),
        (("empty",), []),
        (("object", "n"), None),
        (("object", "odd name"), False),
    ]


def test_a_huge_sample_is_cut_off():
    assert len(flatten_paths({str(number): number for number in range(10_000)})) == 2_000


keys = st.text(st.characters(codec="utf-8", exclude_characters="\"'\x00{}%"), min_size=1, max_size=8)


@given(st.lists(keys | st.integers(0, 99), max_size=4))
def test_a_path_from_a_picker_means_the_same_in_a_template(rest: list[str | int]):
    path = ("trigger", *rest)
    data: Any = "found"
    for segment in reversed(path):
        data = {segment: data} if isinstance(segment, str) else [None] * segment + [data]

    template = templates.parse("{{ " + format_path(path) + " }}")

    assert template.paths == (path,)
    assert template.render(data) == "found"
