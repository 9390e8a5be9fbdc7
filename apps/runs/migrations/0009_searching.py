from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def add_received_index(apps: Any, schema_editor: Any) -> None:
    """Let PostgreSQL find a span of time among millions of runs, at next to no cost for an insert."""
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(
            "CREATE INDEX runs_run_received ON runs_run USING brin (received_at)"
            " WITH (pages_per_range = 32, autosummarize = on)"
        )


def remove_received_index(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX IF EXISTS runs_run_received")


class Migration(migrations.Migration):
    dependencies = (
        ("runs", "0008_speed"),
        ("workspaces", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )

    operations = (
        migrations.CreateModel(
            name="SearchPath",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("trigger", models.CharField(max_length=100)),
                ("path", models.CharField(max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="search_paths",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "searchable field",
                "ordering": ("trigger", "path"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "trigger", "path"), name="runs_searchpath_once_per_trigger"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60)),
                ("query", models.CharField(blank=True, max_length=1000)),
                ("shared", models.BooleanField(default=False)),
                ("default", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="saved_filters",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ("name", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("workspace", "owner", "name"), name="runs_savedfilter_name_once_per_owner"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("default", True)),
                        fields=("workspace", "owner"),
                        name="runs_savedfilter_one_default_per_owner",
                    ),
                ],
            },
        ),
        migrations.AlterField(
            model_name="searchkey",
            name="kind",
            field=models.CharField(
                choices=[
                    ("email", "E-mail"),
                    ("identifier", "Identifier"),
                    ("field", "Payload field"),
                ],
                max_length=12,
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("replay__gt", 0)),
                fields=["workspace", "-id"],
                name="runs_run_repeated",
            ),
        ),
        migrations.RunPython(add_received_index, remove_received_index),
    )
