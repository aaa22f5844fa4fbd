import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accesscodes', '0005_unmanaged_codes'),
        ('properties', '0004_spare_codes'),
    ]

    operations = [
        migrations.AddField(
            model_name='accesscode',
            name='pulled_backup',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='backs_up', to='accesscodes.accesscode'),
        ),
        migrations.AddIndex(
            model_name='accesscode',
            index=models.Index(condition=models.Q(('gone_at', None), ('is_backup', True)), fields=['device'], name='accesscode_spares'),
        ),
        migrations.AddIndex(
            model_name='accesscode',
            index=models.Index(condition=models.Q(('common_code_key__isnull', False), ('gone_at', None)), fields=['common_code_key'], name='accesscode_linked'),
        ),
    ]
