import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("connections", "0006_platform_endpoint"),)

    operations = (
        migrations.CreateModel(
            name="Allowance",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("scope", models.CharField(blank=True, max_length=60)),
                ("tokens", models.FloatField(default=0.0)),
                ("live", models.FloatField(default=0.0)),
                ("bulk", models.FloatField(default=0.0)),
                ("filled_at", models.DateTimeField()),
                ("bulk_wanted_at", models.DateTimeField(null=True)),
                ("live_booked", models.DateTimeField(null=True)),
                ("bulk_booked", models.DateTimeField(null=True)),
                ("learnt", models.FloatField(null=True)),
                ("learnt_at", models.DateTimeField(null=True)),
                ("closed_until", models.DateTimeField(null=True)),
                ("limited_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(blank=True, max_length=300)),
                (
                    "connection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="allowances",
                        to="connections.connection",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "scope"), name="connections_allowance_once_per_scope"
                    )
                ],
            },
        ),
    )
