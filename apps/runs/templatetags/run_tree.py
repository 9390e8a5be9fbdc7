"""What the page of a run needs to draw its steps as a tree."""

from collections.abc import Mapping

from django import template
from django.utils.safestring import SafeString

from apps.common import look
from apps.runs.display import ShownStep
from apps.runs.models import StepRun

register = template.Library()


@register.simple_tag
def step_at(by_path: Mapping[str, ShownStep], path: str) -> ShownStep | None:
    """Return what is said of the step at a path."""
    return by_path.get(path)


@register.simple_tag
def status_badge(status: str) -> SafeString:
    """Return an item's status as a badge."""
    label = "Filtered" if status == StepRun.Status.FILTERED else StepRun.Status(status).label
    return look.badge(status, label)
