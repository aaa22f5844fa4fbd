"""An index for lists of action attempts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accesscodes", '0011_attempts_by_lock_and_time')]
    operations = [
        migrations.AddIndex(
            model_name="actionattempt",
            index=models.Index(fields=["created_at", "id"], name="actionattempt_by_time"),
        ),
    ]
