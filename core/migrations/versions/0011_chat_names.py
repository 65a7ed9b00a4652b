"""What clients call their chats, so that one goes on under the name that the client gave it."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.chat_names (
    digest bytea PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES segue.conversations ON DELETE CASCADE,
    named_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE segue.chat_names IS
    'the conversation behind a chat of a client; it goes with the conversation, whoever has that erased';
COMMENT ON COLUMN segue.chat_names.digest IS 'of the key, of who it is for and of the name: no text of theirs';
CREATE INDEX chat_names_of ON segue.chat_names (conversation_id);
"""


def upgrade() -> None:
    """Make the table."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove it: chats begin anew, and conversations go on by their ids alone."""
    op.execute("DROP TABLE segue.chat_names")
