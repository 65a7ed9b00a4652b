"""The schema of the database, as Alembic revisions in plain SQL."""
