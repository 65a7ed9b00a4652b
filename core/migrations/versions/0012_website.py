"""What a website needs: leases, the decisions that pages hold, outcomes, and the key of its streams."""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.leases (
    account_id text NOT NULL,
    pack text NOT NULL,
    segment text NOT NULL,
    revision text NOT NULL,
    play text NOT NULL,
    goal text,
    offer text,
    rep text,
    taken_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    decision_id uuid NOT NULL,
    replaced uuid,
    PRIMARY KEY (account_id, pack)
);
COMMENT ON TABLE segue.leases IS 'what an account is told for a while, on every surface';
COMMENT ON COLUMN segue.leases.decision_id IS 'the decision that took it';
COMMENT ON COLUMN segue.leases.replaced IS 'the decision whose lease was broken by it';
CREATE INDEX leases_by_age ON segue.leases (until);

CREATE TABLE segue.pages (
    page bytea PRIMARY KEY,
    account_id text NOT NULL,
    segment text NOT NULL,
    play text NOT NULL,
    rests_on bytea NOT NULL,
    said jsonb NOT NULL,
    made_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    decision_id uuid NOT NULL,
    replaced uuid
);
COMMENT ON TABLE segue.pages IS 'the decision that all flags of a page rest on, for the length of a lease';
COMMENT ON COLUMN segue.pages.page IS 'a hash of the visitor and what they look at';
COMMENT ON COLUMN segue.pages.rests_on IS 'a hash of the policies, the switches and what is known of the person';
CREATE INDEX pages_by_age ON segue.pages (until);
CREATE INDEX pages_by_decision ON segue.pages (decision_id);

CREATE TABLE segue.outcomes (
    sender text NOT NULL,
    outcome_id text NOT NULL,
    decision_id uuid,
    account_id text NOT NULL,
    visitor text,
    kind text NOT NULL,
    flag text,
    value double precision,
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    key_id text NOT NULL,
    PRIMARY KEY (sender, outcome_id)
);
COMMENT ON COLUMN segue.outcomes.sender IS 'within whose ids the id counts: server, or visitor: and a hash';
CREATE INDEX outcomes_by_account ON segue.outcomes (account_id, at);
CREATE INDEX outcomes_by_decision ON segue.outcomes (decision_id);
CREATE INDEX outcomes_by_age ON segue.outcomes (received_at);

CREATE TABLE segue.stream_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea NOT NULL
);
INSERT INTO segue.stream_key (key) SELECT decode(string_agg(replace(gen_random_uuid()::text, '-', ''), ''), 'hex')
    FROM generate_series(1, 4);

CREATE VIEW segue_analytics.outcomes AS
    SELECT outcome_id, decision_id, account_id, kind, flag, value, at, received_at FROM segue.outcomes;
"""


def upgrade() -> None:
    """Make the tables and the view."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them, with everything in them."""
    op.execute(
        "DROP VIEW segue_analytics.outcomes;"
        " DROP TABLE segue.stream_key, segue.outcomes, segue.pages, segue.leases"
    )
