from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("workspaces", "0001_initial"),)

    operations = ()
