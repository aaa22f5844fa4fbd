"""Virtual locks that lock themselves some time after they were unlocked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("properties", "0006_told_code_lengths")]
    operations = [
        migrations.AddField(
            model_name="virtuallock",
            name="auto_lock_after",
            field=models.PositiveSmallIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="virtuallock",
            name="relocks_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
    ]
