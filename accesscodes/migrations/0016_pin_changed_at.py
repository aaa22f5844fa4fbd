"""When a code was last given another PIN."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accesscodes", "0015_shift_notes")]
    operations = [
        migrations.AddField(
            model_name="accesscode",
            name="pin_changed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
