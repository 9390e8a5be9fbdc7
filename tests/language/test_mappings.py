"""Mappings: tagged, never guessed."""

from typing import Any

import pytest

from apps.language.errors import TemplateError
from apps.language.mappings import paths_of, resolve

SCOPE = {"trigger": {"amount": 2000, "email": "ada@example.com"}}


@pytest.mark.parametrize(
    ("mapping", "value"),
    [
        ({"value": 5}, 5),
        ({"value": None}, None),
        ({"value": "{{ trigger.amount }}"}, "{{ trigger.amount }}"),
        ({"value": {"template": "{{ trigger.amount }}"}}, {"template": "{{ trigger.amount }}"}),
        ({"template": "{{ trigger.amount }}"}, 2000),
        ({"template": "To {{ trigger.email }}"}, "To ada@example.com"),
        ({"template": ""}, ""),
    ],
)
def test_a_value_is_itself_and_a_template_is_rendered(mapping: Any, value: Any):
    assert resolve(mapping, SCOPE) == value


@pytest.mark.parametrize(
    "mapping",
    [
        None,
        "text",
        5,
        [],
        {},
        {"Value": 1},
        {"value": 1, "template": "x"},
        {"value": 1, "note": ""},
        {"template": 5},
    ],
)
def test_what_is_not_tagged_is_refused(mapping: Any):
    for call in (paths_of, lambda untagged: resolve(untagged, SCOPE)):
        with pytest.raises(TemplateError) as caught:
            call(mapping)
        assert caught.value.code == "untagged"


def test_the_paths_of_a_mapping_are_those_of_its_template():
    mapping = {"template": "{{ trigger.amount | default: 1 }} {{ trigger.amount }} {{ steps.a.b }}"}

    assert paths_of(mapping) == (("trigger", "amount"), ("steps", "a", "b"))
    assert paths_of({"value": "{{ trigger.amount }}"}) == ()


def test_a_broken_template_is_told_as_such():
    with pytest.raises(TemplateError) as caught:
        paths_of({"template": "{{ trigger.amount"})

    assert caught.value.code == "syntax"
