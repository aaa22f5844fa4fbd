"""A problem may concern an account as a whole, or the installation."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [
        ("accesscodes", "0006_spare_and_linked_codes"),
        ("properties", "0001_initial"),
    ]

    operations = [
        migrations.RemoveConstraint("problem", "problem_open_once_per_lock"),
        migrations.AddField(
            "problem",
            "account",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="problems",
                to="properties.provideraccount",
            ),
        ),
        migrations.AlterField(
            "problem",
            "device",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="problems",
                to="properties.device",
            ),
        ),
        migrations.AlterField("problem", "evidence", models.JSONField(blank=True, default=list)),
        migrations.AddIndex(
            "problem",
            models.Index(
                fields=["device", "severity"], name="problem_open", condition=Q(closed_at=None)
            ),
        ),
        migrations.AddConstraint(
            "problem",
            models.CheckConstraint(
                name="problem_concerns_one_thing",
                condition=Q(account=None) | Q(device=None, code=None),
            ),
        ),
        migrations.AddConstraint(
            "problem",
            models.CheckConstraint(
                name="problem_of_code_names_lock",
                condition=Q(code=None) | Q(device__isnull=False),
            ),
        ),
        migrations.AddConstraint(
            "problem",
            models.UniqueConstraint(
                fields=["device", "cause"],
                name="problem_open_once_per_lock",
                condition=Q(closed_at=None, code=None, device__isnull=False),
            ),
        ),
        migrations.AddConstraint(
            "problem",
            models.UniqueConstraint(
                fields=["account", "cause"],
                name="problem_open_once_per_account",
                condition=Q(closed_at=None, account__isnull=False),
            ),
        ),
        migrations.AddConstraint(
            "problem",
            models.UniqueConstraint(
                fields=["cause"],
                name="problem_open_once_overall",
                condition=Q(closed_at=None, device=None, account=None),
            ),
        ),
    ]
