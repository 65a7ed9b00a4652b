"""What a consequence tells another system, kept for its further tries; whether a relabelling knew of any event."""

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
ALTER TABLE segue.relabellings ADD COLUMN knew_events boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN segue.relabellings.knew_events IS
    'whether any event was stored when it began: until the first, nobody is known to have done nothing';
UPDATE segue.relabellings SET knew_events = EXISTS (SELECT FROM segue.events);
"""
_DOWN = """
ALTER TABLE segue.relabellings DROP COLUMN knew_events;
ALTER TABLE segue.consequences DROP COLUMN words;
"""


def upgrade() -> None:
    """Make the places for it."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them, with everything in them."""
    op.execute(_DOWN)
