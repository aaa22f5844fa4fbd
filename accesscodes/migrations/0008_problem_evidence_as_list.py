"""Evidence is a list now; the watchdog fills in what is open within half a minute.

On the way back, problems of no single lock have no place: the older watchdog opens its own.
"""

from django.db import migrations


def empty(apps, schema_editor):
    apps.get_model("accesscodes", "Problem").objects.filter(closed_at=None).update(evidence=[])


def drop_without_lock(apps, schema_editor):
    problems = apps.get_model("accesscodes", "Problem").objects
    problems.filter(device=None).delete()
    problems.update(evidence={})


class Migration(migrations.Migration):
    dependencies = [("accesscodes", "0007_problem_of_account")]
    operations = [migrations.RunPython(empty, drop_without_lock)]
