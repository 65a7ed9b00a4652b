from __future__ import annotations

import json
from pathlib import Path

import pytest

from segue.core.schema import current, migrate, newest
from tests.api.conftest import Segue
from tests.core.stored_rows import fill, hashes


@pytest.fixture
def store(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def test_the_store_goes_into_a_file_and_comes_back(segue: Segue, store: str, tmp_path: Path) -> None:
    migrate(store)
    fill(store)
    before = hashes(store)
    file = str(tmp_path / "store.backup")
    made = json.loads(segue("db", "backup", file, "--json").out)
    assert made["bytes"] == Path(file).stat().st_size and made["schema"] == newest()
    assert f"went from {newest()} to base" in segue("db", "migrate", "--to", "base").err
    said = segue("db", "restore", file)
    assert said.code == 0 and f"as it was at {made['made_at']}" in said.err
    assert hashes(store) == before
    assert "holds decisions already: restore with --replace" in segue("db", "restore", file).error
    assert json.loads(segue("db", "restore", file, "--replace", "--json").out)["schema"] == newest()
    assert "exists already" in segue("db", "backup", file).error


def test_a_status_tells_and_changes_nothing(segue: Segue, store: str) -> None:
    empty = json.loads(segue("db", "status", "--json").out)
    assert (empty["schema"], empty["newest_schema"], current(store)) == (None, newest(), None)
    assert segue("db", "migrate").code == 0
    assert f"is at {newest()} already" in segue("db", "migrate").err
    fill(store)
    found = json.loads(segue("db", "status", "--json").out)
    assert (found["accounts"], found["decisions"], found["valid_keys"], found["deployment"]) == (30, 40, 1, 2)
    assert found["oldest_decision"] < found["newest_decision"] and found["partitions"] == 5
    assert f"newest schema     {newest()}" in segue("db", "status").out


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("db migrate --to nope", "no schema revision 'nope'"),
        ("db backup x", "nothing of Segue yet"),
        ("db restore missing", "missing: No such file or directory"),
        ("db restore .", "Is a directory"),
    ],
)
def test_what_cannot_be_done_is_one_line(segue: Segue, store: str, given: str, words: str) -> None:
    assert words in segue(*given.split()).error
    assert current(store) is None


def test_no_file_that_is_no_backup_is_read(segue: Segue, store: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_text("DROP TABLE users;\n")
    assert "expected a file that `segue db backup` wrote" in segue("db", "restore", str(tmp_path / "x")).error
