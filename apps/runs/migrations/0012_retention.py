import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (
        ("runs", "0011_failing"),
        ("workflows", "0005_retention"),
        ("workspaces", "0002_retention"),
    )

    operations = (
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=40, unique=True)),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("left", models.JSONField(default=list)),
                ("moved_at", models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name="Tally",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("start", models.DateTimeField()),
                ("minutes", models.PositiveSmallIntegerField()),
                ("succeeded", models.PositiveIntegerField(default=0)),
                ("filtered", models.PositiveIntegerField(default=0)),
                ("failed", models.PositiveIntegerField(default=0)),
                ("cancelled", models.PositiveIntegerField(default=0)),
                ("unfinished", models.PositiveIntegerField(default=0)),
                ("latency", models.JSONField(default=dict)),
                (
                    "workflow",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="workflows.workflow",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tallies",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["workspace", "start"], name="runs_tally_of_workspace"),
                    models.Index(
                        condition=models.Q(("minutes", 5)), fields=["start"], name="runs_tally_fresh"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("workflow", "start", "minutes"), name="runs_tally_once")
                ],
            },
        ),
    )
