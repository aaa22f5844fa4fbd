"""An index for each part of the watchdog's question."""

from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("accesscodes", "0008_problem_evidence_as_list")]
    operations = [
        migrations.AddIndex(
            "accesscode",
            models.Index(
                fields=["ends_at"],
                name="accesscode_ending",
                condition=Q(gone_at=None, ends_at__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "accesscode",
            models.Index(
                fields=["withdrawn_at"],
                name="accesscode_withdrawn",
                condition=Q(gone_at=None, withdrawn_at__isnull=False),
            ),
        ),
        migrations.AddIndex(
            "accesscode",
            models.Index(
                fields=["status", "starts_at"],
                name="accesscode_awaited",
                condition=Q(gone_at=None),
            ),
        ),
        migrations.AddIndex(
            "installation",
            models.Index(
                fields=["code"],
                name="installation_back",
                condition=Q(audit_until__isnull=False) & ~Q(placement="absent"),
            ),
        ),
        migrations.AddIndex(
            "installation",
            models.Index(
                fields=["left_alone"],
                name="installation_left_alone",
                condition=Q(left_alone__gt=0),
            ),
        ),
    ]
