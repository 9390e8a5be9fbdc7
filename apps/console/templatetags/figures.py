"""Figures as people read them."""

from datetime import timedelta

from django import template

register = template.Library()

NOTHING = "–"


@register.filter
def thousands(number: int | None) -> str:
    """Return 12345 as 12,345."""
    return NOTHING if number is None else f"{number:,}"


@register.filter
def percent(part: float | None) -> str:
    """Return a share; what is not all never reads 100 %."""
    if part is None:
        return NOTHING
    return "100 %" if part == 1 else f"{min(part * 100, 99.9):.1f} %"


@register.filter
def milliseconds(number: int | None) -> str:
    """Return a time in the unit that it is of."""
    if number is None:
        return NOTHING
    return f"{number} ms" if number < 1000 else duration(timedelta(milliseconds=number))


@register.filter
def duration(length: timedelta) -> str:
    """Return a length of time in its two largest units."""
    seconds = int(length.total_seconds())
    if seconds < 60:
        return f"{length.total_seconds():.1f} s"
    minutes, seconds = divmod(seconds, 60)
    if minutes < 60:
        return f"{minutes} min {seconds} s"
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours < 48 else f"{hours // 24} days {hours % 24} h"
