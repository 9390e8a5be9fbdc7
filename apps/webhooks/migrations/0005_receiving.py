from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("webhooks", "0004_test_source"),)

    operations = ()
