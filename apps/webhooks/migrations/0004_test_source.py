"""Deliveries that a test of a draft made say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("webhooks", "0003_schedule_source"),
    ]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="source",
            field=models.CharField(
                choices=[
                    ("webhook", "Webhook"),
                    ("schedule", "Schedule"),
                    ("sample", "Sample"),
                    ("test", "Test"),
                    ("recovered", "Recovered"),
                ],
                default="webhook",
                max_length=12,
            ),
        ),
    ]
