"""Names and times as alerts tell them."""

from datetime import timedelta

from django.urls import reverse

from apps.workflows.models import Workflow

_UNITS = ((86_400, "day"), (3600, "hour"), (60, "minute"), (1, "second"))


def in_words(span: timedelta) -> str:
    """Return a span in its largest unit, with one decimal below ten: "4 minutes", "2.5 hours"."""
    seconds = max(span.total_seconds(), 0.0)
    for size, name in _UNITS:
        if seconds >= size or size == 1:
            number = seconds / size
            text = f"{number:.1f}".removesuffix(".0") if number < 9.95 else f"{number:.0f}"
            return f"{text} {name}{'' if text == '1' else 's'}"
    return "0 seconds"


def subject_of(workflow: Workflow) -> str:
    """Return how alerts about a workflow are grouped."""
    return f"workflow:{workflow.code}"


def workflow_page(workflow: Workflow) -> str:
    """Return the path of a workflow's page."""
    return reverse("admin:workflows_workflow_change", args=[workflow.pk])
