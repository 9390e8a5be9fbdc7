"""Counting no further than people look."""

import pytest
from django.db.models import Subquery

from apps.common import paging
from apps.common.paging import AtLeast, CappedPaginator
from apps.workspaces.models import Membership, Workspace
from tests.factories import WorkspaceFactory


@pytest.fixture
def five_rows(db, monkeypatch):
    WorkspaceFactory.create_batch(5)
    return Workspace.objects.annotate(member=Subquery(Membership.objects.values("pk")[:1])).order_by("pk")


def test_up_to_the_limit_the_count_is_exact(five_rows, monkeypatch):
    monkeypatch.setattr(paging, "COUNT_LIMIT", 5)

    count = CappedPaginator(five_rows, 2).count

    assert (count, str(count)) == (5, "5")


def test_beyond_the_limit_the_count_says_at_least(five_rows, monkeypatch):
    monkeypatch.setattr(paging, "COUNT_LIMIT", 4)

    paginator = CappedPaginator(five_rows, 2)

    assert (paginator.count, str(paginator.count), paginator.num_pages) == (4, "4+", 2)


def test_large_limits_are_readable():
    assert f"{AtLeast(10_000)!s} deliveries" == "10,000+ deliveries"


def test_the_count_leaves_annotated_subqueries_out(five_rows, django_assert_num_queries):
    with django_assert_num_queries(1) as captured:
        assert CappedPaginator(five_rows, 2).count == 5

    assert "workspaces_membership" not in captured.captured_queries[0]["sql"]
