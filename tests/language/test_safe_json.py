"""JSON from strangers: what is let in, what is refused, and with which code."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.language import safe_json
from apps.language.errors import UnsafeJSONError

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**60), 10**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda children: (
        st.lists(children) | st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=1)), children)
    ),
    max_leaves=20,
)


def shortened(value: Any) -> str | None:
    return repr(value[:20]) if isinstance(value, bytes | str) else None


def code_of(call: Any, *arguments: Any, **options: Any) -> str:
    with pytest.raises(UnsafeJSONError) as caught:
        call(*arguments, **options)
    return caught.value.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"\xff\xfe{}", "not_utf8"),
        (b'"\xed\xa0\x80"', "not_utf8"),
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"{'a': 1}", "not_json"),
        (b"[1] [2]", "not_json"),
        (b'"\x00"', "not_json"),
        (b"[" * 20_000, "too_deep"),
        (b"[" * 20_000 + b"]" * 20_000, "too_deep"),
        (b'{"a":' * 20_000 + b"1" + b"}" * 20_000, "too_deep"),
        (b'[{"a":' * 10_000 + b"1" + b"}]" * 10_000, "too_deep"),
        (b'"\\u0000"', "nul"),
        (b'{"a\\u0000": 1}', "nul"),
        (b'[["\\\\\\u0000"]]', "nul"),
        (b'"\\ud800"', "lone_surrogate"),
        (b'"\\uDC00 x"', "lone_surrogate"),
        (b'{"\\uD83D": 1}', "lone_surrogate"),
        (b"NaN", "not_a_number"),
        (b"[-Infinity]", "not_a_number"),
        (b'{"a": ' + b"9" * 5_000 + b"}", "number_too_long"),
        (b"-" + b"9" * 65, "number_too_long"),
        (b"1e400", "number_too_long"),
        (b"0." + b"1" * 5_000, "number_too_long"),
    ],
    ids=shortened,
)
def test_hostile_json_is_refused_with_its_reason(body: bytes, code: str):
    assert code_of(safe_json.loads, body) == code


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"\xef\xbb\xbf{}", {}),
        (b'{"a": 1, "a": 2}', {"a": 2}),
        (b'"\\ud83d\\ude00"', "😀"),
        (b'"C:\\\\u0000"', "C:\\u0000"),
        (b'"\\\\ud800"', "\\ud800"),
        (b"9" * 64, int("9" * 64)),
        (b"-0.5e3", -500.0),
        (b"[" * 64 + b"]" * 64, json.loads("[" * 64 + "]" * 64)),
        (b'"' + b"[" * 5_000 + b'"', "[" * 5_000),
        (b'["\\"' + b"{" * 5_000 + b'\\\\"]', ['"' + "{" * 5_000 + "\\"]),
    ],
    ids=shortened,
)
def test_unusual_json_that_is_safe_is_read(body: bytes, value: Any):
    assert safe_json.loads(body) == value


def test_many_shallow_lists_are_not_deep():
    body = b"[" + b"[]," * 50_000 + b"{}]"

    assert len(safe_json.loads(body)) == 50_001


@pytest.mark.parametrize("opening", [b"[", b'{"a":', b'[{"a\\n]":'])
def test_one_level_more_than_allowed_is_too_deep(opening: bytes):
    closing = (
        opening.replace(b'"a\\n]":', b"").replace(b'"a":', b"").translate(bytes.maketrans(b"[{", b"]}"))[::-1]
    )
    levels = opening.replace(b'"a\\n]":', b"").count(b"[") + opening.count(b"{")
    fitting = 60 // levels
    body = opening * fitting + b"1" + closing * fitting

    assert safe_json.loads(body, max_depth=fitting * levels)
    assert code_of(safe_json.loads, b" " * 9 + body, max_depth=fitting * levels - 1) == "too_deep"


def test_a_body_over_the_limit_is_refused_before_it_is_parsed():
    assert code_of(safe_json.loads, b"not json", max_bytes=7) == "too_long"
    assert safe_json.loads(b'"12345"', max_bytes=7) == "12345"


def test_a_refusal_does_not_repeat_the_body():
    with pytest.raises(UnsafeJSONError) as caught:
        safe_json.loads(b'{"email": "ada@example.com" oops}')

    assert "ada" not in caught.value.message
    assert "line 1, column 29" in caught.value.message


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), "not_a_number"),
        (Decimal("Infinity"), "not_a_number"),
        (10**64, "number_too_long"),
        ({"a": "\x00"}, "nul"),
        (["\ud800"], "lone_surrogate"),
        ({1: "a"}, "unknown_type"),
        ([b"bytes"], "unknown_type"),
    ],
)
def test_a_value_that_is_parsed_already_is_checked_alike(value: Any, code: str):
    assert code_of(safe_json.check, value) == code


def test_checking_a_deep_value_does_not_exhaust_the_stack():
    value: list[Any] = []
    for _ in range(50_000):
        value = [value]

    assert code_of(safe_json.check, value) == "too_deep"


@given(json_values)
def test_what_is_written_is_read_back(value: Any):
    written = safe_json.dumps(value)

    assert safe_json.loads(written) == value
    safe_json.check(value)


@given(st.text() | st.binary().map(lambda body: body.decode("latin-1")))
def test_whatever_is_read_can_be_stored_as_utf8_without_nul(text: str):
    body = json.dumps([text]).encode()

    try:
        value = safe_json.loads(body)
    except UnsafeJSONError as error:
        assert error.code in {"nul", "lone_surrogate"}  # noqa: PT017 - either outcome is checked
    else:
        assert b"\x00" not in value[0].encode()


@given(st.binary(max_size=200))
def test_bytes_are_read_or_refused_and_nothing_else(body: bytes):
    try:
        safe_json.loads(body)
    except UnsafeJSONError as error:
        assert error.code  # noqa: PT017 - any other exception fails the test


def test_writing_is_compact_and_keeps_the_order_of_names():
    assert safe_json.dumps({"b": 1, "a": [True, None, "é"]}) == '{"b":1,"a":[true,null,"é"]}'.encode()


@pytest.mark.parametrize(
    ("number", "written"),
    [
        ("20.00", b"20"),
        ("0.1", b"0.1"),
        ("1E+3", b"1000"),
        ("12345678901234567890.00", b"12345678901234567890"),
    ],
)
def test_decimals_are_written_as_numbers(number: str, written: bytes):
    assert safe_json.dumps(Decimal(number)) == written


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("inf"), "not_a_number"),
        (Decimal("NaN"), "not_a_number"),
        ("\ud800", "lone_surrogate"),
        (object(), "unknown_type"),
        ({(1, 2): 3}, "unknown_type"),
        ([10**5_000], "number_too_long"),
    ],
)
def test_what_json_does_not_know_is_not_written(value: Any, code: str):
    assert code_of(safe_json.dumps, value) == code


def test_a_value_that_contains_itself_is_not_written():
    value: list[Any] = []
    value.append(value)

    assert code_of(safe_json.dumps, value) == "too_deep"
