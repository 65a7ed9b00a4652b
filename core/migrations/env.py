"""What Alembic runs: the revisions, on the connection that `segue.core.schema` hands over."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    version_table_schema="public",
    version_table="segue_schema_version",
    transaction_per_migration=False,
)
with context.begin_transaction():
    context.run_migrations()
