from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("connections", "0002_endpoint_reserved"),
    ]

    operations = [
        migrations.RemoveField(model_name="sandboxstate", name="state"),
        migrations.AddField(
            model_name="sandboxstate",
            name="state",
            field=models.BinaryField(default=bytes),
        ),
    ]
