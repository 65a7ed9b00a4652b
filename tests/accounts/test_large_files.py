"""A file larger than what may be held: read and imported in a process of its own, whose memory is watched."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

MEGABYTES = 200
ROWS = 20_000
_NOTE = "x" * (MEGABYTES * 1_000_000 // ROWS)

_READ = """
import resource, sys
from segue.accounts.reading import open_source
small, large = sys.argv[1:]
def rows(path):
    return sum(1 for _ in open_source(path).records())
rows(small)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(rows(large), (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
_IMPORT = """
import resource, sys
from segue.accounts.importing import import_accounts
from segue.policies.models.traits import Layer, Trait
small, large = sys.argv[1:]
traits = {
    "employees": Trait(type="integer", layer=Layer.FIRMOGRAPHIC, unit="people"),
    "tech": Trait(type="text[]", layer=Layer.TECHNOGRAPHIC),
}
import_accounts(small, small + ".parquet", traits)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
report = import_accounts(large, large + ".parquet", traits)
print(report.rows_written, (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def csv_file(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write("Account ID,Account Name,Website,Employees,Tech,Description\n")
        file.writelines(
            f'{row},Acme {row},a{row}.example,"{row},{row % 900 + 100}",a;b,{_NOTE}\n'
            for row in range(1, rows + 1)
        )


def json_file(path: Path, rows: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(
            json.dumps({"id": row, "name": f"Acme {row}", "note": _NOTE}) + "\n" for row in range(rows)
        )


def parquet_file(path: Path, rows: int) -> None:
    note = "repeat(md5(range::VARCHAR), 30)"
    query = f"SELECT range AS id, 'Acme ' || range AS name, {note} AS note FROM range({rows * 20})"
    duckdb.execute(f"COPY ({query}) TO '{path}' (FORMAT parquet, ROW_GROUP_SIZE 4096)")


def watched(script: str, small: Path, large: Path) -> tuple[int, int]:
    """Run a script over two files; return the rows of the large one and the megabytes that it added."""
    done = subprocess.run(
        [sys.executable, "-c", script, str(small), str(large)],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    rows, megabytes = done.stdout.split()
    return int(rows), int(megabytes)


@pytest.mark.parametrize(
    ("name", "make", "times"), [("csv", csv_file, 1), ("jsonl", json_file, 1), ("parquet", parquet_file, 20)]
)
def test_a_large_file_is_read_as_a_stream(
    tmp_path: Path, name: str, make: Callable[[Path, int], None], times: int
) -> None:
    small, large = tmp_path / f"small.{name}", tmp_path / f"large.{name}"
    make(small, 100)
    make(large, ROWS)
    rows, megabytes = watched(_READ, small, large)
    assert rows == ROWS * times
    assert megabytes < MEGABYTES / 2


def test_a_large_file_is_imported_as_a_stream(tmp_path: Path) -> None:
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    csv_file(small, 100)
    csv_file(large, ROWS // 2)
    rows, megabytes = watched(_IMPORT, small, large)
    assert rows == ROWS // 2
    assert megabytes < MEGABYTES / 4
