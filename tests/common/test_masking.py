"""Masking: canaries planted in every form must not come out."""

import base64
import json
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.common.masking import MASK, mask_headers, mask_json, mask_text, mask_value, truncate_bytes

CANARY = 'canary/+s3cret "Ünder"=&?x'
PLAIN = "c0ffee00c0ffee00beef"


def b64(text):
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    "text",
    [
        f"before {CANARY} after",
        f"https://example.com/?key={quote(CANARY, safe='')}&x=1",
        f"https://example.com/{quote(CANARY)}",
        "https://example.com/canary%2f%2bs3cret%20%22%c3%9cnder%22%3d%26%3fx",
        f"key={quote_plus(CANARY)}",
        json.dumps({"key": CANARY}),
        json.dumps({"key": CANARY}, ensure_ascii=False),
        f"Authorization: Basic {b64(f'site:{CANARY}')}",
        f"Authorization: Basic {b64(f'{CANARY}:')}",
        b64(CANARY),
        b64(f"x{CANARY}y"),
        b64(f"xy{CANARY}z"),
        base64.urlsafe_b64encode(f"user:{CANARY}".encode()).decode().rstrip("="),
    ],
)
def test_a_known_secret_is_masked_in_every_spelling(text):
    masked = mask_text(text, [CANARY])

    assert MASK in masked
    assert "canary" not in masked
    assert "s3cret" not in masked
    for run in masked.replace("-", "+").replace("_", "/").split():
        for offset in range(4):
            chunk = run[offset : offset + len(run[offset:]) // 4 * 4]
            assert b"canary" not in decoded(chunk)


def decoded(text):
    try:
        return base64.b64decode(text + "==")
    except ValueError:
        return b""


@given(
    secret=st.text(alphabet="abcdefghijklmnopqrstuvwxyzABC0123456789_-+/=", min_size=12, max_size=40),
    user=st.text(alphabet="abcdefghij", max_size=9),
)
def test_base64_of_user_and_password_never_passes(secret, user):
    token = b64(f"{user}:{secret}")

    assert token not in mask_text(f"x {token} y", [secret])


def test_the_longest_secret_is_masked_first():
    assert mask_text("abcdefgh-suffix", ["abcdefgh", "abcdefgh-suffix"]) == MASK


def test_a_secret_too_short_to_tell_from_words_is_not_looked_for():
    assert mask_text("test it", ["test"]) == "test it"


def test_the_last_four_are_shown_only_of_long_secrets():
    assert mask_value(PLAIN) == f"{MASK}beef"
    assert mask_value("fifteen-letters") == MASK


@pytest.mark.parametrize(
    "secret",
    [
        "sk_live_51Habcdefghijklmnop",
        "sk_test_51Habcdefghijklmnop",
        "rk_live_51Habcdefghijklmnop",
        "rk_test_51Habcdefghijklmnop",
        "whsec_abcdefgh12345678",
        "sk-ant-api03-abcdefghijklmnop",
        "xoxb-1234567890-abcdef",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIabc\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_what_looks_like_a_providers_secret_is_masked_unknown(secret):
    masked = mask_text(f'{{"note": "{secret}"}}')

    assert secret not in masked
    assert secret[8:-4] not in masked
    assert masked.startswith('{"note": "••••')


@pytest.mark.parametrize(
    "text",
    [
        "Basic authentication failed",
        "The bearer of this message",
        "pk_live_abcdefghijklmnop",
        "https://example.com/path?at=12:30@noon",
        "cus_ABCDEFGHIJKLMNOP paid in_1ABCDEFGHIJKLMNOP",
        "Stripe refused the secret key of connection “Stripe live” (401).",
    ],
)
def test_ordinary_text_stays(text):
    assert mask_text(text) == text


def test_the_user_part_of_an_address_is_masked():
    assert mask_text("postgres://tandem:hunter2@db.example.com/x") == f"postgres://{MASK}@db.example.com/x"


def test_an_authorization_in_a_text_keeps_its_scheme():
    assert mask_text(f"curl -H 'Authorization: Bearer {PLAIN}'") == (
        f"curl -H 'Authorization: Bearer {MASK}beef'"
    )


def test_headers_are_masked_by_name_and_by_value():
    masked = mask_headers(
        {
            "Authorization": f"Bearer {PLAIN}",
            "authorization": "Basic dXNlcjpwYXNzd29yZC1sb25n",
            "Cookie": "session=abc",
            "X-Api-Key": PLAIN,
            "Stripe-Signature": "t=1,v1=abcdef0123456789",
            "X-CIO-Signature": "abc",
            "X-Shop-Token": "short",
            "Content-Type": "application/json",
            "X-Trace": f"id-{CANARY}",
            "Empty-Token": "",
        },
        [CANARY],
    )

    assert masked == {
        "Authorization": f"Bearer {MASK}beef",
        "authorization": f"Basic {MASK}",
        "Cookie": MASK,
        "X-Api-Key": f"{MASK}beef",
        "Stripe-Signature": f"{MASK}6789",
        "X-CIO-Signature": MASK,
        "X-Shop-Token": MASK,
        "Content-Type": "application/json",
        "X-Trace": f"id-{mask_value(CANARY)}",
        "Empty-Token": "",
    }


@pytest.mark.parametrize(
    "key",
    [
        "client_secret",
        "clientSecret",
        "secret",
        "Password",
        "token",
        "api_key",
        "apiKey",
        "X-API-Key",
        "authorization",
        "access_token",
        "refresh_token",
        "private_key",
        "signing_key",
        "webhook_secret",
    ],
)
def test_everything_under_a_sensitive_key_is_masked(key):
    masked = mask_json({"a": [{key: {"deep": ["hunter2", 12345, None, True, ""]}}]})

    assert masked == {"a": [{key: {"deep": [MASK, MASK, None, True, ""]}}]}


def test_other_values_stay_as_they_are():
    value = {"id": "in_1", "amount": 1000, "rate": 0.5, "paid": True, "none": None, "items": [], "tokens": 3}

    assert mask_json(value) == value


def test_a_known_secret_is_masked_in_leaves_and_keys_and_the_value_is_not_changed():
    value = {PLAIN: [f"x{PLAIN}y"]}

    assert mask_json(value, [PLAIN]) == {f"{MASK}beef": [f"x{MASK}beefy"]}
    assert value == {PLAIN: [f"x{PLAIN}y"]}


def test_a_value_nested_beyond_reason_is_cut():
    value: dict[str, object] = {"token": "canary"}
    for _ in range(5000):
        value = {"a": value}

    assert "canary" not in str(mask_json(value))


@pytest.mark.parametrize(
    ("text", "limit", "expected"),
    [
        ("short", 5, "short"),
        ("longer", 5, "longe… (1 more bytes cut)"),
        ("ééé", 3, "é… (3 more bytes cut)"),
        ("a" * 5000, 10, "aaaaaaaaaa… (4,990 more bytes cut)"),
    ],
)
def test_a_long_text_is_cut_at_a_whole_letter_and_says_so(text, limit, expected):
    assert truncate_bytes(text, limit) == expected


@given(text=st.text(max_size=300), secrets=st.lists(st.text(min_size=6, max_size=30), max_size=3))
def test_masking_twice_is_masking_once(text, secrets):
    once = mask_text(text, secrets)

    assert mask_text(once, []) == once
