"""What migrations do to an installation that is in use."""

from importlib import import_module

import pytest
from django.apps import apps

from apps.catalog.models import Use
from apps.workflows.publishing import publish

pytestmark = pytest.mark.django_db

note_uses = import_module("apps.workflows.migrations.0003_note_uses").note_uses


def uses() -> set[tuple[str, str, str]]:
    """Return what is noted."""
    return set(Use.objects.values_list("ref", "label", "url"))


def test_what_was_published_before_is_noted_as_publishing_does(workflow, actor):
    publish(workflow, actor=actor)
    published = uses()
    Use.objects.all().delete()

    note_uses(apps, None)

    assert uses() == published != set()


def test_a_draft_uses_nothing_yet(workflow):
    note_uses(apps, None)

    assert uses() == set()
