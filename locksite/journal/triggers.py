"""The database's own refusal to change or drop an audit entry."""

from django.db.backends.base.base import BaseDatabaseWrapper

TABLE = "journal_auditentry"


def install(connection: BaseDatabaseWrapper) -> None:
    """Create the triggers that refuse UPDATE and DELETE on audit entries."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            for verb in ("UPDATE", "DELETE"):
                cursor.execute(
                    f"CREATE TRIGGER audit_refuses_{verb.lower()} BEFORE {verb} ON {TABLE} "
                    "BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"
                )
        elif connection.vendor == "postgresql":
            cursor.execute(
                "CREATE FUNCTION audit_refuses() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN RAISE EXCEPTION 'audit entries are append-only'; END $$"
            )
            cursor.execute(
                f"CREATE TRIGGER audit_refuses_change BEFORE UPDATE OR DELETE ON {TABLE} "
                "FOR EACH ROW EXECUTE FUNCTION audit_refuses()"
            )


def remove(connection: BaseDatabaseWrapper) -> None:
    """Drop the triggers again: for undoing the migration, and for emptying a test database."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER IF EXISTS audit_refuses_update")
            cursor.execute("DROP TRIGGER IF EXISTS audit_refuses_delete")
        elif connection.vendor == "postgresql":
            cursor.execute(f"DROP TRIGGER IF EXISTS audit_refuses_change ON {TABLE}")
            cursor.execute("DROP FUNCTION IF EXISTS audit_refuses()")
