from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from alembic.script import ScriptDirectory

from segue.core import schema
from segue.core.errors import ConflictError, InputError, UnavailableError
from segue.core.schema import current, migrate, newest, revisions
from tests.core.stored_rows import fill, hashes

DOCUMENT = Path(__file__).parents[2] / "docs" / "analytics.md"
MIGRATE = """
import sys
from segue.core.schema import migrate
print(*migrate(sys.argv[1]))
"""
BROKEN = '''"""Breaks half-way."""
from alembic import op
revision, down_revision, branch_labels, depends_on = "9998", {newest!r}, None, None
def upgrade() -> None:
    """Fail."""
    op.execute("CREATE TABLE segue.half_done (a int)")
    op.execute("SELECT 1 / 0")
def downgrade() -> None:
    """Do nothing."""
'''


def objects(url: str) -> list[tuple[str, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(
            "SELECT nspname, relname, relkind::text FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace"
            " WHERE nspname LIKE 'segue%' OR nspname = 'public' ORDER BY 1, 2"
        ).fetchall()


def test_an_empty_database_comes_to_the_newest_and_stays_there(url: str) -> None:
    assert current(url) is None
    assert migrate(url) == (None, newest())
    assert current(url) == newest() == revisions()[-1]
    made = objects(url)
    assert migrate(url) == (newest(), newest()) and objects(url) == made


def test_the_names_of_the_files_give_the_order_that_alembic_finds() -> None:
    scripts = ScriptDirectory(str(Path(schema.__file__).parent / "migrations"))
    assert revisions() == [each.revision for each in scripts.walk_revisions()][::-1]


def test_there_is_a_way_back_and_up_again(url: str) -> None:
    migrate(url)
    made = objects(url)
    fill(url)
    assert migrate(url, "base") == (newest(), None)
    assert [each for each in objects(url) if each[0].startswith("segue")] == []
    assert current(url) is None
    assert migrate(url) == (None, newest())
    assert objects(url) == made


def test_every_revision_is_reached_from_both_sides(url: str) -> None:
    found = {}
    for revision in revisions():
        migrate(url, revision)
        found[revision] = objects(url)
    for revision in reversed(revisions()):
        migrate(url, revision)
        assert objects(url) == found[revision]


def test_of_two_processes_one_migrates_and_both_are_at_the_newest(url: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-P", "-c", MIGRATE, url], stdout=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    said = sorted(each.communicate(timeout=60)[0].strip() for each in started)
    assert said == sorted([f"None {newest()}", *[f"{newest()} {newest()}"] * 2])
    assert [each.returncode for each in started] == [0, 0, 0]


def test_a_migration_that_fails_leaves_everything_as_it_was(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrate(url)
    fill(url)
    made, rows = objects(url), hashes(url)
    shutil.copytree(Path(schema.__file__).parent / "migrations", tmp_path / "migrations")
    before = newest()
    (tmp_path / "migrations" / "versions" / "9998_broken.py").write_text(BROKEN.format(newest=before))
    monkeypatch.setattr(schema, "_SCRIPTS", tmp_path / "migrations")
    assert newest() == "9998"
    with pytest.raises(Exception, match="division by zero"):
        migrate(url)
    assert (current(url), objects(url), hashes(url)) == (before, made, rows)


def test_a_database_that_is_newer_than_the_code_is_one_clear_error(url: str) -> None:
    migrate(url)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE public.segue_schema_version SET version_num = '9999'")
    for target in ("head", "base", newest()):
        with pytest.raises(
            ConflictError, match=rf"at schema revision 9999, .* up to {newest()}: a newer version"
        ):
            migrate(url, target)
    assert current(url) == "9999"


def test_a_revision_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(
        InputError, match=rf"no schema revision 'hed'; expected one of base, {', '.join(revisions())} or head"
    ):
        migrate(url, "hed")
    assert current(url) is None


def test_public_may_hold_anything(url: str) -> None:
    with psycopg.connect(url) as connection:
        for name in ("decisions", "accounts", "keys", "alembic_version"):
            connection.execute(f"CREATE TABLE public.{name} (version_num text, mine int)")
            connection.execute(f"INSERT INTO public.{name} VALUES ('x', 1)")
        connection.execute(
            "CREATE FUNCTION public.now() RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'"
        )
        connection.execute("CREATE TYPE public.uuid AS ENUM ('no')")
    migrate(url)
    fill(url)
    migrate(url, "base")
    with psycopg.connect(url) as connection:
        for name in ("decisions", "accounts", "keys", "alembic_version"):
            assert connection.execute(f"SELECT mine FROM public.{name}").fetchone() == (1,)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://u:s3cret@127.0.0.1:1/x",
        "postgresql://u:s3cret@nowhere.invalid/x",
        "s3cret",
        "mysql://s3cret@x",
    ],
)
def test_an_address_that_leads_nowhere_is_one_line_without_its_password(address: str) -> None:
    for call in (migrate, current):
        with pytest.raises((UnavailableError, InputError)) as caught:
            call(address)
        assert "\n" not in str(caught.value) and "s3cret" not in str(caught.value)


VIEWS = {
    "outcomes": [
        "outcome_id text", "decision_id uuid", "account_id text", "kind text", "flag text",
        "value double precision", "at timestamp with time zone", "received_at timestamp with time zone",
    ],
    "decisions": [
        "decision_id uuid", "decided_at timestamp with time zone", "account_id text", "domain text", "pack text",
        "surface text", "segment text", "status text", "play text", "rep text", "mode text", "chooser text",
        "fallback_reason text", "arm text", "revision text", "latency_ms real",
    ],
    "labels": [
        "decision_id uuid", "decided_at timestamp with time zone", "account_id text", "pack text", "segment text",
        "status text",
    ],
    "findings": [
        "decision_id uuid", "decided_at timestamp with time zone", "account_id text", "pack text", "surface text",
        "play text", "permitted boolean", "reason text", "code text", "rule text", "trait text",
        "score double precision",
    ],
    "traits": [
        "account_id text", "trait text", "value jsonb", "source text", "confidence real",
        "true_at timestamp with time zone", "known_at timestamp with time zone",
    ],
    "deployments": [
        "deployment_id bigint", "made_at timestamp with time zone", "action text", "made_by text", "pack text",
        "revision text", "shadow boolean",
    ],
    "current_labels": [
        "account_id text", "pack text", "segment text", "status text", "missing ARRAY", "revision text",
        "since timestamp with time zone", "labelled_at timestamp with time zone",
    ],
    "transitions": [
        "transition_id bigint", "account_id text", "pack text", "from_segment text", "to_segment text",
        "from_status text", "to_status text", "because jsonb", "cause text", "revision text",
        "at timestamp with time zone",
    ],
    "consequences": [
        "consequence_id uuid", "transition_id bigint", "account_id text", "pack text", "segment text", "play text",
        "moment text", "due_at timestamp with time zone", "status text", "reason text", "attempts integer",
        "changed_at timestamp with time zone",
    ],
    "alert_answers": [
        "consequence_id uuid", "round integer", "answer text", "answered_at timestamp with time zone", "account_id text",
        "pack text", "segment text", "play text", "revision text", "via text", "pod text", "reason text",
        "until timestamp with time zone",
    ],
}  # fmt: skip
"""What analysts may rely on: columns are added at the end and never renamed, retyped or removed."""


def test_the_views_of_analysts_stay_as_they_are(url: str) -> None:
    migrate(url)
    found: dict[str, list[str]] = {}
    with psycopg.connect(url) as connection:
        rows = connection.execute(
            "SELECT table_name, column_name, data_type FROM information_schema.columns"
            " WHERE table_schema = 'segue_analytics' ORDER BY table_name, ordinal_position"
        )
        for view, column, kind in rows:
            found.setdefault(view, []).append(f"{column} {kind}")
    assert found == VIEWS


def test_the_document_describes_every_column_of_every_view() -> None:
    parts = re.split(r"^## segue_analytics\.(\w+)$", DOCUMENT.read_text("utf-8"), flags=re.MULTILINE)
    described = {
        view: re.findall(r"^\| `(\w+)` \| ([A-Za-z ]+) \| \S.*\|$", text.partition("\n## ")[0], re.MULTILINE)
        for view, text in zip(parts[1::2], parts[2::2], strict=True)
    }
    assert described == {
        view: [tuple(column.split(" ", 1)) for column in columns] for view, columns in VIEWS.items()
    }


def test_the_views_give_live_decisions_and_leave_shadows_out(url: str) -> None:
    migrate(url)
    fill(url, 20)
    with psycopg.connect(url) as connection:

        def count(query: str) -> object:
            row = connection.execute(f"SELECT {query}").fetchone()
            return None if row is None else row[0]

        assert count("count(*) FROM segue_analytics.decisions") == 18
        assert count("count(*) FROM segue_analytics.labels WHERE segment = 's' AND pack = 'p'") == 18
        assert count("count(*) FROM segue_analytics.findings WHERE permitted AND score = 2.5") == 18
        assert count("count(*) FROM segue_analytics.findings WHERE reason = 'forbidden' AND rule = 'r'") == 18
        assert count("count(*) FROM segue_analytics.traits") == 2
        assert count("count(*) FROM segue_analytics.deployments WHERE revision = 'sha256:a'") == 2
