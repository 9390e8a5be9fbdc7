"""Tags of the workspace's own pages."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template
from django.utils.safestring import SafeString

# Not from `look`: the template engine loads this while django-unfold is still loading.
from apps.common.look_blocks import NOTHING, kv_table, when

register = template.Library()


@register.simple_tag
def moment(at: datetime | None) -> SafeString:
    """Show a moment relative to now."""
    return when(at)


@register.simple_tag
def changed(values: Mapping[str, Any]) -> SafeString | str:
    """Show the values of an audit entry as rows."""
    return kv_table(values.items()) if values else NOTHING
