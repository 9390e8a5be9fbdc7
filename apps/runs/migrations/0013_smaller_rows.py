from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("runs", "0012_retention"),)

    operations = (
        # Runs are looked up by their delivery, which has an index of the same.
        migrations.RemoveIndex(model_name="run", name="runs_run_event"),
    )
