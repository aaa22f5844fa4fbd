"""An index for lists of live codes, in pages: those that are gone are never walked through."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accesscodes', '0013_attempts_at_doors'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='accesscode',
            name='accesscode_by_time',
        ),
        migrations.AddIndex(
            model_name='accesscode',
            index=models.Index(condition=models.Q(('gone_at', None)), fields=['created_at', 'id'], name='accesscode_live_by_time'),
        ),
    ]
