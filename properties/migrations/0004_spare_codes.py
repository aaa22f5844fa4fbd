from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('properties', '0003_virtualslot_is_foreign'),
    ]

    operations = [
        migrations.AddField(
            model_name='device',
            name='keeps_backup_codes',
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name='device',
            name='pool_signals',
            field=models.JSONField(blank=True, default=dict, editable=False),
        ),
    ]
