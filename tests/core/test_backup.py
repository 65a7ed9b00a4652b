from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from segue.core import postgres_programs
from segue.core.backup import back_up, restore
from segue.core.backup_file import read_whole, written_whole
from segue.core.errors import ConflictError, InputError, UnavailableError
from segue.core.postgres_programs import NAMES, Programs, environment_for, programs_for
from segue.core.schema import connect, current, migrate, newest
from tests.core.stored_rows import TABLES, fill, hashes


@pytest.fixture
def store(url: str) -> str:
    migrate(url)
    fill(url)
    return url


@pytest.fixture
def saved(store: str, tmp_path: Path) -> Path:
    back_up(store, tmp_path / "a b.backup")
    return tmp_path / "a b.backup"


def test_every_table_is_filled_and_compared(store: str) -> None:
    with psycopg.connect(store) as connection:
        rows = connection.execute(
            "SELECT c.relname FROM pg_class AS c WHERE relnamespace = 'segue'::regnamespace AND relkind IN ('r', 'p')"
            " AND NOT relispartition"
        ).fetchall()
    assert sorted(row[0] for row in rows) == sorted(TABLES)
    assert all(hashes(store)[table][0] > 0 for table in TABLES)


def test_what_is_restored_is_what_was_backed_up(store: str, saved: Path) -> None:
    before = hashes(store)
    migrate(store, "base")
    heading = restore(store, saved)
    assert hashes(store) == before
    assert (heading.schema, current(store)) == (newest(), newest())
    with psycopg.connect(store) as connection:  # it goes on from there
        connection.execute("SELECT segue.add_partitions('2027-06-01', 1)")
        row = connection.execute(
            "INSERT INTO segue.audit (actor, action, target) VALUES ('a', 'b', 'c') RETURNING audit_id"
        ).fetchone()
    assert row == (2,)


def test_it_is_restored_into_another_database_too(
    store: str, saved: Path, new_database: Callable[[], str]
) -> None:
    other = new_database()
    restore(other, saved)
    assert hashes(other) == hashes(store)
    assert migrate(other) == (newest(), newest())


def test_a_backup_is_closed_to_others_and_says_what_it_is(saved: Path) -> None:
    assert saved.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in saved.parent.iterdir()] == [saved.name]
    assert read_whole(saved).schema == newest()


def test_decisions_are_not_overwritten_unless_that_is_said(store: str, saved: Path) -> None:
    with psycopg.connect(store) as connection:
        connection.execute("DELETE FROM segue.pins")
    changed = hashes(store)
    with pytest.raises(ConflictError, match=r"holds decisions already: restore with --replace"):
        restore(store, saved)
    assert hashes(store) == changed
    restore(store, saved, replace=True)
    assert hashes(store) != changed


def spoiled(content: bytes) -> dict[str, bytes]:
    middle = len(content) // 2
    return {
        "cut off at the end": content[:-1],
        "cut off in the trailer": content[:-40],
        "cut off in the middle": content[:middle],
        "cut off in the heading": content[:20],
        "empty": b"",
        "one byte changed": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
        "something appended": content + b"\n",
        "no backup": b"PGDMP" + content,
        "no heading": b"segue backup 1 []\n" + content,
    }


def test_a_file_that_is_not_whole_is_refused_and_nothing_is_changed(store: str, saved: Path) -> None:
    before = hashes(store)
    for name, content in spoiled(saved.read_bytes()).items():
        place = saved.with_name(name)
        place.write_bytes(content)
        with pytest.raises(
            InputError, match=r"was cut off or changed|expected a file that `segue db backup`"
        ):
            restore(store, place, replace=True)
    assert hashes(store) == before


def test_a_dump_that_ends_early_behind_a_right_checksum_changes_nothing(store: str, saved: Path) -> None:
    heading = read_whole(saved)
    lines = saved.read_bytes().partition(b"\n")[2]
    before = hashes(store)
    for number, cut in enumerate((0, 10, len(lines) // 2, len(lines) - 400)):
        place = saved.with_name(f"short{number}")
        with written_whole(place, heading) as file:
            file.write(lines[:cut])
        with pytest.raises(UnavailableError, match="nothing is changed: "):
            restore(store, place, replace=True)
        assert hashes(store) == before


def test_a_backup_of_a_newer_version_is_refused(store: str, saved: Path) -> None:
    with psycopg.connect(store) as connection:
        connection.execute("UPDATE public.segue_schema_version SET version_num = '9999'")
    back_up(store, saved.with_name("newer"))
    with pytest.raises(InputError, match=rf"schema revision 9999, .* up to {newest()}"):
        restore(store, saved.with_name("newer"), replace=True)


def test_a_backup_is_there_whole_or_not_at_all(store: str, saved: Path, url: str) -> None:
    content = saved.read_bytes()
    with pytest.raises(ConflictError, match="exists already"):
        back_up(store, saved)
    assert saved.read_bytes() == content
    with connect(store) as connection:
        connection.execute("ALTER TABLE segue.audit RENAME TO other; DROP SCHEMA segue_analytics CASCADE")
        connection.execute("DROP SCHEMA segue CASCADE; DROP SCHEMA segue_jobs CASCADE")
    with pytest.raises(UnavailableError, match=r"pg_dump ended with 1, .*no matching schemas"):
        back_up(store, saved.with_name("none"))
    with pytest.raises(FileNotFoundError):
        back_up(store, saved.parent / "nowhere" / "x")
    assert [each.name for each in saved.parent.iterdir()] == [saved.name]


def test_a_database_without_a_store_has_nothing_to_back_up(url: str, tmp_path: Path) -> None:
    with pytest.raises(ConflictError, match="nothing of Segue yet"):
        back_up(url, tmp_path / "x")


def test_other_schemas_are_left_alone(store: str, saved: Path) -> None:
    with psycopg.connect(store) as connection:
        connection.execute("CREATE TABLE public.decisions AS SELECT 1 AS mine")
    restore(store, saved, replace=True)
    with psycopg.connect(store) as connection:
        assert connection.execute("SELECT mine FROM public.decisions").fetchone() == (1,)


def test_the_programs_are_of_the_server_s_version_or_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [programs_for(major).major for major in (16, 17, 18)] == [16, 18, 18]
    with pytest.raises(UnavailableError, match=r"the server is PostgreSQL 99, .*install PostgreSQL 99's"):
        programs_for(99)
    monkeypatch.setattr(postgres_programs, "programs", dict)
    monkeypatch.setenv("PATH", "/nonexistent")
    with pytest.raises(UnavailableError, match=r"found: none"):
        programs_for(18)


def test_the_programs_on_path_are_taken_where_none_is_carried(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for name in NAMES:
        (tmp_path / name).write_text("#!/bin/sh\necho 'pg_dump (PostgreSQL) 21.3 (Debian)'\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert programs_for(20) == Programs(tmp_path, 21)


def test_a_password_is_in_the_environment_of_the_program_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGSERVICE", "other")
    found = environment_for("postgresql://sam:s3cret%20@db.example:5433/store?sslmode=require")
    assert (found["PGPASSWORD"], found["PGHOST"], found["PGPORT"]) == ("s3cret ", "db.example", "5433")
    assert found["PGSSLMODE"] == "require" and "PGSERVICE" not in found
