import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (
        ("runs", "0009_searching"),
        ("workspaces", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )

    operations = (
        migrations.CreateModel(
            name="ReplayJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("replay", "Replay"), ("retry", "Resume"), ("dry", "Dry replay")],
                        default="replay",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("preview", "Not started"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Done"),
                            ("stopped", "Stopped"),
                        ],
                        default="preview",
                        max_length=10,
                    ),
                ),
                ("selection", models.JSONField(default=dict)),
                ("upper", models.BigIntegerField(default=0)),
                (
                    "version",
                    models.CharField(
                        choices=[
                            ("same", "The version that the run had"),
                            ("current", "The live version"),
                            ("draft", "The draft, dry only"),
                        ],
                        default="current",
                        max_length=10,
                    ),
                ),
                ("redo", models.JSONField(default=list)),
                ("typed", models.PositiveIntegerField(null=True)),
                ("rate", models.PositiveIntegerField(default=60)),
                ("summary", models.JSONField(default=dict)),
                ("total", models.PositiveIntegerField(default=0)),
                ("cursor", models.BigIntegerField(default=0)),
                ("started", models.PositiveIntegerField(default=0)),
                ("left_out", models.JSONField(default=dict)),
                ("findings", models.JSONField(default=list)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("due_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("created_by_label", models.CharField(max_length=150)),
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
                        related_name="replay_jobs",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "bulk replay",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Replay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "version",
                    models.CharField(
                        choices=[
                            ("same", "The version that the run had"),
                            ("current", "The live version"),
                            ("draft", "The draft, dry only"),
                        ],
                        max_length=10,
                    ),
                ),
                ("from_step", models.CharField(blank=True, max_length=400)),
                ("skipped", models.BooleanField(default=False)),
                ("edited_trigger", models.BooleanField(default=False)),
                ("edited_inputs", models.BooleanField(default=False)),
                ("given", models.BinaryField(default=bytes)),
                ("redo", models.JSONField(default=list)),
                ("token", models.CharField(blank=True, max_length=64)),
                ("asked_by_label", models.CharField(max_length=150)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "asked_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "of",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="repeated_by",
                        to="runs.run",
                    ),
                ),
                (
                    "run",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="repetition", to="runs.run"
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="replays",
                        to="runs.replayjob",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="replayjob",
            index=models.Index(fields=["workspace", "-id"], name="runs_replayjob_newest"),
        ),
        migrations.AddIndex(
            model_name="replayjob",
            index=models.Index(
                condition=models.Q(("status", "running")), fields=["due_at"], name="runs_replayjob_running"
            ),
        ),
        migrations.AddConstraint(
            model_name="replay",
            constraint=models.UniqueConstraint(
                condition=models.Q(("job__isnull", False)),
                fields=("job", "of"),
                name="runs_replay_once_per_job",
            ),
        ),
        migrations.AddConstraint(
            model_name="replay",
            constraint=models.UniqueConstraint(
                condition=models.Q(("token", ""), _negated=True),
                fields=("of", "token"),
                name="runs_replay_once_per_form",
            ),
        ),
    )
