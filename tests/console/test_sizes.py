"""The page of sizes and sweeps."""

import pytest
from django.db import connection as database
from django.utils import timezone

from apps.console.sizes import tables
from apps.runs.models import SweepRun

pytestmark = pytest.mark.django_db


def test_superusers_see_sizes_and_sweeps(superuser_client):
    now = timezone.now()
    SweepRun.objects.create(
        name="apps.runs.retention.sweep.look",
        started_at=now,
        ended_at=now,
        moved=12345,
        error="OperationalError",
    )

    page = superuser_client.get("/admin/database/").content.decode()

    assert "runs.retention.sweep.look" in page
    assert "12,345" in page
    assert "OperationalError" in page


def test_members_do_not(owner_client):
    assert owner_client.get("/admin/database/").status_code == 403


def test_tables_stand_with_their_indexes_the_largest_first():
    found = {table.name: table for table in tables()}
    if database.vendor == "sqlite" and not found:
        return
    assert found["runs_run"].total > found["runs_run"].indexes > 0
    sizes = [table.total for table in found.values()]
    assert sizes == sorted(sizes, reverse=True)
