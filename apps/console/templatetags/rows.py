"""What the templates of the console need: a control's value by its name, a form's token."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def of(found: Mapping[str, Any], name: str) -> Any:
    """Return what the mapping has for the name; None where there is nothing."""
    return found.get(name)


@register.simple_tag
def once() -> SafeString:
    """Return the field by which a second click on the same form is known (`apps.console.once`)."""
    return format_html('<input type="hidden" name="once" value="{}">', uuid4().hex)
