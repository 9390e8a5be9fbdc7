"""Other words by which people look for what the picker offers."""

import re

SYNONYMS: tuple[tuple[str, ...], ...] = (
    ("person", "people", "customer", "contact", "profile", "lead", "subscriber"),
    ("e-mail", "email", "mail", "message"),
    ("message", "notify", "notification", "post", "chat"),
    ("invoice", "bill", "billing"),
    ("charge", "payment", "paid", "transaction"),
    ("refund", "money back", "reimburse"),
    ("dispute", "chargeback"),
    ("subscription", "plan", "recurring", "membership"),
    ("price", "cost", "amount"),
    ("coupon", "discount", "promotion", "voucher"),
    ("product", "item", "article"),
    ("segment", "list", "group", "audience"),
    ("broadcast", "newsletter", "campaign"),
    ("event", "track", "activity"),
    ("create", "add", "new", "make", "insert"),
    ("update", "change", "edit", "modify", "set"),
    ("delete", "remove", "erase", "destroy"),
    ("find", "look up", "lookup", "search", "get", "fetch", "retrieve"),
    ("cancel", "stop", "end", "unsubscribe"),
    ("send", "deliver", "push"),
    ("schedule", "cron", "timer", "every day", "time"),
    ("webhook", "catch", "incoming", "http", "callback"),
    ("request", "api", "rest", "url", "curl", "call"),
    ("suppress", "block", "opt out", "unsubscribe"),
    ("checkout", "cart", "purchase", "order"),
    ("slack", "channel", "team", "chat"),
    ("trial", "free", "demo"),
    ("failed", "declined", "error", "dunning"),
)
"""Words of which the first ones, where they are found, stand for all others of the row."""

_WORD = re.compile(r"[a-z][a-z-]+")


def keywords_of(*texts: str) -> list[str]:
    """Return the synonyms of the words in these texts that are not among them themselves."""
    words = {_singular(word) for text in texts for word in _WORD.findall(text.lower().replace("_", " "))}
    found: dict[str, None] = {}
    for row in SYNONYMS:
        if any(_singular(word) in words for word in row[:3]):
            found.update(dict.fromkeys(row))
    return [word for word in found if _singular(word) not in words]


def _singular(word: str) -> str:
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith("ss") else word
