"""Deliveries that a schedule made say so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("webhooks", "0002_cheaper_rows")]

    operations = [
        migrations.AlterField(
            model_name="delivery",
            name="source",
            field=models.CharField(
                choices=[
                    ("webhook", "Webhook"),
                    ("schedule", "Schedule"),
                    ("sample", "Sample"),
                    ("recovered", "Recovered"),
                ],
                default="webhook",
                max_length=12,
            ),
        ),
    ]
