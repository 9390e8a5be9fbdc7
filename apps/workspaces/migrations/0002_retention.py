from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("workspaces", "0001_initial"),)

    operations = (
        migrations.AddField(
            model_name="workspace",
            name="keep_runs_days",
            field=models.PositiveSmallIntegerField(
                db_default=90, default=90, verbose_name="keep runs for (days)"
            ),
        ),
        migrations.AddConstraint(
            model_name="workspace",
            constraint=models.CheckConstraint(
                condition=models.Q(("keep_runs_days__gte", 1), ("keep_runs_days__lte", 3650)),
                name="workspaces_workspace_keeps_a_day",
            ),
        ),
    )
