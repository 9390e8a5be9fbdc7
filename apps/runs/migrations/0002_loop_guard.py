from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("runs", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="run",
            name="depth",
            field=models.PositiveSmallIntegerField(default=0),
        ),
        migrations.AddIndex(
            model_name="effect",
            index=models.Index(
                fields=["provider_id"], condition=~Q(provider_id=""), name="runs_effect_provider_id"
            ),
        ),
    ]
