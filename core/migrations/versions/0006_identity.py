"""How the account of a visitor is known, apart from how their contact is, and links between accounts."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_UP = """
ALTER TABLE segue.visitors ADD COLUMN account_method text, ADD COLUMN account_confidence real;
COMMENT ON COLUMN segue.visitors.method IS 'how the contact is known';
COMMENT ON COLUMN segue.visitors.account_method IS 'how the account is known that the visitor was linked to itself';
UPDATE segue.visitors AS old SET account_method = known.method, account_confidence = known.confidence
FROM (
    SELECT DISTINCT ON (from_id) from_id, method, confidence FROM segue.links
    WHERE kind = 'visitor_account' AND removed_at IS NULL ORDER BY from_id, confidence DESC, at DESC
) AS known
WHERE old.visitor = known.from_id AND old.account_id IS NOT NULL;
UPDATE segue.visitors SET method = NULL, confidence = NULL WHERE contact_id IS NULL;
DROP INDEX segue.visitors_by_account, segue.contacts_by_account;
CREATE INDEX visitors_by_account ON segue.visitors (account_id, visitor);
CREATE INDEX contacts_by_account ON segue.contacts (account_id, contact_id);

ALTER TABLE segue.links DROP CONSTRAINT links_kind_check, ADD CONSTRAINT links_kind_check
    CHECK (kind IN ('visitor_contact', 'visitor_account', 'contact_account', 'account_parent'));
COMMENT ON COLUMN segue.links.removed_at IS
    'of a link by the method explicit: somebody said that these two are not linked, whatever else claims it';
"""

_DOWN = """
DELETE FROM segue.links WHERE kind = 'account_parent' OR method = 'address';
ALTER TABLE segue.links DROP CONSTRAINT links_kind_check, ADD CONSTRAINT links_kind_check
    CHECK (kind IN ('visitor_contact', 'visitor_account', 'contact_account'));
DROP INDEX segue.visitors_by_account, segue.contacts_by_account;
CREATE INDEX visitors_by_account ON segue.visitors (account_id);
CREATE INDEX contacts_by_account ON segue.contacts (account_id);
UPDATE segue.visitors SET method = account_method, confidence = account_confidence WHERE contact_id IS NULL;
ALTER TABLE segue.visitors DROP COLUMN account_confidence, DROP COLUMN account_method;
"""


def upgrade() -> None:
    """Make the columns, filled from the links there are, and let accounts be linked."""
    op.execute(_UP)


def downgrade() -> None:
    """Remove them, and the links between accounts; the accounts keep their parents."""
    op.execute(_DOWN)
