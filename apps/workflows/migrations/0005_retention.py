from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("workflows", "0004_policies"),)

    operations = (
        migrations.AddField(
            model_name="workflow",
            name="keep_runs_days",
            field=models.PositiveSmallIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="workflow",
            name="redactions",
            field=models.JSONField(db_default=[], default=list),
        ),
    )
