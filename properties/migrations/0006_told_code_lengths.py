"""How long PINs may be, as partners told us: it counts more than what the account reports."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("properties", "0005_virtual_offline_use")]
    operations = [
        migrations.AddField(
            model_name="device",
            name="told_code_lengths",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
    ]
