"""Filters that work on text. Numbers and booleans are written out; null stays null."""

import html
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from apps.language.filters.registry import MAX_ITEMS, FilterError, refuse_longer, register, text_of, whole


def _on_text(name: str, change: Callable[[str], str]) -> Callable[[Any], str | None]:
    def apply(left: Any) -> str | None:
        return None if left is None else change(text_of(left, name))

    return apply


register(
    "downcase",
    help="Writes text in lower case.",
    example="{{ 'ADA@Example.com' | downcase }}",
    gives="ada@example.com",
    aliases=("lower",),
)(_on_text("downcase", str.lower))

register(
    "upcase", help="Writes text in capitals.", example="{{ 'usd' | upcase }}", gives="USD", aliases=("upper",)
)(_on_text("upcase", str.upper))

register(
    "capitalize",
    help="Writes the first letter as a capital, the others in lower case.",
    example="{{ 'past DUE' | capitalize }}",
    gives="Past due",
)(_on_text("capitalize", str.capitalize))

register(
    "strip",
    help="Removes spaces around text.",
    example="{{ '  Ada  ' | strip }}",
    gives="Ada",
    aliases=("trim",),
)(_on_text("strip", str.strip))

register("lstrip", help="Removes spaces before text.", example="{{ '  Ada' | lstrip }}", gives="Ada")(
    _on_text("lstrip", str.lstrip)
)

register("rstrip", help="Removes spaces after text.", example="{{ 'Ada  ' | rstrip }}", gives="Ada")(
    _on_text("rstrip", str.rstrip)
)

register(
    "squish",
    help="Removes spaces around text and makes one of several inside it.",
    example="{{ ' Ada   Lovelace ' | squish }}",
    gives="Ada Lovelace",
)(_on_text("squish", lambda text: " ".join(text.split())))

register(
    "strip_newlines",
    help="Removes line breaks.",
    example='{{ "Rose St 1" | strip_newlines }}',
    gives="Rose St 1",
)(_on_text("strip_newlines", lambda text: text.replace("\r", "").replace("\n", "")))

register(
    "escape",
    help="Makes text safe to stand in HTML.",
    example="{{ '<b>' | escape }}",
    gives="&lt;b&gt;",
)(_on_text("escape", html.escape))

register(
    "url_encode",
    help="Encodes text for the address of a link.",
    example="{{ 'a b&c' | url_encode }}",
    gives="a%20b%26c",
)(_on_text("url_encode", lambda text: quote(text, safe="")))

register(
    "text",
    help="Turns a number, true or false into text, also where it stands alone. Null stays null.",
    example="{{ 42 | text | json }}",
    gives='"42"',
)(_on_text("text", str))


@register(
    "append",
    help="Adds text at the end. Null counts as empty text.",
    example="{{ 'Ada' | append: '!' }}",
    gives="Ada!",
    arguments=(1, 1),
)
def _append(left: Any, right: Any) -> str:
    return text_of(left, "append") + text_of(right, "append")


@register(
    "prepend",
    help="Adds text at the beginning. Null counts as empty text.",
    example="{{ '2000' | prepend: '$' }}",
    gives="$2000",
    arguments=(1, 1),
)
def _prepend(left: Any, right: Any) -> str:
    return text_of(right, "prepend") + text_of(left, "prepend")


def _substituted(left: Any, old: Any, new: Any, name: str, count: int) -> str | None:
    if left is None:
        return None
    text, searched, substitute = text_of(left, name), text_of(old, name), text_of(new, name)
    if not searched:
        raise FilterError(f"{name} needs a text to look for, but got an empty one.")
    found = text.count(searched) if count < 0 else min(text.count(searched), count)
    refuse_longer(len(text) + found * (len(substitute) - len(searched)))
    return text.replace(searched, substitute, count)


@register(
    "replace",
    help="Replaces each occurrence of a text by another.",
    example="{{ 'a-b-c' | replace: '-', '.' }}",
    gives="a.b.c",
    arguments=(1, 2),
)
def _replace(left: Any, old: Any, new: Any = "") -> str | None:
    return _substituted(left, old, new, "replace", -1)


@register(
    "replace_first",
    help="Replaces the first occurrence of a text by another.",
    example="{{ 'a-b-c' | replace_first: '-', '.' }}",
    gives="a.b-c",
    arguments=(1, 2),
)
def _replace_first(left: Any, old: Any, new: Any = "") -> str | None:
    return _substituted(left, old, new, "replace_first", 1)


@register(
    "remove",
    help="Removes each occurrence of a text.",
    example="{{ '+49 30 123' | remove: ' ' }}",
    gives="+4930123",
    arguments=(1, 1),
)
def _remove(left: Any, old: Any) -> str | None:
    return _substituted(left, old, "", "remove", -1)


@register(
    "remove_first",
    help="Removes the first occurrence of a text.",
    example="{{ 'cus_123' | remove_first: 'cus_' }}",
    gives="123",
    arguments=(1, 1),
)
def _remove_first(left: Any, old: Any) -> str | None:
    return _substituted(left, old, "", "remove_first", 1)


@register(
    "truncate",
    help="Shortens text to a number of characters, which include the ending (… unless given).",
    example="{{ 'Good morning' | truncate: 8, '…' }}",
    gives="Good mo…",
    arguments=(0, 2),
)
def _truncate(left: Any, length: Any = 50, ending: Any = "…") -> str | None:
    if left is None:
        return None
    text, limit, end = text_of(left, "truncate"), whole(length, "truncate"), text_of(ending, "truncate")
    if len(text) <= limit:
        return text
    return text[: max(limit - len(end), 0)] + end


@register(
    "truncatewords",
    help="Shortens text to a number of words and adds an ending (… unless given).",
    example="{{ 'one two three' | truncatewords: 2 }}",
    gives="one two…",
    arguments=(0, 2),
)
def _truncatewords(left: Any, count: Any = 15, ending: Any = "…") -> str | None:
    if left is None:
        return None
    text, limit = text_of(left, "truncatewords"), max(whole(count, "truncatewords"), 1)
    words = text.split(None, limit)
    if len(words) <= limit:
        return text
    return " ".join(words[:limit]) + text_of(ending, "truncatewords")


@register(
    "split",
    help="Cuts text into a list at each occurrence of a separator. Null gives an empty list.",
    example="{{ 'a,b' | split: ',' | json }}",
    gives='["a","b"]',
    arguments=(1, 1),
)
def _split(left: Any, separator: Any) -> list[str]:
    text, cut = text_of(left, "split"), text_of(separator, "split")
    if not cut:
        raise FilterError("split needs a text to cut at, but got an empty one.")
    if not text:
        return []
    refuse_longer(text.count(cut) + 1, limit=MAX_ITEMS)
    return text.split(cut)
