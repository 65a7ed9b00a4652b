"""What sellers say of the alerts that they get, and what the Slack assistant has to remember."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_UP = """
CREATE TABLE segue.alert_answers (
    consequence_id uuid NOT NULL REFERENCES segue.consequences,
    round integer NOT NULL,
    answer text NOT NULL CHECK (answer IN ('accept', 'reassign', 'not_now', 'wrong_play')),
    rep text NOT NULL,
    answered_by text NOT NULL,
    answered_at timestamptz NOT NULL DEFAULT now(),
    account_id text NOT NULL,
    pack text NOT NULL,
    segment text NOT NULL,
    play text NOT NULL,
    revision text NOT NULL,
    because jsonb NOT NULL DEFAULT '[]',
    via text,
    pod text,
    reason text,
    note text,
    owner text,
    until timestamptz,
    PRIMARY KEY (consequence_id, round)
);
COMMENT ON TABLE segue.alert_answers IS
    'what a seller did with an alert: one answer each time that it was shown, with the rule that it came from';
COMMENT ON COLUMN segue.alert_answers.round IS
    '0 for the alert itself; 1, 2 and so on for those that came again after Not now';
COMMENT ON COLUMN segue.alert_answers.rep IS 'the address of the seller who answered';
COMMENT ON COLUMN segue.alert_answers.answered_by IS 'who that is where they answered, such as slack:U0123';
COMMENT ON COLUMN segue.alert_answers.because IS 'the clauses behind the change of label that set the alert off';
COMMENT ON COLUMN segue.alert_answers.via IS 'how the alert had found its rep';
COMMENT ON COLUMN segue.alert_answers.owner IS 'to whom the account was given, of Reassign';
COMMENT ON COLUMN segue.alert_answers.until IS 'when the alert comes again, of Not now; when the pin ends, of Reassign';
CREATE INDEX alert_answers_by_time ON segue.alert_answers (answered_at);
CREATE INDEX alert_answers_by_account ON segue.alert_answers (account_id);

CREATE TABLE segue.slack_requests (
    request_id text PRIMARY KEY,
    taken_at timestamptz NOT NULL DEFAULT now(),
    answered_at timestamptz
);
COMMENT ON TABLE segue.slack_requests IS 'what Slack sent, so that its repetitions are answered once; kept for a day';
CREATE INDEX slack_requests_by_time ON segue.slack_requests (taken_at);

CREATE TABLE segue.seller_threads (
    thread text PRIMARY KEY,
    account_id text NOT NULL,
    at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE segue.seller_threads IS
    'the account that a conversation with a seller was last about; kept for a month';

CREATE TABLE segue.seller_summaries (
    week date NOT NULL,
    recipient text NOT NULL,
    summary_id uuid NOT NULL,
    deferred_at timestamptz NOT NULL DEFAULT now(),
    done_at timestamptz,
    outcome text,
    PRIMARY KEY (week, recipient)
);
COMMENT ON TABLE segue.seller_summaries IS
    'the summaries of a week, by its Monday: whoever stores the row has the one job that sends it';

CREATE INDEX accounts_by_lower_name ON segue.accounts (lower(name) text_pattern_ops) WHERE name IS NOT NULL;
CREATE INDEX accounts_by_owner ON segue.accounts (lower(owner)) WHERE owner IS NOT NULL;
CREATE INDEX accounts_by_opportunity_owner ON segue.accounts (lower(open_opportunity_owner))
    WHERE open_opportunity_owner IS NOT NULL;
CREATE INDEX pins_of_owners ON segue.pins (lower(value)) WHERE kind = 'owner';
CREATE INDEX consequences_by_message ON segue.consequences ((detail ->> 'ts')) WHERE detail ? 'ts';

CREATE VIEW segue_analytics.alert_answers AS
    SELECT consequence_id, round, answer, answered_at, account_id, pack, segment, play, revision, via, pod, reason,
        until
    FROM segue.alert_answers;
"""
_DOWN = """
DROP VIEW segue_analytics.alert_answers;
DROP INDEX segue.consequences_by_message, segue.pins_of_owners, segue.accounts_by_opportunity_owner,
    segue.accounts_by_owner, segue.accounts_by_lower_name;
DROP TABLE segue.seller_summaries, segue.seller_threads, segue.slack_requests, segue.alert_answers;
"""


def upgrade() -> None:
    """Make what the assistant of sellers keeps."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove it, with everything in it."""
    op.execute(_DOWN)
