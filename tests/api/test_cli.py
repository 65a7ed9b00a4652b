"""The command line, run as its user runs it: a process, its output and its exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

SEGUE = str(Path(sys.executable).parent / "segue")
Run = Callable[..., subprocess.CompletedProcess[str]]

CSV = """Account ID,Account Name,Website,Account Owner,Industry,Employees,Billing Country,Tech Stack,Intent Score,Type
001A000000000001AA,Acme,https://www.acme.example/,dana@example.com,Software,"1,200",United States,Salesforce;Slack,72,Prospect
001A000000000002AA,Nord,nord.example,,,,Germany,,,Prospect
001A000000000003AA,Broken,row
"""


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run `segue` in an empty folder with a data folder of its own."""

    def call(*arguments: str, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "SEGUE_DATA_DIR": str(tmp_path / "data"),
            "COLUMNS": "120",
            "NO_COLOR": "1",
        }
        return subprocess.run(
            [SEGUE, *arguments],
            cwd=tmp_path,
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
        )

    return call


def one_line(found: subprocess.CompletedProcess[str]) -> str:
    """Return the one line of an error; a traceback or an exit code of 0 fails."""
    assert found.returncode != 0 and "Traceback" not in found.stderr
    lines = [line for line in found.stderr.splitlines() if line.strip()]
    assert len(lines) == 1, found.stderr
    return lines[0]


def test_import_decide_and_explain_an_account(run: Run, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(CSV, "utf-8")
    imported = run("import", "accounts.csv", "--pack", "saas_pipeline")
    assert imported.returncode == 0, imported.stderr
    assert (
        "2 accounts" in imported.stdout
        and "salesforce" in imported.stdout
        and "1 broken rows" in imported.stdout
    )
    decided = run(
        "decide", "acme.example", "-p", "saas_pipeline", "-s", "chat", "--now", "2026-11-23T15:00", "--json"
    )
    found = json.loads(decided.stdout)
    assert found["labels"]["saas_pipeline"]["segment"] == "sales_ready"
    assert found["play"]["owner"]["rep"] == "dana@example.com"
    assert found["account"]["name"] == "Acme" and found["flip"]
    explained = run("explain", "nord.example", "-p", "saas_pipeline", "--json")
    label = json.loads(explained.stdout)["label"]
    assert label["status"] == "provisional" and {"employees", "industry", "intent"} <= set(label["missing"])
    shown = run("decide", "acme.example", "-p", "saas_pipeline", "-s", "chat", "--now", "2026-11-23T15:00")
    for word in ("sales_ready", "fit >= 70", "Not done", "Would change it", "dana@example.com"):
        assert word in shown.stdout


def test_facts_given_by_hand_stand_over_what_is_known(run: Run) -> None:
    decided = run(
        "decide", "new.example", "-p", "saas_pipeline", "-s", "web", "-f", "is_customer=yes", "-f", "tech=hubspot,slack",
        "--facts", "-", "--json", stdin='{"employees": 12}',
    )  # fmt: skip
    assert json.loads(decided.stdout)["labels"]["saas_pipeline"]["segment"] == "customer"
    unknown = run("decide", "new.example", "-p", "saas_pipeline")
    assert unknown.returncode == 0 and "not among the imported accounts" in unknown.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("decide", "a.example", "-p", "saas_pipelin"), "did you mean 'saas_pipeline'"),
        (("decide", "a.example", "-p", "saas_pipeline", "-f", "employes=3"), "did you mean 'employees'"),
        (
            ("decide", "a.example", "-p", "saas_pipeline", "-f", "employees=many"),
            "employees: expected a whole number",
        ),
        (("decide", "a.example", "-p", "saas_pipeline", "-f", "fit=3"), "unknown trait 'fit'"),
        (("decide", "a.example", "-p", "saas_pipeline", "--facts", "none.json"), "none.json: cannot be read"),
        (("import", "none.csv", "-p", "saas_pipeline"), "none.csv"),
        (
            ("import", "none.csv", "-p", "saas_pipeline", "--source", "gossip"),
            "'gossip' is not among the sources",
        ),
        (("label", "none.csv", "-p", "saas_pipeline", "--out", "x.csv"), "none.csv"),
        (("sql", "saas_pipeline", "--dialect", "duckbd"), "did you mean 'duckdb'"),
        (("check", "nowhere"), "no pack 'nowhere'"),
        (("eval", "nowhere"), "no pack 'nowhere'"),
        (("init", "nowhere"), "no pack 'nowhere'"),
    ],
)
def test_an_error_is_one_clear_line(run: Run, arguments: tuple[str, ...], says: str) -> None:
    assert says in one_line(run(*arguments))


def test_a_pack_of_ones_own_is_checked_with_its_places(run: Run, tmp_path: Path) -> None:
    assert run("init", "saas_pipeline", "mine").returncode == 0
    clean = run("check", "mine", "--today", "2026-11-22")
    assert clean.returncode == 0, clean.stdout
    first = (tmp_path / "mine/segments/sales_ready.yaml").read_text("utf-8").splitlines()[0]
    assert (tmp_path / "mine/segments" / first.rpartition("=")[2]).resolve().is_file()
    policy = tmp_path / "mine/segments/sales_ready.yaml"
    policy.write_text(
        policy.read_text("utf-8").replace("when: high_fit AND in_market", "when: high_fit AND in_markte"),
        "utf-8",
    )
    broken = run("check", "mine", "--json")
    assert broken.returncode == 1
    fault = json.loads(broken.stdout)[0]["findings"][0]
    assert (fault["file"], fault["line"], fault["column"]) == ("mine/segments/sales_ready.yaml", 4, 20)
    assert "did you mean 'in_market'" in fault["message"]
    again = run("init", "saas_pipeline", "mine")
    assert "is not an empty folder" in one_line(again)


def test_schemas_are_up_to_date(run: Run) -> None:
    assert run("schemas", "--check").returncode == 0


def test_every_dialect_prints_one_query(run: Run) -> None:
    for dialect in ("duckdb", "postgres", "spark", "snowflake", "bigquery", "databricks", "redshift"):
        found = run("sql", "security_maturity", "--dialect", dialect, "--table", "crm.accounts")
        assert found.returncode == 0 and "crm.accounts" in found.stdout and "provisional" in found.stdout


def test_help_lists_the_commands(run: Run) -> None:
    found = run("--help")
    for command in (
        "import",
        "decide",
        "explain",
        "label",
        "check",
        "eval",
        "init",
        "sql",
        "schemas",
        "packs",
        "demo",
    ):
        assert command in found.stdout
