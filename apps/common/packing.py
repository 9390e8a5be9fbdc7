"""Compression of stored bodies and working state, with the words of providers' events known beforehand.

A body of some kilobytes has little in it that repeats: most of it is the names
of fields, which every other body has too. `packing.txt` lists those, a line each
and the frequent last, never a value of anybody. The stream names its dictionary
by a checksum, so that what was compressed without one opens as well.

**The file never changes**: what was stored opens with these very bytes. Other words
take a file of their own beside it.
"""

import zlib
from pathlib import Path

LEVEL = 3
DICTIONARY = b", ".join(Path(__file__).with_suffix(".txt").read_bytes().split(b"\n")[:-1])

_primed = zlib.compressobj(LEVEL, zdict=DICTIONARY)
"""Has read the dictionary; its copies need not."""


def compress(data: bytes) -> bytes:
    """Return the data compressed; `decompress` gives it back."""
    stream = _primed.copy()
    return stream.compress(data) + stream.flush()


def decompress(packed: bytes) -> bytes:
    """Return what was compressed, with or without the dictionary. Raises `zlib.error`."""
    stream = zlib.decompressobj(zdict=DICTIONARY)
    data = stream.decompress(packed) + stream.flush()
    if not stream.eof:
        raise zlib.error("The compressed data ends too early.")
    return data
