"""Proof points of the store, from draft to expired, and which of them each pack reads."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.proof_points (
    pack text NOT NULL,
    proof_id text NOT NULL,
    version integer NOT NULL CHECK (version > 0),
    state text NOT NULL CHECK (state IN ('draft', 'approved', 'expired')),
    claim text NOT NULL,
    body text NOT NULL,
    tags jsonb NOT NULL,
    evidence text NOT NULL,
    expires_on date NOT NULL,
    example boolean NOT NULL DEFAULT false,
    source text NOT NULL,
    added_by text NOT NULL,
    added_at timestamptz NOT NULL,
    approved_by text,
    approved_at timestamptz,
    expired_by text,
    expired_at timestamptz,
    reason text,
    PRIMARY KEY (pack, proof_id, version)
);
COMMENT ON TABLE segue.proof_points IS 'proof points added beside the packs; a changed text is a version of its own';
COMMENT ON COLUMN segue.proof_points.source IS 'the file and line that it came from';
COMMENT ON COLUMN segue.proof_points.reason IS 'why it was expired before its day, as who did it said';
CREATE UNIQUE INDEX proof_points_draft ON segue.proof_points (pack, proof_id) WHERE state = 'draft';
CREATE UNIQUE INDEX proof_points_approved ON segue.proof_points (pack, proof_id) WHERE state = 'approved';

ALTER TABLE segue.artifacts DROP CONSTRAINT artifacts_kind_check;
ALTER TABLE segue.artifacts ADD CONSTRAINT artifacts_kind_check
    CHECK (kind IN ('cut_points', 'target_accounts', 'proof_points'));
CREATE TABLE segue.live_proof (
    pack text PRIMARY KEY,
    artifact_id text NOT NULL REFERENCES segue.artifacts,
    changed_at timestamptz NOT NULL,
    changed_by text NOT NULL
);
COMMENT ON TABLE segue.live_proof IS 'the approved proof points that each pack reads, beside its own';
CREATE TABLE segue.installation (installation_id text PRIMARY KEY);
COMMENT ON TABLE segue.installation IS 'one row: tells the collections of this store from those of another in Chroma';
INSERT INTO segue.installation VALUES (left(md5(gen_random_uuid()::text), 12));
"""

_DOWN = """
DROP TABLE segue.installation;
DROP TABLE segue.live_proof;
DELETE FROM segue.artifacts WHERE kind = 'proof_points';
ALTER TABLE segue.artifacts DROP CONSTRAINT artifacts_kind_check;
ALTER TABLE segue.artifacts ADD CONSTRAINT artifacts_kind_check CHECK (kind IN ('cut_points', 'target_accounts'));
DROP TABLE segue.proof_points;
"""


def upgrade() -> None:
    """Make the tables, and let artifacts hold proof points."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them: packs are left with the proof points of their own."""
    op.execute(_DOWN)
