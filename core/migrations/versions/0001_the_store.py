"""The store: accounts and what is known of them, policies, decisions and what counts them, keys."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_UP = """
CREATE SCHEMA segue;
CREATE SCHEMA segue_analytics;

CREATE TABLE segue.accounts (
    account_id text PRIMARY KEY,
    domain text,
    name text,
    owner text,
    open_opportunity_owner text,
    parent_id text,
    alias_of text REFERENCES segue.accounts,
    duplicate_of text,
    traits jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    CHECK (alias_of <> account_id)
);
COMMENT ON COLUMN segue.accounts.traits IS
    'trait to source to [value, confidence, true at]: the newest of each source, kept from trait_values';
CREATE INDEX accounts_by_domain ON segue.accounts (domain);

CREATE TABLE segue.contacts (
    contact_id text PRIMARY KEY,
    account_id text REFERENCES segue.accounts,
    traits jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX contacts_by_account ON segue.contacts (account_id);

CREATE TABLE segue.trait_values (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id text NOT NULL,
    contact_id text,
    trait text NOT NULL,
    value jsonb,
    source text NOT NULL,
    confidence real CHECK (confidence BETWEEN 0 AND 1),
    true_at timestamptz NOT NULL,
    known_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN segue.trait_values.value IS 'NULL: the source withdrew what it had said';
CREATE INDEX trait_values_by_account ON segue.trait_values (account_id, trait, source, true_at, known_at);

CREATE TABLE segue.pins (
    account_id text NOT NULL REFERENCES segue.accounts,
    pack text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('label', 'owner')),
    value text NOT NULL,
    reason text NOT NULL,
    pinned_by text NOT NULL,
    pinned_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, kind, pack)
);
COMMENT ON COLUMN segue.pins.pack IS 'empty for an owner, which holds in every pack';

CREATE TABLE segue.policy_revisions (
    revision text PRIMARY KEY,
    pack text NOT NULL,
    files jsonb NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    stored_by text NOT NULL
);
COMMENT ON COLUMN segue.policy_revisions.files IS 'path in the pack to the text of the file, whole';

CREATE TABLE segue.deployments (
    deployment_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    packs jsonb NOT NULL,
    action text NOT NULL CHECK (action IN ('start', 'activate', 'rollback')),
    previous_id bigint REFERENCES segue.deployments,
    made_at timestamptz NOT NULL DEFAULT now(),
    made_by text NOT NULL
);
COMMENT ON TABLE segue.deployments IS
    'append-only: the newest row is what every replica serves; packs are [{pack, revision, shadow}] in order';

CREATE TABLE segue.switches (
    name text PRIMARY KEY,
    off boolean NOT NULL,
    reason text NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    changed_by text NOT NULL
);

CREATE TABLE segue.keys (
    key_id text PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN ('secret', 'write', 'publishable')),
    name text NOT NULL,
    digest bytea NOT NULL UNIQUE,
    origins text[] NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz
);

CREATE TABLE segue.audit (
    audit_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    actor text NOT NULL,
    action text NOT NULL,
    target text NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}',
    request_id text
);

CREATE TABLE segue.idempotency (
    key_id text NOT NULL,
    idempotency_key text NOT NULL,
    body_digest bytea NOT NULL,
    status smallint NOT NULL,
    response bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (key_id, idempotency_key)
);
CREATE INDEX idempotency_by_age ON segue.idempotency (created_at);

CREATE TABLE segue.decisions (
    decision_id uuid PRIMARY KEY,
    decided_at timestamptz NOT NULL,
    account_id text NOT NULL,
    domain text,
    visitor text,
    pack text NOT NULL,
    surface text NOT NULL,
    segment text NOT NULL,
    status text NOT NULL,
    play text NOT NULL,
    rep text,
    mode text NOT NULL,
    chooser text NOT NULL,
    fallback_reason text,
    arm text,
    revision text NOT NULL,
    shadow boolean NOT NULL DEFAULT false,
    beside uuid,
    key_id text,
    latency_ms real NOT NULL,
    facts json NOT NULL,
    proposal json,
    answer json NOT NULL
) PARTITION BY RANGE (decision_id);
COMMENT ON TABLE segue.decisions IS 'a month a partition: ids are UUIDs of version 7, which sort by time';
COMMENT ON COLUMN segue.decisions.beside IS 'of a shadow: the live decision of the same call';
COMMENT ON COLUMN segue.decisions.facts IS
    'all that the decision rested on: facts, counters, loads and switches, for replay';
