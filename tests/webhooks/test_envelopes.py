"""The top level of what can't be read as a whole."""

import pytest

from apps.webhooks.envelopes import read_top_level


@pytest.mark.parametrize(
    ("body", "found"),
    [
        (b'{"a": "x", "b": true, "c": null, "d": 5}', {"a": "x", "b": True, "c": None}),
        (b'{"data": ' + b'{"a": "no", "x": ' * 5000 + b"1" + b"}" * 5000 + b', "a": "x"}', {"a": "x"}),
        (b'{"t": "\\" {\\"a\\": \\"no\\"", "a": "x"}', {"t": '" {"a": "no"', "a": "x"}),
        (b'{"a": "x", "bad": "\\u0000", "worse": "\\ud800"}', {"a": "x"}),
        (b'{"a": "x", "a": {"b": "c"}}', {}),
        (b'{"a": "x", "a": 5}', {}),
        (b'{"x": ["a", "b"], "a": "x"}', {"a": "x"}),
        (b'{"a": "x", "b": \xff}', {"a": "x"}),
        (b'{"a": "x", "t": "never closed \\"a\\": \\"no\\"', {"a": "x"}),
        (b'{"a": "x", "t": "' + b'\\"' * 300_000, {"a": "x"}),
        (b'{"n": ' + b"9" * 5000 + b', "a": "x"}', {"a": "x"}),
        (b'[{"a": "x"}]', {}),
        (b'"a"', {}),
        (b"", {}),
    ],
)
def test_texts_and_words_of_the_outermost_object_are_found(body, found):
    assert read_top_level(body) == found
