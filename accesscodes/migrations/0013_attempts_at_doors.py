"""Attempts at doors: what is wanted, when an engine took it up, and which of them wait."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("accesscodes", "0012_attempts_by_time")]
    operations = [
        migrations.AddField(
            model_name="actionattempt",
            name="wanted",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="actionattempt",
            name="taken_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddIndex(
            model_name="actionattempt",
            index=models.Index(
                condition=models.Q(("code", None), ("status", "pending"), ("unmanaged_code", None)),
                fields=["id"],
                name="actionattempt_bolts",
            ),
        ),
    ]
