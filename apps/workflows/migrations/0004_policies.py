from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("workflows", "0003_note_uses"),)

    operations = (
        migrations.AddField(
            model_name="workflow",
            name="pause_after_failures",
            field=models.PositiveSmallIntegerField(db_default=10, default=10),
        ),
        migrations.AddField(
            model_name="workflow",
            name="failures_since",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="workflow",
            name="paused_because",
            field=models.TextField(blank=True, db_default=""),
        ),
        migrations.AddField(
            model_name="workflow",
            name="paused_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="workflow",
            name="silence_alarm",
            field=models.BooleanField(db_default=True, default=True),
        ),
    )
