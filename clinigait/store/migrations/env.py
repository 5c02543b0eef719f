"""What Alembic runs: the caller's connection, within the caller's transaction."""

from __future__ import annotations

from alembic import context

from clinigait.store.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
