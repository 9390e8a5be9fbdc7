from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0002_loop_guard")]

    operations = [
        migrations.RemoveIndex(model_name="effect", name="runs_effect_provider_id"),
        migrations.AddIndex(
            model_name="effect",
            index=models.Index(fields=["provider_id"], name="runs_effect_provider_id"),
        ),
    ]
