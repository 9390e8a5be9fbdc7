import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("runs", "0006_reuse_in_loops"),)

    operations = (
        migrations.CreateModel(
            name="SweepRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=120, unique=True)),
                ("started_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("moved", models.PositiveIntegerField(default=0)),
                ("error", models.TextField(blank=True)),
            ],
            options={
                "ordering": ("name",),
            },
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("order_key", models.BinaryField(max_length=32)),
                ("passed", models.BooleanField(default=False)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="run",
            name="runs_run_once_per_delivery",
        ),
        migrations.RemoveIndex(
            model_name="run",
            name="runs_run_due",
        ),
        migrations.RemoveIndex(
            model_name="run",
            name="runs_run_held",
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "held")),
                fields=["workflow", "event_at", "id"],
                name="runs_run_held",
            ),
        ),
        migrations.AddField(
            model_name="run",
            name="order_key",
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.AddField(
            model_name="run",
            name="priority",
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name="run",
            name="delivery",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="webhooks.delivery",
            ),
        ),
        migrations.AlterField(
            model_name="run",
            name="version",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="runs",
                to="workflows.workflowversion",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "queued")),
                fields=["workspace", "priority", "due_at", "id"],
                name="runs_run_queued",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("status", "waiting")), fields=["due_at"], name="runs_run_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(
                    ("order_key__isnull", False),
                    ("status__in", ("queued", "running", "waiting", "parked", "held", "needs_decision")),
                ),
                fields=["order_key", "event_at", "id"],
                name="runs_run_in_order",
            ),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("order_key__isnull", False), ("started_at__isnull", False)),
                fields=["order_key", "-event_at"],
                name="runs_run_ran_in_order",
            ),
        ),
        migrations.AddConstraint(
            model_name="run",
            constraint=models.UniqueConstraint(
                fields=("delivery", "workflow", "replay"), name="runs_run_once_per_delivery"
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="run",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="turn", to="runs.run"
            ),
        ),
        migrations.AddConstraint(
            model_name="turn",
            constraint=models.UniqueConstraint(
                condition=models.Q(("passed", False)), fields=("order_key",), name="runs_turn_one_per_key"
            ),
        ),
    )
