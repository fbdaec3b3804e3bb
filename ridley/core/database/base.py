"""Django's PostgreSQL backend, with a wall around every table that belongs to tenants.

Named as ENGINE. Django asks for `DatabaseWrapper` by this name.
"""

from __future__ import annotations

import select

from django.db.backends.postgresql import base

from ridley.core.database.schema import SchemaEditor


class DatabaseWrapper(base.DatabaseWrapper):
    SchemaEditorClass = SchemaEditor

    def is_usable(self) -> bool:
        """Whether the server still holds the other end: asked at each request's first statement.

        A server that ended or cut the session has sent its farewell, which then waits to be read. While nothing does,
        a question to the server would only cost time.
        """
        if self.connection is None or self.connection.closed:
            return False
        poll = select.poll()
        poll.register(self.connection.pgconn.socket, select.POLLIN | select.POLLPRI)
        return not poll.poll(0) or super().is_usable()
