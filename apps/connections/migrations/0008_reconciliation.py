from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("connections", "0007_rate"),)

    operations = ()
