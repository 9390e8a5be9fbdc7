"""What many failures have in common: their message without what belongs to one event alone."""

import hashlib
import re

MAX_PATTERN = 300
_STEP = re.compile(r"^Step “[^”]*”: ")
_PARTICULARS = (
    (re.compile(r"[^\s@“”<>(),;]+@[^\s@“”<>(),;]+\.[A-Za-z]{2,}"), "‹e-mail›"),
    (re.compile(r"\b[0-9a-fA-F]{8}-[0-9a-fA-F-]{13,27}\b"), "‹id›"),
    # A word with digits in it, such as ch_3Nf or cus_9s6X: an id, as a name would have none.
    (re.compile(r"\b(?=[\w-]*\d)(?=[\w-]*[A-Za-z_])[\w-]{6,}\b"), "‹id›"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "‹number›"),
)
_INDEX = re.compile(r"\[\d+\]")


def pattern_of(message: str) -> str:
    """Return a message as one line without addresses, ids and numbers, and without its step's name."""
    text = _STEP.sub("", " ".join(message.split()))
    for found, shown in _PARTICULARS:
        text = found.sub(shown, text)
    return text[:MAX_PATTERN] or "No message"


def step_of(path: str) -> str:
    """Return a step's path without the numbers of the items that loops were at."""
    return _INDEX.sub("[]", path)


def digest_of(step: str, code: str, pattern: str) -> str:
    """Return the hash by which failures of one workflow are found to be the same."""
    parts = "\0".join((step, code, pattern))
    return hashlib.sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()
