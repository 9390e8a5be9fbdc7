import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (
        ("webhooks", "0007_confirmations"),
        ("workspaces", "0002_retention"),
    )

    operations = (
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("sealed", models.BinaryField(default=bytes)),
                ("hint", models.CharField(max_length=80)),
                (
                    "status",
                    models.CharField(
                        choices=[("working", "Working"), ("done", "Done")], default="working", max_length=10
                    ),
                ),
                ("found", models.JSONField(default=dict)),
                ("position", models.PositiveBigIntegerField(default=0)),
                ("asked_by", models.CharField(max_length=150)),
                ("asked_at", models.DateTimeField(auto_now_add=True)),
                ("done_at", models.DateTimeField(null=True)),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="erasures",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "forgotten person",
                "verbose_name_plural": "forgotten people",
                "ordering": ("-id",),
                "indexes": [models.Index(fields=["workspace", "-id"], name="webhooks_erasure_newest")],
            },
        ),
    )
