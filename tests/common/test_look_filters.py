"""Spans of time in the filters of lists."""

from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.test import RequestFactory

from apps.common import look
from apps.workspaces.models import Workspace
from tests.factories import WorkspaceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def three_days():
    for name, day, hour in (("first", 1, 0), ("second", 2, 12), ("third", 3, 23)):
        made = WorkspaceFactory(name=name)
        Workspace.objects.filter(pk=made.pk).update(
            created_at=datetime(2026, 5, day, hour, 59, 59, 999_999, tzinfo=UTC)
        )


def filtered(filter_class, **params: str) -> set[str]:
    """Return the names of the rows that pass a filter over `created_at`."""
    request = RequestFactory().get("/", params)
    given: dict[str, list[str]] = {name: [value] for name, value in params.items()}
    field = Workspace._meta.get_field("created_at")
    model_admin = admin.ModelAdmin(Workspace, admin.site)
    rows = filter_class(field, request, given, Workspace, model_admin, "created_at").queryset(
        request, Workspace.objects.all()
    )
    return set(rows.values_list("name", flat=True))


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({}, {"first", "second", "third"}),
        ({"from": "2026-05-02"}, {"second", "third"}),
        ({"to": "2026-05-02"}, {"first", "second"}),
        ({"from": "2026-05-03", "to": "2026-05-03"}, {"third"}),
        ({"from": "nonsense", "to": "2026-13-99"}, {"first", "second", "third"}),
    ],
)
def test_a_span_of_days_has_its_last_day_in_it(three_days, params, shown):
    given = {f"created_at_{name}": value for name, value in params.items()}

    assert filtered(look.RangeDateFilter, **given) == shown


@pytest.mark.parametrize(
    ("params", "shown"),
    [
        ({"from_0": "2026-05-02", "from_1": "13:00:00"}, {"third"}),
        (
            {"from_0": "2026-05-02", "from_1": "12:00:00", "to_0": "2026-05-02", "to_1": "13:00:00"},
            {"second"},
        ),
        ({"from_0": "2026-05-02"}, {"second", "third"}),
        ({"to_0": "2026-05-02"}, {"first", "second"}),
        ({"from_1": "13:00:00"}, {"first", "second", "third"}),
        ({"from_0": "nonsense", "to_0": "2026-05-01", "to_1": "nonsense"}, {"first", "second", "third"}),
    ],
)
def test_a_span_of_moments_fills_in_what_is_left_out(three_days, params, shown):
    given = {f"created_at_{name}": value for name, value in params.items()}

    assert filtered(look.RangeDateTimeFilter, **given) == shown
