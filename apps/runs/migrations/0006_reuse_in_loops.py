from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("runs", "0005_approval_link_user")]

    operations = [
        migrations.AddField(
            model_name="effect",
            name="digest",
            field=models.BinaryField(default=bytes),
        ),
        migrations.AddField(
            model_name="steprun",
            name="reused_effect",
            field=models.BigIntegerField(null=True),
        ),
    ]
