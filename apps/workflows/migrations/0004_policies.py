from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("workflows", "0003_note_uses"),)

    operations = ()
