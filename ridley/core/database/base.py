"""Django's PostgreSQL backend, with a wall around every table that belongs to tenants.

Named as ENGINE. Django asks for `DatabaseWrapper` by this name.
"""

from django.db.backends.postgresql import base

from ridley.core.database.schema import SchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor
