"""Conversations, who they are with, and the memory that their graph keeps between turns."""

from __future__ import annotations

import re

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.conversations (
    conversation_id uuid PRIMARY KEY,
    key_id text NOT NULL,
    browser boolean NOT NULL,
    visitor text,
    contact_id text,
    account text,
    pack text,
    surface text NOT NULL,
    turns integer NOT NULL DEFAULT 0,
    started_at timestamptz NOT NULL DEFAULT now(),
    said_at timestamptz NOT NULL DEFAULT now(),
    busy_by uuid,
    busy_until timestamptz,
    handed_over jsonb
);
COMMENT ON TABLE segue.conversations IS
    'what is said is in the checkpoints, whose thread_id is the id; both go when their person is erased';
COMMENT ON COLUMN segue.conversations.browser IS 'begun with a publishable key';
COMMENT ON COLUMN segue.conversations.account IS 'as whoever began it named it; each turn looks anew';
COMMENT ON COLUMN segue.conversations.busy_by IS 'the turn under way; another may begin at busy_until';
COMMENT ON COLUMN segue.conversations.handed_over IS 'how, to whom and with which summary it went to a person';
CREATE INDEX conversations_by_visitor ON segue.conversations (visitor) WHERE visitor IS NOT NULL;
CREATE INDEX conversations_by_contact ON segue.conversations (contact_id) WHERE contact_id IS NOT NULL;
CREATE INDEX conversations_by_time ON segue.conversations (said_at);
ALTER TABLE segue.artifacts DROP CONSTRAINT artifacts_kind_check, ADD CONSTRAINT artifacts_kind_check
    CHECK (kind IN ('cut_points', 'target_accounts', 'proof_points', 'answers'));
CREATE INDEX conversations_handed_over ON segue.conversations (said_at) WHERE handed_over IS NOT NULL;
"""
_DOWN = """
DROP TABLE segue.conversations, segue.checkpoints, segue.checkpoint_blobs, segue.checkpoint_writes,
    segue.checkpoint_migrations;
UPDATE segue.deployments AS d SET artifacts = (
    SELECT coalesce(jsonb_object_agg(pack.key, pack.value - 'answers/'), '{}') FROM jsonb_each(d.artifacts) AS pack
);
DELETE FROM segue.artifacts WHERE kind = 'answers';
ALTER TABLE segue.artifacts DROP CONSTRAINT artifacts_kind_check, ADD CONSTRAINT artifacts_kind_check
    CHECK (kind IN ('cut_points', 'target_accounts', 'proof_points'));
"""


def upgrade() -> None:
    """Make the tables, those of LangGraph's checkpointer among them.

    They change with Segue's schema and never at the start of a replica; a later version of the
    checkpointer that wants others gets a revision of its own.
    """
    from langgraph.checkpoint.postgres.base import MIGRATIONS

    op.execute(_UP)
    path = op.get_bind().exec_driver_sql("SHOW search_path").scalar_one()
    op.execute("SET LOCAL search_path = segue")
    for number, statement in enumerate(MIGRATIONS):
        # within one transaction nothing is made concurrently
        op.execute(re.sub(r"(?<!:):(?=\w)", r"\\:", statement.replace("CONCURRENTLY", "")))
        op.execute(f"INSERT INTO checkpoint_migrations (v) VALUES ({number})")  # noqa: S608 - a number
    op.get_bind().exec_driver_sql("SELECT set_config('search_path', %s, true)", (path,))


def downgrade() -> None:
    """Remove them, with every conversation in them."""
    op.execute(_DOWN)
