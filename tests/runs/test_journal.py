"""The run log's short way: what needs no masking and no cleaning is told in one look."""

import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from apps.common.masking import is_untouched, mask_json, may_name_secrets
from apps.connections.exchanges import masked_body
from apps.runs.journal import _shown, clean

SECRETS = ("sk_test_0123456789abcdef", "pa/ss+word==", 'quo"ted\\secret', "gehéim-geheim", "short")
ODD = (
    *SECRETS,
    "cGEvc3Mrd29yZD09",
    "pa%2Fss%2Bword%3D%3D",
    "\nsk-abcdefghijklmnopqrstu",
    "Bearer abc123456789",
    "https://ada:hunter2@example.com/",
    "https://example.com",
    "whsec_abcdefgh12345678",
    "a\x00b",
    "\ud800",
    "😀",
    "x" * 20_000,
    "plain text",
)
NAMES = ("amount", "api_key", "Client-Secret", "token", "e-mail", "data", "xox", "passwörd")

texts = st.sampled_from(ODD) | st.text(max_size=20)
leaves = texts | st.none() | st.booleans() | st.integers() | st.floats()
values = st.recursive(
    leaves,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(NAMES) | texts, inner, max_size=4)
    ),
    max_leaves=12,
)


def told(value):
    """Return a value as it can be compared, NaN too."""
    return repr(value)


@given(values)
@example({"n": 2**63, "m": -(2**63)})
@example([[[[[[[[[[[[[[[[[[[[[[[[[["deep"]]]]]]]]]]]]]]]]]]]]]]]]]])
@example(list(range(300)))
@example({"note": "line\nsk-abcdefghijklmnopqrstu"})
def test_the_short_way_leads_where_the_long_one_does(value):
    assert told(_shown(value, SECRETS)) == told(clean(mask_json(value, SECRETS)))


@given(values)
def test_nothing_that_is_masked_counts_as_untouched(value):
    try:
        written = json.dumps(value)
    except ValueError:
        return
    hidden = mask_json(value, SECRETS)

    if is_untouched(written, SECRETS[:1]) and not may_name_secrets(written):
        assert told(mask_json(value, SECRETS[:1])) == told(value)
    assert told(hidden) == told(mask_json(value, SECRETS))


@pytest.mark.parametrize(
    "body",
    [
        b'{"client_secret": "hunter2"}',
        b'{"Client-Secret": "hunter2"}',
        b'{"api key": "hunter2"}',
        b'{"a": {"\\u0074oken": "hunter2"}}',
        b'{"note": "line\\nsk-hunter2hunter2hunter2"}',
        b'{"key": "pa\\/ss+word=="}',
    ],
)
def test_a_body_that_names_or_hides_a_secret_is_still_masked(body):
    shown = masked_body(body, SECRETS)

    assert "hunter2" not in shown
    assert "ss+word" not in shown


def test_a_body_without_secrets_stands_as_it_was_sent():
    assert masked_body(b'{"a" : 1, "name": "x"}', SECRETS) == '{"a" : 1, "name": "x"}'
