"""The command line, run as its user runs it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

from tests.api.conftest import SEGUE, Segue

PACK = "saas_pipeline"
AT = ("--now", "2026-11-23T15:00")
CSV = """Account ID,Account Name,Website,Account Owner,Industry,Employees,Billing Country,Tech Stack,Intent Score,Type
001A000000000001AA,Acme,https://www.acme.example/,dana@example.com,Software,"1,200",United States,Salesforce;Slack,72,Prospect
001A000000000002AA,Nord,nord.example,,,,Germany,,,Prospect
001A000000000003AA,Broken,row
001A000000000004AA,Post,gmail.com,,,,France,,,Prospect
"""


def test_a_file_becomes_decisions_explanations_and_labels(
    process: Segue, segue: Segue, tmp_path: Path
) -> None:
    (tmp_path / "accounts.csv").write_text(CSV, "utf-8")
    imported = process("import", "accounts.csv", "-p", PACK)
    assert imported.code == 0 and not imported.err, imported.err
    head = imported.out.splitlines()[0]
    assert head.startswith("✓ 2 accounts from accounts.csv, recognised as an export of Salesforce;")
    assert "1 broken row left out" in head and "row 4 is broken: expected 10 fields, found 3" in imported.out

    decided = process("decide", "acme.example", "-p", PACK, "-s", "chat", *AT, "--json")
    found = json.loads(decided.out)
    assert found["labels"][PACK]["segment"] == "sales_ready"
    assert found["play"]["owner"]["rep"] == "dana@example.com"
    assert found["account"]["name"] == "Acme" and found["flip"]
    assert found["decided_at"] == "2026-11-23T15:00:00Z"

    explained = segue("explain", "https://www.nord.example/about", "-p", PACK, "--json", *AT)
    label = json.loads(explained.out)["label"]
    assert label["status"] == "provisional" and {"employees", "industry", "intent"} <= set(label["missing"])

    kept = tmp_path / "data" / "accounts" / f"{PACK}.parquet"
    labelled = segue("label", str(kept), "-p", PACK, "-o", "labels.csv", *AT)
    assert labelled.code == 0, labelled.err
    rows = (tmp_path / "labels.csv").read_text("utf-8").splitlines()
    assert [row.split(",")[-2:] for row in rows[1:]] == [
        ["sales_ready", "matched"],
        ["needs_data", "provisional"],
    ]


def test_facts_come_by_hand_and_on_standard_input(process: Segue) -> None:
    decided = process(
        "decide", "new.example", "-p", PACK, "-f", "is_customer=yes", "--facts", "-", "--json",
        stdin='{"employees": 12}',
    )  # fmt: skip
    assert json.loads(decided.out)["labels"][PACK]["segment"] == "customer"
    assert decided.err.startswith("note: new.example is not among the accounts imported for saas_pipeline")


def test_an_error_is_one_line_and_its_exit_code(process: Segue, segue: Segue) -> None:
    missing = process("import", "none.csv", "-p", PACK)
    assert missing.code == 1 and not missing.out and missing.error == "error: none.csv: there is no such file"
    usage = segue("decide")
    assert usage.code == 2 and "missing argument 'account' (see segue decide --help)" in usage.error
    alone = segue()
    assert alone.code == 2 and "Usage: segue" in alone.out and not alone.err


def test_output_fits_the_terminal_and_any_encoding(process: Segue, segue: Segue) -> None:
    arguments = ("explain", "a.example", "-p", PACK, "-f", "employees=300", "-f", "industry=saas")
    narrow = segue(*arguments, width=80)
    assert narrow.code == 0 and {len(line) for line in narrow.out.splitlines()} == {80}
    ascii_only = process(*arguments, PYTHONIOENCODING="ascii", PYTHONUTF8="0")
    assert ascii_only.code == 0 and "needs_data" in ascii_only.out and ascii_only.out.isascii()


def test_whoever_reads_the_output_may_stop(tmp_path: Path) -> None:
    """The reading end is closed before anything is written: no complaint, and the signal's own exit code."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as pipe:
        found = subprocess.run(
            [SEGUE, "packs"], stdout=pipe, stderr=subprocess.PIPE, cwd=tmp_path, timeout=180
        )
    assert found.stderr == b"" and found.returncode == -signal.SIGPIPE
