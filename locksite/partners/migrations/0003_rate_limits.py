"""What the processes took of the limit of each key."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('partners', '0002_stored_answers'),
    ]

    operations = [
        migrations.CreateModel(
            name='RequestWindow',
            fields=[
                ('api_key', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='partners.apikey')),
                ('taken', models.JSONField(default=list)),
            ],
        ),
        migrations.AddField(
            model_name='apikey',
            name='rate_limit',
            field=models.PositiveIntegerField(blank=True, help_text='Requests a minute. Empty: as for all keys; 0: as many as it likes.', null=True, validators=[django.core.validators.MaxValueValidator(1000000)]),
        ),
    ]