CREATE INDEX decisions_by_account ON segue.decisions (account_id, decision_id);
CREATE TABLE segue.decisions_rest PARTITION OF segue.decisions DEFAULT;

CREATE TABLE segue.deliveries (
    account_id text NOT NULL,
    contact text,
    play text NOT NULL,
    delivered_at timestamptz NOT NULL,
    decision_id uuid NOT NULL
);
CREATE INDEX deliveries_by_account ON segue.deliveries (account_id, delivered_at);

CREATE TABLE segue.rep_loads (
    rep text NOT NULL,
    day date NOT NULL,
    assignments integer NOT NULL,
    PRIMARY KEY (rep, day)
);

CREATE FUNCTION segue.first_id(instant timestamptz) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM instant) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;
COMMENT ON FUNCTION segue.first_id IS 'the least UUID of version 7 that an instant can have';

CREATE FUNCTION segue.add_partitions(first_day date, months integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
    month timestamptz;
    made integer := 0;
    called text;
    first uuid;
    after_last uuid;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('segue.add_partitions', 7));
    FOR number IN 0 .. months - 1 LOOP
        month := (date_trunc('month', first_day) + make_interval(months => number)) AT TIME ZONE 'UTC';
        called := 'decisions_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM');
        IF to_regclass('segue.' || called) IS NULL THEN
            first := segue.first_id(month);
            after_last := segue.first_id(((month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC');
            EXECUTE format('CREATE TABLE segue.%I (LIKE segue.decisions INCLUDING ALL)', called);
            -- what came while the month had no partition is in the rest: it moves, or it would be refused
            LOCK TABLE segue.decisions_rest IN ACCESS EXCLUSIVE MODE;
            EXECUTE format('WITH moved AS (DELETE FROM segue.decisions_rest WHERE decision_id >= %L'
                ' AND decision_id < %L RETURNING *) INSERT INTO segue.%I SELECT * FROM moved',
                first, after_last, called);
            EXECUTE format('ALTER TABLE segue.decisions ATTACH PARTITION segue.%I FOR VALUES FROM (%L) TO (%L)',
                called, first, after_last);
            made := made + 1;
        END IF;
    END LOOP;
    RETURN made;
END $$;
COMMENT ON FUNCTION segue.add_partitions IS 'make the partitions of some months, from the month of a day';

CREATE VIEW segue_analytics.decisions AS
    SELECT decision_id, decided_at, account_id, domain, pack, surface, segment, status, play, rep, mode,
        chooser, fallback_reason, arm, revision, latency_ms
    FROM segue.decisions WHERE NOT shadow;
CREATE VIEW segue_analytics.labels AS
    SELECT decision_id, decided_at, account_id, label.key AS pack, label.value ->> 'segment' AS segment,
        label.value ->> 'status' AS status
    FROM segue.decisions CROSS JOIN LATERAL json_each(answer -> 'labels') AS label WHERE NOT shadow;
CREATE VIEW segue_analytics.findings AS
    SELECT decision_id, decided_at, account_id, pack, surface, finding ->> 'play' AS play,
        (finding ->> 'permitted')::boolean AS permitted, finding ->> 'reason' AS reason,
        finding ->> 'code' AS code, finding ->> 'rule' AS rule, finding ->> 'trait' AS trait,
        (finding #>> '{score,total}')::double precision AS score
    FROM segue.decisions CROSS JOIN LATERAL json_array_elements(answer -> 'considered') AS finding
    WHERE NOT shadow;
CREATE VIEW segue_analytics.traits AS
    SELECT account_id, trait, value, source, confidence, true_at, known_at
    FROM segue.trait_values WHERE contact_id IS NULL;
CREATE VIEW segue_analytics.deployments AS
    SELECT deployment_id, made_at, action, made_by, entry ->> 'pack' AS pack,
        entry ->> 'revision' AS revision, (entry ->> 'shadow')::boolean AS shadow
    FROM segue.deployments CROSS JOIN LATERAL jsonb_array_elements(packs) AS entry;
"""


def upgrade() -> None:
    """Make every table, function and view."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them, with everything in them."""
    op.execute("DROP SCHEMA segue_analytics CASCADE; DROP SCHEMA segue CASCADE")
