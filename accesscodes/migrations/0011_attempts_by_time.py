"""An index for lists of action attempts."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accesscodes", "0010_waiting_for_a_pin")]
    operations = [
        migrations.AddIndex(
            model_name="actionattempt",
            index=models.Index(fields=["created_at", "id"], name="actionattempt_by_time"),
        ),
    ]
