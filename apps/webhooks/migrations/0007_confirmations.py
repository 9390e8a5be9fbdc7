from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("webhooks", "0006_reconciliation"),)

    operations = ()
