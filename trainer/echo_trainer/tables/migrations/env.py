"""What Alembic runs for every upgrade: on the connection that `Database.upgrade` hands it."""

from __future__ import annotations

from alembic import context

from echo_trainer.tables.schema import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
