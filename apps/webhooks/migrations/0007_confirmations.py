import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("webhooks", "0006_reconciliation"), ("runs", "0009_searching"))

    operations = (
        migrations.CreateModel(
            name="ReportCursor",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("last_delivery", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="EffectReport",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("event_id", models.CharField(max_length=255)),
                ("channel", models.CharField(max_length=20)),
                ("metric", models.CharField(max_length=40)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("trouble", models.BooleanField(default=False)),
                ("by_machine", models.BooleanField(default=False)),
                ("happened_at", models.DateTimeField()),
                ("received_at", models.DateTimeField()),
                (
                    "effect",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reports",
                        to="runs.effect",
                    ),
                ),
            ],
            options={
                "ordering": ("happened_at", "pk"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("effect", "event_id"), name="webhooks_effectreport_event_once"
                    )
                ],
                "indexes": [
                    models.Index(
                        condition=models.Q(("trouble", True)),
                        fields=["effect"],
                        name="webhooks_report_trouble",
                    )
                ],
            },
        ),
    )
