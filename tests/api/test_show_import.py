"""What `segue import` says that it did: counts that add up, problems by row, what it replaced."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.api.conftest import Segue

MESSY = """Account Name,Website,Region,Size,Intent,Mood
Acme,https://www.acme.example/,Europe,"1,200",72,good
Acme Holding,acme.example,EU,12,1,
Narnia,narnia.example,Narnia,lots,NaN,bad
Post,gmail.com,US,3,4,
Broken,row
"""


@pytest.fixture
def messy(tmp_path: Path, pack: Path) -> str:
    (tmp_path / "messy.csv").write_text(MESSY, "utf-8")
    return "messy.csv"


def test_the_summary_is_whole_and_honest(segue: Segue, messy: str) -> None:
    found = segue("import", messy, "-p", "mini")
    assert found.code == 0 and not found.err
    lines = [line.rstrip() for line in found.out.splitlines()]
    assert lines[0] == "✓ 3 accounts from messy.csv; 1 broken row left out; 1 row makes no account"
    rows = {line.split()[0]: line.split() for line in lines[3:9]}
    assert rows["region"][1:] == ["Region", "2", "0", "1", "no", "known", "value:", "“Narnia”", "1×"]
    assert rows["size"][1:] == ["Size", "2", "0", "1", "unreadable,", "row", "4:", "“lots”"]
    assert rows["intent"][1:] == ["Intent", "2", "0", "1", "not", "finite,", "row", "4:", "“NaN”"]
    text = "\n".join(lines)
    for said in (
        "columns not used: Mood",
        "✗ row 6 is broken: expected 6 fields, found 2",
        "· row 5 makes no account: Post: gmail.com is a mail service's domain: it names no company",
        "1 group of duplicates, 2 rows, all kept; a look-up picks one of each:",
        "· acme.example: row 2 Acme",
        "over row 3 Acme Holding",
        "next: segue decide DOMAIN --pack mini",
    ):
        assert said in text
    assert "in place of" not in text
    problems = Path(next(line for line in lines if line.startswith("every problem")).split(": ")[1])
    assert len(problems.read_text("utf-8").splitlines()) == 6


def test_a_second_import_says_what_it_replaces(segue: Segue, messy: str, tmp_path: Path) -> None:
    (tmp_path / "one.csv").write_text("Account Name,Website\nNord,nord.example\n", "utf-8")
    assert json.loads(segue("import", messy, "-p", "mini", "--json").out)["replaced"] is None
    again = segue("import", "one.csv", "-p", "mini").out
    assert "✓ 1 account from one.csv\n" in again
    assert "in place of the 3 accounts of messy.csv, imported 20" in again
    third = json.loads(segue("import", messy, "-p", "mini", "--json").out)
    assert third["replaced"] == {"source": "one.csv", "accounts": 1} and third["rows_written"] == 3


def test_what_the_user_says_of_a_file_is_done(segue: Segue, pack: Path, tmp_path: Path) -> None:
    text = "Firma;Netz;Köpfe\nMüller;mueller.example;300\nPost;gmx.de;12\n"
    (tmp_path / "export").write_bytes(text.encode("windows-1252"))
    found = segue(
        "import", "export", "-p", "mini", "--format", "csv", "--encoding", "windows-1252", "--delimiter", ";",
        "-m", "Firma=name", "-m", "Netz=domain", "-m", "Köpfe=size", "--company", "gmx.de", "--json",
    )  # fmt: skip
    report = json.loads(found.out)
    assert report["rows_written"] == 2 and report["encoding"] == "windows-1252"
    decided = json.loads(segue("explain", "mueller.example", "-p", "mini", "--json").out)
    assert decided["account"]["name"] == "Müller" and decided["segments"][2]["verdict"] is False
    (tmp_path / "tabs.txt").write_text("Account Name\tWebsite\nA, B\ta.example\n", "utf-8")
    assert "1 account " in segue("import", "tabs.txt", "-p", "mini", "--delimiter", "\\t").out


@pytest.mark.parametrize("kind", ["jsonl", "parquet"])
def test_other_formats_come_in_alike(segue: Segue, pack: Path, tmp_path: Path, kind: str) -> None:
    import duckdb

    rows = [{"domain": "acme.example", "name": "Acme", "size": 500, "region": "US", "intent": 80.5}]
    lines = tmp_path / "accounts.jsonl"
    lines.write_text("\n".join(json.dumps(row) for row in rows) + '\n{"size": \n', "utf-8")
    if kind == "parquet":
        lines.write_text(json.dumps(rows[0]) + "\n", "utf-8")
        query = f"COPY (SELECT * FROM '{lines}') TO '{tmp_path / 'accounts.parquet'}'"
        duckdb.sql(query)
    imported = segue("import", f"accounts.{kind}", "-p", "mini")
    assert imported.code == 0 and "✓ 1 account from" in imported.out
    assert ("1 broken row left out" in imported.out) is (kind == "jsonl")
    decided = json.loads(segue("decide", "acme.example", "-p", "mini", "-s", "chat", "--json").out)
    assert decided["labels"]["mini"]["segment"] == "ready"


def test_notes_name_the_rows_that_may_be_the_account_too(segue: Segue, messy: str) -> None:
    segue("import", messy, "-p", "mini")
    found = segue("explain", "acme.example", "-p", "mini")
    assert found.err.startswith("note: row ") and "may be the same account" in found.err
    assert "Acme · acme.example" in found.out
