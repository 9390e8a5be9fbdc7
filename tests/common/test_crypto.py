"""Envelopes, key rotation, search hashes."""

import hashlib
import string

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from apps.common import crypto
from apps.common.crypto import SealError

OLD = "an old field key, kept for reading what it sealed"
NEW = "a new field key, which seals from now on today"
ROW = "connections.Connection:0b1c:credentials:https://api.example.com"

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@pytest.fixture(autouse=True)
def keys(settings):
    settings.FIELD_KEYS = [OLD]
    settings.SEARCH_KEYS = ["the search key of these tests, no more"]
    return settings


@given(data=st.binary(max_size=2000), bound_to=st.text(max_size=80, alphabet=string.printable))
def test_what_is_sealed_opens_again(data, bound_to):
    assert crypto.unseal(crypto.seal(data, bound_to=bound_to), bound_to=bound_to) == data


@given(value=json_values)
def test_what_is_packed_unpacks_again(value):
    assert crypto.unpack(crypto.pack(value)) == value
    assert crypto.unseal_json(crypto.seal_json(value, bound_to=ROW), bound_to=ROW) == value


def test_bytes_of_a_body_survive_whatever_they_are():
    body = b'\x00\xff{"a": NaN}' * 1000

    blob = crypto.pack_bytes(body)

    assert crypto.unpack_bytes(blob) == body
    assert len(blob) < len(body) / 10


def test_a_blob_from_the_database_driver_opens():
    blob = crypto.seal(b"secret", bound_to=ROW)

    assert crypto.unseal(memoryview(blob), bound_to=ROW) == b"secret"
    assert crypto.key_id_of(memoryview(blob)) == crypto.current_key_id()


def test_no_two_blobs_of_the_same_secret_are_alike_and_none_shows_it():
    blobs = {crypto.seal(b"canary-secret", bound_to=ROW) for _ in range(50)}

    assert len(blobs) == 50
    assert not any(b"canary" in blob for blob in blobs)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "connections.Connection:ffff:credentials:https://api.example.com",
        "connections.Connection:0b1c:secret:https://api.example.com",
        "connections.Connection:0b1c:credentials:https://evil.example.com",
        "",
    ],
)
def test_a_secret_does_not_open_on_another_row_field_or_origin(elsewhere):
    blob = crypto.seal(b"secret", bound_to=ROW)

    with pytest.raises(SealError) as caught:
        crypto.unseal(blob, bound_to=elsewhere)

    assert caught.value.code == "wrong_binding"
    assert "secret" not in repr(caught.value).replace("stored secret", "")


@pytest.mark.parametrize("position", [0, 5, 20, 21, 32, 33, 48, 49, -1])
def test_a_changed_byte_is_noticed(position):
    blob = bytearray(crypto.seal(b"secret", bound_to=ROW))
    blob[position] ^= 1

    with pytest.raises(SealError) as caught:
        crypto.unseal(bytes(blob), bound_to=ROW)

    assert caught.value.code == "tampered"


@pytest.mark.parametrize("length", [0, 1, 4, 33, 64])
def test_a_cut_blob_is_noticed(length):
    blob = crypto.seal(b"", bound_to=ROW)[:length]

    with pytest.raises(SealError) as caught:
        crypto.unseal(blob, bound_to=ROW)

    assert caught.value.code == "tampered"


def test_after_rotation_the_new_key_seals_and_the_old_still_opens(keys):
    old_blob = crypto.seal(b"secret", bound_to=ROW)
    old_id = crypto.current_key_id()
    keys.FIELD_KEYS = [NEW, OLD]

    new_blob = crypto.seal(b"secret", bound_to=ROW)

    assert crypto.unseal(old_blob, bound_to=ROW) == b"secret"
    assert crypto.unseal(new_blob, bound_to=ROW) == b"secret"
    assert crypto.key_id_of(old_blob) == old_id
    assert crypto.key_id_of(new_blob) == crypto.current_key_id() != old_id
    assert crypto.known_key_ids() == [crypto.current_key_id(), old_id]


def test_a_key_that_is_gone_is_named(keys):
    blob = crypto.seal(b"secret", bound_to=ROW)
    keys.FIELD_KEYS = [NEW]

    with pytest.raises(SealError) as caught:
        crypto.unseal(blob, bound_to=ROW)

    assert caught.value.code == "unknown_key"
    assert caught.value.key_id == crypto.key_id_of(blob)
    assert caught.value.key_id in caught.value.message
    assert "FIELD_KEYS" in caught.value.message


def test_blanks_around_a_key_do_not_count(keys):
    blob = crypto.seal(b"secret", bound_to=ROW)
    keys.FIELD_KEYS = [f" {OLD} ", ""]

    assert crypto.unseal(blob, bound_to=ROW) == b"secret"


def test_without_a_key_nothing_is_sealed(keys):
    keys.FIELD_KEYS = [" "]

    with pytest.raises(ImproperlyConfigured, match="FIELD_KEYS"):
        crypto.seal(b"", bound_to=ROW)


def test_without_a_key_nothing_is_hashed(keys):
    keys.SEARCH_KEYS = []

    with pytest.raises(ImproperlyConfigured, match="SEARCH_KEYS"):
        crypto.search_hash("a", kind="id", workspace="w")


def test_a_value_that_is_no_json_is_refused():
    with pytest.raises(ValueError, match="JSON"):
        crypto.pack({"amount": float("nan")})


def test_an_email_is_found_however_it_is_written():
    stored = crypto.search_hash("Ada@Example.com ", kind="email", workspace="w1")

    assert crypto.search_hash("ada@example.com", kind="email", workspace="w1") == stored
    assert len(stored) == 32


@pytest.mark.parametrize(
    ("value", "kind", "workspace"),
    [
        ("ada@example.com", "id", "w1"),
        ("ada@example.com", "email", "w2"),
        ("bob@example.com", "email", "w1"),
        ("1ada@example.com", "email", "w"),
    ],
)
def test_hashes_of_another_value_kind_or_workspace_differ(value, kind, workspace):
    stored = crypto.search_hash("ada@example.com", kind="email", workspace="w1")

    assert crypto.search_hash(value, kind=kind, workspace=workspace) != stored


def test_ids_keep_their_case():
    assert crypto.search_hash("evt_A", kind="id", workspace="w") != crypto.search_hash(
        "evt_a", kind="id", workspace="w"
    )


def test_what_an_older_search_key_stored_is_still_found(keys):
    stored = crypto.search_hash("ada@example.com", kind="email", workspace="w")
    keys.SEARCH_KEYS = ["a newer search key of these tests, no more", *keys.SEARCH_KEYS]

    hashes = crypto.search_hashes("ada@example.com", kind="email", workspace="w")

    assert hashes[0] == crypto.search_hash("ada@example.com", kind="email", workspace="w") != stored
    assert stored in hashes


def test_a_hash_can_not_be_made_without_the_key():
    stored = crypto.search_hash("ada@example.com", kind="email", workspace="w")

    assert stored != hashlib.sha256(b"ada@example.com").digest()
