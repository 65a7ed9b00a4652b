"""What a consequence tells another system, kept from its first try on: each further one says the same."""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0004"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE segue.consequences ADD COLUMN words jsonb;
COMMENT ON COLUMN segue.consequences.words IS
    'what the first try told the other system, and when, by which connector and under which revision';
"""


def upgrade() -> None:
    """Make the place for them."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove it, with everything in it."""
    op.execute("ALTER TABLE segue.consequences DROP COLUMN words")
