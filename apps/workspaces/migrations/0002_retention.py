import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("workspaces", "0001_initial"),)

    operations = (
        migrations.AddField(
            model_name="workspace",
            name="keep_runs_days",
            field=models.PositiveSmallIntegerField(
                db_default=90,
                default=90,
                help_text="Runs that have ended are deleted so long after their event, with what arrived for "
                "them. A workflow may keep its own for another time.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(3650),
                ],
                verbose_name="keep runs for (days)",
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
