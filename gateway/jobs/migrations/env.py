"""Runs migrations on the connection that `gateway.jobs.database.migrate` hands over."""

from __future__ import annotations

from alembic import context

from gateway.jobs.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite cannot alter most things in place
)
with context.begin_transaction():
    context.run_migrations()
