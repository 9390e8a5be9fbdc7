"""Reading a control's value and problems by the control's name."""

from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def of(found: Mapping[str, Any], name: str) -> Any:
    """Return what the mapping has for the name; None where there is nothing."""
    return found.get(name)
