"""Consent of contacts and visitors, and what is left of an erasure: a keyed hash that refuses late events."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.consents (
    kind text NOT NULL CHECK (kind IN ('contact', 'visitor')),
    subject text NOT NULL,
    purpose text NOT NULL,
    source text NOT NULL,
    state text NOT NULL CHECK (state IN ('granted', 'denied', 'unknown')),
    at timestamptz NOT NULL,
    known_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, subject, purpose, source)
);
COMMENT ON TABLE segue.consents IS
    'what each source last said; of several sources the newest at counts, and of equal ones a denial';

CREATE TABLE segue.erasures (
    digest bytea PRIMARY KEY,
    erased_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE segue.erasures IS 'the keyed hashes of erased identifiers, so that what comes late is refused';
CREATE INDEX erasures_by_age ON segue.erasures (erased_at);

CREATE TABLE segue.erasure_key (
    key bytea NOT NULL,
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one)
);
COMMENT ON TABLE segue.erasure_key IS 'the key of those hashes, made once for this store';
INSERT INTO segue.erasure_key (key)
    SELECT sha256((gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text)::bytea);
"""


def upgrade() -> None:
    """Make the tables, and the key of this store."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them: who denied and who was erased is then not known any more."""
    op.execute("DROP TABLE segue.erasure_key, segue.erasures, segue.consents")
