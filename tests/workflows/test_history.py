"""The versions of a workflow, and going back to one."""

import copy

import pytest

from apps.common.errors import Conflict, NotAllowed
from apps.workflows import services
from apps.workflows.history import entries, find_version, restore_version
from apps.workflows.models import WorkflowVersion
from apps.workflows.publishing import publish
from apps.workspaces.access import Actor
from apps.workspaces.models import AuditEntry

pytestmark = pytest.mark.django_db


@pytest.fixture
def twice_published(workflow, actor):
    """Return the workflow with a second version whose step has another name."""
    publish(workflow, actor=actor, note="First")
    changed = copy.deepcopy(workflow.draft)
    changed["steps"][0]["name"] = "Renamed"
    services.save_draft(workflow, actor=actor, definition=changed, revision=workflow.draft_revision)
    publish(workflow, actor=actor, note="Second")
    return workflow


def test_the_newest_stands_first_with_what_it_changed(twice_published, django_assert_num_queries):
    with django_assert_num_queries(1):
        found = entries(twice_published)

    assert [(each.version.number, each.version.note) for each in found] == [(2, "Second"), (1, "First")]
    assert any("Renamed" in change for change in found[0].changes)
    assert found[1].changes == ()


def test_a_page_goes_on_below_a_number(twice_published):
    first = entries(twice_published, limit=1)
    second = entries(twice_published, below=first[-1].version.number, limit=1)

    assert [each.version.number for each in (*first, *second)] == [2, 1]
    assert first[0].changes


def test_a_restored_version_is_the_draft_and_not_live(twice_published, actor):
    restored = restore_version(twice_published, 1, actor=actor, revision=twice_published.draft_revision)

    assert restored.draft == find_version(restored, 1).definition
    assert restored.live_version.number == 2
    entry = AuditEntry.objects.get(verb="workflow.version_restored")
    assert entry.after == {"version": 1, "revision": restored.draft_revision}


def test_a_draft_that_somebody_saved_meanwhile_is_not_overwritten(twice_published, actor):
    before = copy.deepcopy(twice_published.draft)

    with pytest.raises(Conflict, match="saved this draft"):
        restore_version(twice_published, 1, actor=actor, revision=twice_published.draft_revision - 1)

    twice_published.refresh_from_db()
    assert twice_published.draft == before
    assert not AuditEntry.objects.filter(verb="workflow.version_restored").exists()


def test_an_unknown_version_is_no_version(twice_published, actor):
    with pytest.raises(WorkflowVersion.DoesNotExist):
        restore_version(twice_published, 9, actor=actor, revision=twice_published.draft_revision)


def test_a_viewer_restores_nothing(twice_published, viewer):
    with pytest.raises(NotAllowed):
        restore_version(twice_published, 1, actor=Actor.of(viewer), revision=twice_published.draft_revision)
