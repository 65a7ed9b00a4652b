"""What a chat sets off: requests to be erased, hand-overs that a rep is alerted to, and calls that are repeated."""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.erasure_requests (
    conversation_id uuid PRIMARY KEY,
    kind text CHECK (kind IN ('contact', 'visitor')),
    subject text,
    asked_at timestamptz NOT NULL
);
COMMENT ON TABLE segue.erasure_requests IS
    'who asked in a chat to be erased: nothing is done at that; a row goes with its person, or is closed by hand';
COMMENT ON COLUMN segue.erasure_requests.subject IS 'NULL where nobody is known, or nothing of theirs may be kept';

CREATE TABLE segue.hand_overs (
    hand_over_id uuid PRIMARY KEY,
    conversation_id uuid NOT NULL REFERENCES segue.conversations ON DELETE CASCADE,
    how text NOT NULL,
    rep text,
    summary text NOT NULL,
    pack text NOT NULL,
    play text NOT NULL,
    at timestamptz NOT NULL,
    tried_at timestamptz,
    done_at timestamptz,
    outcome text
);
COMMENT ON TABLE segue.hand_overs IS 'what a rep is alerted to in Slack, once a hand-over, and what became of it';
COMMENT ON COLUMN segue.hand_overs.tried_at IS 'when the alert may have been heard for the first time';
CREATE INDEX hand_overs_of ON segue.hand_overs (conversation_id);

CREATE TABLE segue.chat_calls (
    digest bytea PRIMARY KEY,
    body_digest bytea NOT NULL,
    conversation_id uuid REFERENCES segue.conversations ON DELETE CASCADE,
    turn integer,
    called_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE segue.chat_calls IS 'the turn behind an Idempotency-Key, so that a repeated call is given it again';
COMMENT ON COLUMN segue.chat_calls.digest IS 'of the key that called and of its Idempotency-Key';
COMMENT ON COLUMN segue.chat_calls.turn IS 'NULL until the turn began';
CREATE INDEX chat_calls_by_age ON segue.chat_calls (called_at);
CREATE INDEX chat_calls_of ON segue.chat_calls (conversation_id);
"""


def upgrade() -> None:
    """Make the tables."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them: requests that nobody has seen to are forgotten, and a repeated call is a turn of its own."""
    op.execute("DROP TABLE segue.chat_calls, segue.hand_overs, segue.erasure_requests")
