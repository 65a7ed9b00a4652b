"""What the population decides, dated: cut points and lists, and which of them each deployment reads."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.artifacts (
    artifact_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('cut_points', 'target_accounts')),
    pack text NOT NULL,
    trait text NOT NULL,
    as_of timestamptz NOT NULL,
    body jsonb NOT NULL,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL
);
COMMENT ON TABLE segue.artifacts IS 'immutable, named by the hash of their content';
COMMENT ON COLUMN segue.artifacts.as_of IS 'the instant of the population that it was made from';
CREATE INDEX artifacts_by_trait ON segue.artifacts (pack, trait, made_at);

ALTER TABLE segue.deployments ADD COLUMN artifacts jsonb NOT NULL DEFAULT '{}';
COMMENT ON COLUMN segue.deployments.artifacts IS 'what the traits of the packs read: {pack: {trait: artifact_id}}';
"""


def upgrade() -> None:
    """Make the table, and the column of deployments."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them: traits that a population decides are then unknown."""
    op.execute("ALTER TABLE segue.deployments DROP COLUMN artifacts")
    op.execute("DROP TABLE segue.artifacts")
