"""Which keys may have more than looked over MCP."""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE segue.keys ADD COLUMN may_act boolean NOT NULL DEFAULT false;
COMMENT ON COLUMN segue.keys.may_act IS
    'whether an agent that holds the key may have a decision recorded over MCP; over HTTP its kind says what it may';
"""


def upgrade() -> None:
    """Make the column: keys of before may look."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove it."""
    op.execute("ALTER TABLE segue.keys DROP COLUMN may_act")
