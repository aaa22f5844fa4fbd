"""PostgreSQL itself refuses one PIN twice on a lock at the same moment.

Not in `Meta.constraints`, because Django would then try to create it on SQLite, which has no such thing;
there the IMMEDIATE write transaction around check and insert gives the same promise.
"""

from django.db import migrations

ADD = """
CREATE EXTENSION IF NOT EXISTS btree_gist;
ALTER TABLE accesscodes_accesscode ADD CONSTRAINT accesscode_one_pin_per_lock_and_moment
EXCLUDE USING gist (
    device_id WITH =,
    pin_index WITH =,
    tstzrange(COALESCE(starts_at, created_at), ends_at, '[)') WITH &&
) WHERE (gone_at IS NULL AND pin_index IS NOT NULL);
"""
DROP = "ALTER TABLE accesscodes_accesscode DROP CONSTRAINT accesscode_one_pin_per_lock_and_moment"


def add(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(ADD)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute(DROP)


class Migration(migrations.Migration):
    dependencies = [("accesscodes", "0001_initial")]
    operations = [migrations.RunPython(add, drop)]
