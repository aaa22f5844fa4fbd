import django.db.models.deletion
import locksite.pins
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accesscodes', '0004_names_sent_to_a_slot'),
        ('properties', '0002_lock_holds_ends'),
    ]

    operations = [
        migrations.RemoveField(
            model_name='lockreading',
            name='foreign',
        ),
        migrations.AlterField(
            model_name='lockcommand',
            name='installation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='commands', to='accesscodes.installation'),
        ),
        migrations.CreateModel(
            name='UnmanagedCode',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('slot', models.PositiveIntegerField()),
                ('name', models.CharField(blank=True, max_length=200)),
                ('pin', locksite.pins.PinField(blank=True, editable=False, null=True)),
                ('pin_index', models.CharField(blank=True, editable=False, max_length=64, null=True)),
                ('starts_at', models.DateTimeField(blank=True, null=True)),
                ('ends_at', models.DateTimeField(blank=True, null=True)),
                ('is_enabled', models.BooleanField(default=True)),
                ('first_seen_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('gone_at', models.DateTimeField(blank=True, null=True)),
                ('wish', models.CharField(blank=True, choices=[('convert', 'Take over'), ('remove', 'Remove')], max_length=10)),
                ('wished_by', models.CharField(blank=True, max_length=150)),
                ('wished_by_kind', models.CharField(blank=True, max_length=10)),
                ('is_external_modification_allowed', models.BooleanField(default=False)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('retry_at', models.DateTimeField(blank=True, null=True)),
                ('error_code', models.CharField(blank=True, max_length=60)),
                ('error_message', models.CharField(blank=True, max_length=300)),
                ('error_since', models.DateTimeField(blank=True, null=True)),
                ('code', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='was_unmanaged', to='accesscodes.accesscode')),
                ('device', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='unmanaged_codes', to='properties.device')),
            ],
        ),
        migrations.AddField(
            model_name='actionattempt',
            name='unmanaged_code',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='action_attempts', to='accesscodes.unmanagedcode'),
        ),
        migrations.AddField(
            model_name='lockcommand',
            name='unmanaged_code',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='commands', to='accesscodes.unmanagedcode'),
        ),
        migrations.AddConstraint(
            model_name='lockcommand',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('installation__isnull', False), ('unmanaged_code', None)), models.Q(('installation', None), ('unmanaged_code__isnull', False)), _connector='OR'), name='lockcommand_is_about_one_entry'),
        ),
        migrations.AddIndex(
            model_name='unmanagedcode',
            index=models.Index(fields=['device', 'slot', '-id'], name='unmanagedcode_by_slot'),
        ),
        migrations.AddConstraint(
            model_name='unmanagedcode',
            constraint=models.UniqueConstraint(condition=models.Q(('gone_at', None)), fields=('device', 'slot'), name='unmanagedcode_slot_once'),
        ),
        migrations.AddConstraint(
            model_name='unmanagedcode',
            constraint=models.CheckConstraint(condition=models.Q(('code', None), ('gone_at__isnull', False), _connector='OR'), name='unmanagedcode_converted_is_over'),
        ),
        migrations.AddConstraint(
            model_name='unmanagedcode',
            constraint=models.CheckConstraint(condition=models.Q(('pin', None), ('pin_index__isnull', False), _connector='OR'), name='unmanagedcode_pin_has_index'),
        ),
    ]
