"""What requests were answered, for those that are sent again."""

import locksite.pins
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('uid', models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                ('caller', models.CharField(max_length=8)),
                ('key', models.CharField(max_length=255)),
                ('fingerprint', models.CharField(max_length=64)),
                ('status', models.PositiveSmallIntegerField()),
                ('body', locksite.pins.PinField(editable=False)),
                ('kept_until', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['kept_until'], name='storedanswer_until')],
                'constraints': [models.UniqueConstraint(fields=('caller', 'key'), name='storedanswer_once_per_key')],
            },
        ),
    ]
