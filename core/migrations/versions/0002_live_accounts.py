"""Live accounts: events, who they are of, labels and how they change, and what a change sets off."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.events (
    source text NOT NULL,
    message_id text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('identify', 'track', 'page', 'screen', 'group', 'alias')),
    at timestamptz NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    visitor text,
    user_id text,
    contact_id text,
    account_id text,
    name text,
    path text,
    url text,
    title text,
    referrer text,
    search text,
    properties jsonb NOT NULL DEFAULT '{}',
    mark text,
    trusted boolean NOT NULL DEFAULT false,
    PRIMARY KEY (source, message_id)
);
COMMENT ON COLUMN segue.events.source IS 'the id of the key that brought it';
COMMENT ON COLUMN segue.events.at IS 'when it happened, the sender''s clock corrected by when it was sent';
COMMENT ON COLUMN segue.events.user_id IS 'the contact whom the event itself names';
COMMENT ON COLUMN segue.events.contact_id IS 'whom it names, else the contact that its visitor is held to be now';
COMMENT ON COLUMN segue.events.trusted IS 'whether a server sent it: a browser''s key is public';
COMMENT ON COLUMN segue.events.account_id IS 'of whom it counts now: follows the links of its visitor and contact';
COMMENT ON COLUMN segue.events.mark IS 'why it moves no label, such as bot or internal; NULL for one that counts';
CREATE INDEX events_by_account ON segue.events (account_id, at);
CREATE INDEX events_by_visitor ON segue.events (visitor);
CREATE INDEX events_by_contact ON segue.events (contact_id);
CREATE INDEX events_by_age ON segue.events USING brin (received_at);

CREATE TABLE segue.parked_events (
    parked_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL,
    message_id text,
    reason text NOT NULL,
    event text NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE segue.parked_events IS 'events that came in a batch and could not be stored, each with its reason';

CREATE TABLE segue.links (
    kind text NOT NULL CHECK (kind IN ('visitor_contact', 'visitor_account', 'contact_account')),
    from_id text NOT NULL,
    to_id text NOT NULL,
    method text NOT NULL,
    confidence real NOT NULL CHECK (confidence BETWEEN 0 AND 1),
    at timestamptz NOT NULL,
    known_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    removed_by text,
    PRIMARY KEY (kind, from_id, to_id, method)
);
COMMENT ON TABLE segue.links IS
    'who is held to be who, by what method and how surely; the surest counts, of equals the newest';
CREATE INDEX links_to ON segue.links (kind, to_id);

CREATE TABLE segue.visitors (
    visitor text PRIMARY KEY,
    contact_id text,
    account_id text,
    method text,
    confidence real,
    first_seen timestamptz NOT NULL,
    last_seen timestamptz NOT NULL
);
COMMENT ON TABLE segue.visitors IS 'what the links of a visitor come to: worked out anew whenever one of them changes';
COMMENT ON COLUMN segue.visitors.last_seen IS 'to the hour';
CREATE INDEX visitors_by_contact ON segue.visitors (contact_id);
CREATE INDEX visitors_by_account ON segue.visitors (account_id);

ALTER TABLE segue.contacts
    ADD COLUMN method text,
    ADD COLUMN confidence real,
    ADD COLUMN last_seen timestamptz;
COMMENT ON COLUMN segue.contacts.last_seen IS 'to the hour';
COMMENT ON COLUMN segue.contacts.method IS 'how the account of the contact is known';

ALTER TABLE segue.accounts
    ADD COLUMN event_traits jsonb,
    ADD COLUMN event_traits_at timestamptz,
    ADD COLUMN event_traits_until timestamptz,
    ADD COLUMN label_due_at timestamptz;
COMMENT ON COLUMN segue.accounts.event_traits IS
    'key of a trait''s definition to what the account''s events come to, as of event_traits_at';
COMMENT ON COLUMN segue.accounts.event_traits_until IS
    'the first instant at which an event leaves a window: from then on event_traits has to be worked out anew';
COMMENT ON COLUMN segue.accounts.label_due_at IS
    'never later than the next instant at which a label of the account could change with no event';
CREATE INDEX accounts_by_alias ON segue.accounts (alias_of) WHERE alias_of IS NOT NULL;
CREATE INDEX accounts_due ON segue.accounts (label_due_at) WHERE label_due_at IS NOT NULL;

CREATE TABLE segue.labels (
    account_id text NOT NULL REFERENCES segue.accounts,
    pack text NOT NULL,
    segment text NOT NULL,
    status text NOT NULL,
    missing text[] NOT NULL DEFAULT '{}',
    revision text NOT NULL,
    since timestamptz NOT NULL,
    labelled_at timestamptz NOT NULL,
    PRIMARY KEY (account_id, pack)
);
COMMENT ON COLUMN segue.labels.since IS 'when the account came into the segment';
CREATE INDEX labels_by_segment ON segue.labels (pack, segment);

CREATE TABLE segue.transitions (
    transition_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id text NOT NULL,
    pack text NOT NULL,
    from_segment text,
    to_segment text NOT NULL,
    from_status text,
    to_status text NOT NULL,
    because jsonb NOT NULL,
    cause text NOT NULL CHECK (cause IN ('event', 'time', 'traits', 'import', 'pin', 'policy', 'identity')),
    revision text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON COLUMN segue.transitions.from_segment IS 'NULL for the first label of an account in a pack';
COMMENT ON COLUMN segue.transitions.because IS 'the clauses that flipped, each with its trait, value and verdict now';
CREATE INDEX transitions_by_account ON segue.transitions (account_id, pack, transition_id);
CREATE INDEX transitions_by_time ON segue.transitions (at);

CREATE TABLE segue.consequences (
    consequence_id uuid PRIMARY KEY,
    transition_id bigint NOT NULL REFERENCES segue.transitions,
    account_id text NOT NULL,
    pack text NOT NULL,
    revision text NOT NULL,
    segment text NOT NULL,
    play text NOT NULL,
    moment text NOT NULL CHECK (moment IN ('enter', 'exit')),
    due_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('waiting', 'excluded', 'cancelled', 'doing', 'done', 'parked')),
    reason text,
    attempts integer NOT NULL DEFAULT 0,
    detail jsonb NOT NULL DEFAULT '{}',
    changed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE segue.consequences IS
    'a play that a change of label sets off; its id is the stable id under which it is carried out';
COMMENT ON COLUMN segue.consequences.reason IS 'why it was excluded or cancelled, or the error of the last attempt';
CREATE INDEX consequences_by_account ON segue.consequences (account_id, pack);
CREATE INDEX consequences_open ON segue.consequences (due_at) WHERE status IN ('waiting', 'doing');

CREATE TABLE segue.relabellings (
    deployment_id bigint PRIMARY KEY REFERENCES segue.deployments,
    set_off boolean NOT NULL DEFAULT false,
    accounts bigint,
    done bigint NOT NULL DEFAULT 0,
    moved bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    up_to text NOT NULL DEFAULT '',
    started_at timestamptz,
    finished_at timestamptz
);
COMMENT ON TABLE segue.relabellings IS 'how far all accounts are labelled again since a deployment';
COMMENT ON COLUMN segue.relabellings.set_off IS 'whether what moves by it is told to other systems';
COMMENT ON COLUMN segue.relabellings.up_to IS 'the account up to which it is done, in the order of their ids';

CREATE TABLE segue.audience_members (
    audience text NOT NULL,
    account_id text NOT NULL,
    joined_at timestamptz NOT NULL DEFAULT now(),
    left_at timestamptz,
    PRIMARY KEY (audience, account_id)
);

CREATE VIEW segue_analytics.current_labels AS
    SELECT account_id, pack, segment, status, missing, revision, since, labelled_at FROM segue.labels;
CREATE VIEW segue_analytics.transitions AS
    SELECT transition_id, account_id, pack, from_segment, to_segment, from_status, to_status, because, cause,
        revision, at
    FROM segue.transitions;
CREATE VIEW segue_analytics.consequences AS
    SELECT consequence_id, transition_id, account_id, pack, segment, play, moment, due_at, status, reason,
        attempts, changed_at
    FROM segue.consequences;
"""

_DOWN = """
DROP INDEX segue.accounts_by_alias;
DROP VIEW segue_analytics.consequences, segue_analytics.transitions, segue_analytics.current_labels;
DROP TABLE segue.audience_members, segue.relabellings, segue.consequences, segue.transitions, segue.labels,
    segue.visitors, segue.links, segue.parked_events, segue.events;
ALTER TABLE segue.accounts
    DROP COLUMN label_due_at, DROP COLUMN event_traits_until, DROP COLUMN event_traits_at, DROP COLUMN event_traits;
ALTER TABLE segue.contacts DROP COLUMN last_seen, DROP COLUMN confidence, DROP COLUMN method;
"""


def upgrade() -> None:
    """Make what live accounts need."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove it, with everything in it."""
    op.execute(_DOWN)
