"""`segue audit`: on an imported file, as text, JSON and a page; on the store; and what it says of wrong usage."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from segue.accounts.stored import micros_of
from tests.api.conftest import Segue

NOW = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)

CSV = (
    "Name,Website,Size,Region,Intent\n"
    + "".join(f"Company {n},c{n}.example,{100 + 10 * n},{'US' if n % 2 else 'EU'},70\n" for n in range(20))
    + "<b>Bold & Co</b>,bold.example,500,,\nBold and Co,bold.example,10,,\nNobody,nobody.example,,,\n"
)


def imported(segue: Segue, pack: Path, tmp_path: Path) -> None:
    (tmp_path / "accounts.csv").write_text(CSV, "utf-8")
    assert segue("import", "accounts.csv", "--pack", str(pack)).code == 0


def test_an_imported_file_as_text_json_and_page(segue: Segue, pack: Path, tmp_path: Path) -> None:
    imported(segue, pack, tmp_path)
    shown = segue("audit", "--pack", str(pack), "--html", "audit.html")
    assert shown.code == 0, shown.err
    assert "22 accounts of accounts.csv" in shown.out and "Complete “size”" in shown.out.replace("\n", " ")
    page = (tmp_path / "audit.html").read_text("utf-8")
    assert "<b>Bold" not in page and "Data audit: A small pack" in page
    assert [each.name for each in tmp_path.iterdir() if each.name.startswith(".segue")] == []
    found = json.loads(segue("audit", "--pack", str(pack), "--json", "--least", "3").out)
    assert (found["accounts"], found["passed_over"], found["least"]) == (22, 1, 3)
    size = next(each for each in found["traits"] if each["name"] == "size")
    assert (size["known"], size["missing"]) == (21, 1)
    assert size["disagreement"]["compared"] == size["disagreement"]["differing"] == 1


def test_what_cannot_be_audited_is_told_in_one_line(segue: Segue, pack: Path, tmp_path: Path) -> None:
    assert "segue import" in segue("audit", "--pack", str(pack)).error
    imported(segue, pack, tmp_path)
    assert "no such folder" in segue("audit", "--pack", str(pack), "--html", "nowhere/a.html").error
    assert "no such account file" in segue("audit", "--pack", str(pack), "--accounts", "no.parquet").error
    assert "either" in segue("audit", "--pack", str(pack), "--store", "--accounts", "no.parquet").error


def said(value: Any, days: int) -> list[Any]:
    return [value, None, micros_of(NOW - timedelta(days=days))]


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store of three accounts and a duplicate; sources differ on one, and one value is stale."""
    url = store_url
    accounts: list[tuple[str, str | None, str | None, dict[str, Any]]] = [
        ("a1", "a1.example", None, {
            "employees": {"crm": said(500, 10), "enrichment": said(20, 5)}, "industry": {"crm": said("saas", 10)},
        }),
        ("a2", None, None, {"employees": {"crm": said(500, 1_000)}, "intent": {"web": said(80, 1)}}),
        ("a3", "a3.example", None, {"employees": {"crm": said("a text", 1)}, "country": {"crm": said("DE", 3)}}),
        ("d1", "a1.example", "a1", {"industry": {"crm": said("retail", 10)}}),
    ]  # fmt: skip
    with psycopg.connect(url) as connection:
        for account_id, domain, pick, traits in accounts:
            connection.execute(
                "INSERT INTO segue.accounts (account_id, domain, duplicate_of, traits) VALUES (%s, %s, %s, %s)",
                (account_id, domain, pick, json.dumps(traits)),
            )
        connection.execute("INSERT INTO segue.contacts (contact_id, account_id) VALUES ('c', 'a2')")
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def test_the_store_by_trait_and_source(segue: Segue, store: str) -> None:
    ran = segue("audit", "--pack", "saas_pipeline", "--store", "--json", "--now", NOW.isoformat())
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    assert (found["origin"], found["accounts"], found["passed_over"]) == ("the store", 3, 1)
    traits = {each["name"]: each for each in found["traits"]}
    employees, industry = traits["employees"], traits["industry"]
    assert (employees["known"], employees["stale"], employees["missing"]) == (1, 1, 1)
    by_source = {each["source"]: each for each in employees["sources"]}
    assert (by_source["crm"]["accounts"], by_source["crm"]["stale"]) == (2, 1)
    assert by_source["enrichment"]["ages"]["median"] == 5.0
    assert employees["disagreement"]["examples"][0]["said"] == ["crm: 500", "enrichment: 20"]
    assert industry["disagreement"]["examples"][0]["said"] == ["crm: saas", "crm, account d1: retail"]
    needs_data = next(each for each in found["segments"] if each["name"] == "needs_data")
    accessible = next(each for each in needs_data["verdicts"] if each["test"] == "accessible")
    assert accessible["passed"] is True, "two have a domain, the third a contact"


def test_a_pack_that_reads_the_label_of_another_sees_it(segue: Segue, pack: Path, tmp_path: Path) -> None:
    second = tmp_path / "second"
    shutil.copytree(pack, second)
    for name, old, new in (
        ("pack.yaml", "pack: mini", "pack: second"),
        (
            "segments/ready.yaml",
            "when: fits AND intent >= 60",
            "when: mini.segment = 'ready' AND region = 'US'",
        ),
    ):
        text = (second / name).read_text("utf-8")
        assert old in text
        (second / name).write_text(text.replace(old, new), "utf-8")
    imported(segue, pack, tmp_path)
    accounts = str(tmp_path / "data" / "accounts" / "mini.parquet")
    ran = segue("audit", "--pack", str(pack), "--pack", str(second), "--accounts", accounts, "--json")
    assert ran.code == 0, ran.err
    found = json.loads(ran.out)
    ready = next(each for each in found["segments"] if each["name"] == "ready")
    assert (found["pack"], ready["settled"]) == ("second", 5), "of 10 in the US, those of 200 and more"
    assert not any("." in each["name"] for each in found["traits"])
