"""What a virtual lock remembers of the offline PINs that have opened it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("properties", "0004_spare_codes")]
    operations = [
        migrations.CreateModel(
            name="VirtualOfflineUse",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=10)),
                ("start", models.IntegerField()),
                ("length", models.PositiveIntegerField()),
                ("ordinal", models.PositiveSmallIntegerField()),
                ("used_at", models.DateTimeField()),
                (
                    "lock",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="offline_uses",
                        to="properties.virtuallock",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("lock", "kind", "start", "length", "ordinal"),
                        name="virtualofflineuse_once",
                    )
                ],
            },
        ),
    ]
