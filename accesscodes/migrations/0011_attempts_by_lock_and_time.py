"""An index for what was asked of a lock within the last minute."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accesscodes', '0010_waiting_for_a_pin'),
        ('properties', '0005_virtual_offline_use'),
    ]

    operations = [
        migrations.AlterField(
            model_name='actionattempt',
            name='device',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='attempts', to='properties.device'),
        ),
        migrations.AddIndex(
            model_name='actionattempt',
            index=models.Index(fields=['device', 'action_type', 'created_at'], name='actionattempt_pace'),
        ),
    ]
