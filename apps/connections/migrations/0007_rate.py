from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("connections", "0006_platform_endpoint"),)

    operations = ()
