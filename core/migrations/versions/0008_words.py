"""What a consequence tells another system, kept from its first try on, and an index of those that were given up."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE segue.consequences ADD COLUMN words jsonb;
COMMENT ON COLUMN segue.consequences.words IS
    'what the first try told the other system, and when, by which connector and under which revision';
CREATE INDEX consequences_parked ON segue.consequences (changed_at) WHERE status = 'parked';
"""


def upgrade() -> None:
    """Make the place for the words, and the index."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove both, with everything in them."""
    op.execute("DROP INDEX segue.consequences_parked; ALTER TABLE segue.consequences DROP COLUMN words")
