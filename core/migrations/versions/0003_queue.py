"""The queue of jobs: procrastinate's tables and functions, in a schema of their own."""

from __future__ import annotations

import re

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_AGAIN = """
INSERT INTO segue_jobs.procrastinate_jobs (queue_name, task_name, args, scheduled_at)
SELECT 'segue', 'core.defer_when_due', jsonb_build_object('name', 'activation.carry_out', 'lock', account_id,
    'arguments', jsonb_build_object('consequence_id', consequence_id)), due_at
FROM segue.consequences WHERE status IN ('waiting', 'doing') ORDER BY due_at, transition_id
"""
_PINNED = """
DO $$
DECLARE
    function regprocedure;
BEGIN
    FOR function IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'segue_jobs'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = segue_jobs, pg_temp', function);
    END LOOP;
END $$;
"""


def upgrade() -> None:
    """Make them; what they call is found whatever the search path of who calls them."""
    from procrastinate.schema import SchemaManager

    path = op.get_bind().exec_driver_sql("SHOW search_path").scalar_one()
    op.execute("CREATE SCHEMA segue_jobs; SET LOCAL search_path = segue_jobs")
    # a colon before a word would be taken for a parameter
    op.execute(re.sub(r"(?<!:):(?=\w)", r"\\:", SchemaManager.get_schema()))
    op.execute(_PINNED)
    op.execute(_AGAIN)  # whoever goes back and comes again has lost the jobs, and not what they are for
    op.execute("CREATE INDEX consequences_by_change ON segue.consequences (changed_at)")
    op.get_bind().exec_driver_sql("SELECT set_config('search_path', %s, true)", (path,))


def downgrade() -> None:
    """Remove them, with every job in them."""
    op.execute("DROP INDEX segue.consequences_by_change; DROP SCHEMA segue_jobs CASCADE")
