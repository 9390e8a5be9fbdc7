"""Emptying the database behind a test that commits.

Django's own way truncates every table and then emits `post_migrate`, which
makes permissions and the whole catalog anew: two thirds of a second. What a
migration fills is therefore left alone, and the rest is deleted.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from django.apps import apps
from django.db import connection, models, transaction
from django.test import TransactionTestCase

from apps.catalog.models import Action, App, Trigger

FILLED_BY_MIGRATING = {"django_migrations", "django_content_type", "auth_permission"}
SWITCHED: tuple[type[models.Model], ...] = (App, Trigger, Action)


@pytest.fixture(autouse=True, scope="session")
def fast_emptying() -> Iterator[None]:
    """Have tests that commit empty the database in this module's way."""
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda _: empty())
    yield
    patch.undo()


def empty() -> None:
    """Delete every row that a test can have made; foreign keys are checked at the commit only."""
    with transaction.atomic(), connection.cursor() as cursor:
        for table in _tables():
            cursor.execute(f"DELETE FROM {connection.ops.quote_name(table)}")  # noqa: S608 - our own tables.
        for model in SWITCHED:
            manager: models.Manager[Any] = model._default_manager
            manager.filter(enabled=False).update(enabled=True)


@cache
def _tables() -> tuple[str, ...]:
    filled = FILLED_BY_MIGRATING | {model._meta.db_table for model in SWITCHED}
    managed = (model for model in apps.get_models(include_auto_created=True) if model._meta.managed)
    return tuple(sorted({model._meta.db_table for model in managed} - filled))
