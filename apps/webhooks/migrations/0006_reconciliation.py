"""What was compared with providers' lists, what was missing, and past events that are run."""

import uuid

import django.db.models.deletion
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (
        ("webhooks", "0005_receiving"),
        ("connections", "0008_reconciliation"),
        ("workflows", "0004_policies"),
        ("workspaces", "0002_retention"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    )

    operations = (
        migrations.CreateModel(
            name="Backfill",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("per_minute", models.PositiveSmallIntegerField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("counting", "Counting"),
                            ("ready", "Ready to start"),
                            ("running", "Running"),
                            ("paused", "Paused"),
                            ("done", "Finished"),
                            ("stopped", "Stopped"),
                            ("failed", "Failed"),
                        ],
                        default="counting",
                        max_length=12,
                    ),
                ),
                (
                    "stage",
                    models.CharField(
                        choices=[("stored", "What arrived here"), ("listed", "What the provider lists")],
                        default="stored",
                        max_length=12,
                    ),
                ),
                ("position", models.CharField(blank=True, max_length=1000)),
                ("reason", models.TextField(blank=True)),
                ("remedy", models.TextField(blank=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                ("next_at", models.DateTimeField()),
                ("lease_token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="backfills",
                        to="connections.connection",
                    ),
                ),
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
                    "workflow",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="backfills",
                        to="workflows.workflow",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="backfills",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="BackfillEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.CharField(max_length=255)),
                ("event_type", models.CharField(max_length=120)),
                ("occurred_at", models.DateTimeField()),
                ("delivery_code", models.UUIDField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "To be run"),
                            ("started", "Run"),
                            ("already_ran", "Ran before"),
                            ("not_matching", "Left out by the workflow's conditions"),
                            ("unusable", "Can't be run"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "backfill",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="webhooks.backfill",
                    ),
                ),
            ],
            options={
                "ordering": ("occurred_at", "id"),
            },
        ),
        migrations.CreateModel(
            name="Gap",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("code", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ("event_id", models.CharField(max_length=255, verbose_name="event")),
                ("event_type", models.CharField(max_length=120)),
                ("occurred_at", models.DateTimeField()),
                ("found_at", models.DateTimeField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "Open"),
                            ("recovered", "Recovered"),
                            ("arrived", "Arrived late"),
                            ("closed", "Closed by hand"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reason", models.TextField(blank=True)),
                ("remedy", models.TextField(blank=True)),
                ("note", models.CharField(blank=True, max_length=300)),
                ("delivery_code", models.UUIDField(null=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gaps",
                        to="connections.connection",
                    ),
                ),
                (
                    "workspace",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gaps",
                        to="workspaces.workspace",
                    ),
                ),
            ],
            options={
                "verbose_name": "missing event",
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Proof",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("at", models.DateTimeField()),
                ("expected", models.PositiveIntegerField(default=0)),
                ("received", models.PositiveIntegerField(default=0)),
                ("recovered", models.PositiveIntegerField(default=0)),
                ("missing", models.PositiveIntegerField(default=0)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="proofs",
                        to="connections.connection",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Reconciliation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("cursor", models.DateTimeField(null=True)),
                ("window_since", models.DateTimeField(null=True)),
                ("window_until", models.DateTimeField(null=True)),
                ("window_types", models.JSONField(default=list)),
                (
                    "stage",
                    models.CharField(
                        choices=[("listed", "Listed"), ("undelivered", "Undelivered")],
                        default="listed",
                        max_length=12,
                    ),
                ),
                ("position", models.CharField(blank=True, max_length=1000)),
                ("expected", models.PositiveIntegerField(default=0)),
                ("received", models.PositiveIntegerField(default=0)),
                ("recovered", models.PositiveIntegerField(default=0)),
                ("missing", models.PositiveIntegerField(default=0)),
                ("next_at", models.DateTimeField(default=django.utils.timezone.now)),
                ("checked_at", models.DateTimeField(null=True)),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
                ("remedy", models.TextField(blank=True)),
                ("error_at", models.DateTimeField(null=True)),
                ("lease_token", models.UUIDField(null=True)),
                ("lease_until", models.DateTimeField(null=True)),
                (
                    "connection",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reconciliation",
                        to="connections.connection",
                    ),
                ),
            ],
            options={
                "verbose_name": "reconciliation",
                "ordering": ("connection__name",),
            },
        ),
        migrations.AddIndex(
            model_name="backfill",
            index=models.Index(fields=["workspace", "-id"], name="webhooks_backfill_newest"),
        ),
        migrations.AddIndex(
            model_name="backfill",
            index=models.Index(
                condition=models.Q(("status__in", ("counting", "running"))),
                fields=["next_at"],
                name="webhooks_backfill_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="backfill",
            constraint=models.CheckConstraint(
                condition=models.Q(("since__lt", models.F("until"))), name="webhooks_backfill_window"
            ),
        ),
        migrations.AddConstraint(
            model_name="backfill",
            constraint=models.CheckConstraint(
                condition=models.Q(("per_minute__gte", 1), ("per_minute__lte", 600)),
                name="webhooks_backfill_rate",
            ),
        ),
        migrations.AddConstraint(
            model_name="backfill",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status__in", ("counting", "ready", "running", "paused"))),
                fields=("workflow",),
                name="webhooks_backfill_one_open_per_workflow",
            ),
        ),
        migrations.AddIndex(
            model_name="backfillevent",
            index=models.Index(
                fields=["backfill", "state", "occurred_at", "id"], name="webhooks_backfill_event_next"
            ),
        ),
        migrations.AddConstraint(
            model_name="backfillevent",
            constraint=models.UniqueConstraint(
                fields=("backfill", "event_id"), name="webhooks_backfill_event_once"
            ),
        ),
        migrations.AddIndex(
            model_name="gap",
            index=models.Index(fields=["workspace", "-id"], name="webhooks_gap_newest"),
        ),
        migrations.AddIndex(
            model_name="gap",
            index=models.Index(
                condition=models.Q(("status", "open")), fields=["connection"], name="webhooks_gap_open"
            ),
        ),
        migrations.AddConstraint(
            model_name="gap",
            constraint=models.UniqueConstraint(fields=("connection", "event_id"), name="webhooks_gap_once"),
        ),
        migrations.AddConstraint(
            model_name="gap",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "recovered"), _negated=True),
                    ("delivery_code__isnull", False),
                    _connector="OR",
                ),
                name="webhooks_gap_recovered_has_delivery",
            ),
        ),
        migrations.AddIndex(
            model_name="proof",
            index=models.Index(fields=["connection", "-id"], name="webhooks_proof_newest"),
        ),
        migrations.AddConstraint(
            model_name="proof",
            constraint=models.CheckConstraint(
                condition=models.Q(("since__lte", models.F("until"))), name="webhooks_proof_window"
            ),
        ),
        migrations.AddIndex(
            model_name="reconciliation",
            index=models.Index(fields=["next_at"], name="webhooks_reconcile_due"),
        ),
        migrations.CreateModel(
            name="Quarantined",
            fields=[],
            options={
                "verbose_name": "quarantined request",
                "proxy": True,
                "indexes": [],
                "constraints": [],
            },
            bases=("webhooks.delivery",),
        ),
    )
