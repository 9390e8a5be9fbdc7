"""Logos drawn for the project: an app's monogram on its brand's colour, as inline SVG.

No provider's own mark is copied. The letters are light or dark, whichever reads
better on the colour (WCAG's contrast ratio), and a faint ring in the colour of
the text around keeps a dark logo visible on a dark page.
"""

import re
from collections.abc import Iterable
from functools import cache

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

LIGHT, DARK = "#ffffff", "#0b1512"
UNKNOWN = "#5b6b66"
SIZE = 40

_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[A-Z]+|\d+")


def monogram(name: str) -> str:
    """Return one or two letters for a name: “St” for Stripe, “Ci” for Customer.io, “HR” for HTTP Request."""
    words: list[str] = _WORD.findall(name)
    if not words:
        return (name.strip()[:2] or "?").capitalize()
    letters = words[0][:2].capitalize() if len(words) == 1 else words[0][0] + words[1][0]
    return letters[0].upper() + letters[1:]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, 1 to 21 (https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(color: str) -> str:
    """Return the colour of letters that reads best on `color`."""
    return max((LIGHT, DARK), key=lambda ink: contrast(ink, color))


@cache
def logo(name: str, color: str, *, size: int = SIZE, labelled: bool = False) -> SafeString:
    """Return the app's logo as an SVG element, `size` CSS pixels wide and high.

    `labelled` gives it the app's name as its accessible name; without, it is
    hidden from those who listen, for the name stands beside it.
    """
    told = format_html('role="img" aria-label="{}"', name) if labelled else SafeString('aria-hidden="true"')
    return format_html(
        '<svg class="logo" width="{size}" height="{size}" viewBox="0 0 40 40" {told} focusable="false">'
        "{drawing}</svg>",
        size=size,
        told=told,
        drawing=_drawing(name, color),
    )


def named(name: str, color: str) -> SafeString:
    """Return the logo in front of the app's name, for a line of text."""
    return format_html('<span class="td-app">{} {}</span>', logo(name, color, size=20), name)


def sprite(logos: Iterable[tuple[str, str, str]]) -> SafeString:
    """Return what `mention` refers to, to stand once in a page: (key, name, color) of each app."""
    symbols = format_html_join(
        "",
        '<symbol id="logo-{}" viewBox="0 0 40 40">{}</symbol>',
        ((key, _drawing(name, color)) for key, name, color in logos),
    )
    return format_html('<svg class="sprite" width="0" height="0" aria-hidden="true">{}</svg>', symbols)


def mention(key: str, *, size: int = SIZE) -> SafeString:
    """Return a logo that stands beside the app's name, in a page that has the sprite."""
    return format_html(
        '<svg class="logo" width="{size}" height="{size}" aria-hidden="true"><use href="#logo-{key}"/></svg>',
        size=size,
        key=key,
    )


@cache
def _drawing(name: str, color: str) -> SafeString:
    ground = color if _COLOR.fullmatch(color) else UNKNOWN
    return format_html(
        '<rect x=".5" y=".5" width="39" height="39" rx="10" fill="{ground}" stroke="currentColor"'
        ' stroke-opacity=".18"/>'
        '<path d="M0 29 29 0h1.5L0 30.5z" fill="{ink}" fill-opacity=".1"/>'
        '<text x="20" y="26.4" text-anchor="middle" fill="{ink}" font-size="18" font-weight="700"'
        ' font-family="ui-sans-serif,system-ui,sans-serif" letter-spacing="-.5">{letters}</text>',
        ground=ground,
        ink=ink_on(ground),
        letters=monogram(name),
    )


def _luminance(color: str) -> float:
    channels = (int(color[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (
        each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
