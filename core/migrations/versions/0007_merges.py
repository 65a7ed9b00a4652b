"""Merged accounts: who merged which into which and why; and what finds a family of companies."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CAUSES = "'event', 'time', 'traits', 'import', 'pin', 'policy', 'identity'"
_UP = f"""
CREATE TABLE segue.merges (
    account_id text PRIMARY KEY REFERENCES segue.accounts,
    into_id text NOT NULL REFERENCES segue.accounts,
    reason text NOT NULL,
    merged_by text NOT NULL,
    merged_at timestamptz NOT NULL DEFAULT now(),
    labels jsonb NOT NULL DEFAULT '{{}}',
    CHECK (account_id <> into_id)
);
COMMENT ON TABLE segue.merges IS
    'the merges that stand, as they were asked for; accounts.alias_of is where each of them comes to in the end';
COMMENT ON COLUMN segue.merges.labels IS
    'account to pack to [segment, since] of both as they were, so that undoing it gives them back';
CREATE INDEX merges_by_target ON segue.merges (into_id);
INSERT INTO segue.merges (account_id, into_id, reason, merged_by)
    SELECT account_id, alias_of, 'Merged before merges were recorded', 'unknown' FROM segue.accounts
    WHERE alias_of IS NOT NULL;

ALTER TABLE segue.transitions
    ALTER COLUMN to_segment DROP NOT NULL,
    ALTER COLUMN to_status DROP NOT NULL,
    DROP CONSTRAINT transitions_cause_check,
    ADD CONSTRAINT transitions_cause_check CHECK (cause IN ({_CAUSES}, 'merge'));
COMMENT ON COLUMN segue.transitions.to_segment IS
    'NULL where the account was merged into another, which is labelled in its place';

CREATE INDEX accounts_by_parent ON segue.accounts USING hash (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX accounts_by_name ON segue.accounts USING hash (name) WHERE name IS NOT NULL;
COMMENT ON COLUMN segue.accounts.parent_id IS
    'the parent as it was stated: by its id, domain or name, of which the account may come later';
"""  # noqa: S608 - fixed text
_DOWN = f"""
DROP INDEX segue.accounts_by_name, segue.accounts_by_parent;
DELETE FROM segue.consequences USING segue.transitions
    WHERE consequences.transition_id = transitions.transition_id AND to_segment IS NULL;
DELETE FROM segue.transitions WHERE to_segment IS NULL;
UPDATE segue.transitions SET cause = 'identity' WHERE cause = 'merge';
ALTER TABLE segue.transitions
    ALTER COLUMN to_segment SET NOT NULL,
    ALTER COLUMN to_status SET NOT NULL,
    DROP CONSTRAINT transitions_cause_check,
    ADD CONSTRAINT transitions_cause_check CHECK (cause IN ({_CAUSES}));
DROP TABLE segue.merges;
"""  # noqa: S608 - fixed text


def upgrade() -> None:
    """Make the table and the indexes; an account that is merged away has no label any more."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them: what is merged stays so, and nobody knows any more by whom and why."""
    op.execute(_DOWN)
