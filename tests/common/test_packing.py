"""Compression with a dictionary: it gives back every byte, opens what is older, and never changes."""

import hashlib
import json
import zlib
from pathlib import Path

import pytest

from apps.common import packing

SAMPLES = Path("apps/catalog/connectors/stripe/samples")


@pytest.mark.parametrize(
    "data", [b"", b"{}", b"\x00\xff" * 5000, '{"name": "Ünal 🎈"}'.encode(), b"x" * 100_000]
)
def test_every_byte_comes_back(data: bytes) -> None:
    assert packing.decompress(packing.compress(data)) == data
    assert packing.decompress(packing.compress(data)) == data


@pytest.mark.parametrize("level", [1, 6])
def test_what_was_compressed_without_the_dictionary_opens(level: int) -> None:
    data = b'{"object": "event"}' * 50
    assert packing.decompress(zlib.compress(data, level)) == data


def test_an_event_takes_less_than_two_thirds_of_what_it_would_without_its_words() -> None:
    event = json.dumps(json.loads((SAMPLES / "invoice-payment-failed.json").read_text()), indent=2).encode()
    assert 3 * len(packing.compress(event)) < 2 * len(zlib.compress(event, 1))


@pytest.mark.parametrize("cut", [1, 7, -1])
def test_damaged_data_is_refused(cut: int) -> None:
    with pytest.raises(zlib.error):
        packing.decompress(packing.compress(b'{"object": "event"}')[:cut])


def test_the_words_are_those_that_stored_bodies_open_with() -> None:
    known = "d759b60d16df5b159e5c15e1ea524e740fce5372e39ba8914d3f346d7756c1dc"
    assert hashlib.sha256(packing.DICTIONARY).hexdigest() == known


def test_no_word_is_of_anybody() -> None:
    words = packing.DICTIONARY.decode("ascii")
    assert not any(sign in words for sign in ("@", "//", "acct_", "cus_", "evt_"))
    assert not any(letter.isupper() for letter in words)
