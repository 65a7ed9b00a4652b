"""`segue duplicates` and `segue account`: proposed, merged with a reason, shown, undone."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.api.conftest import Segue
from tests.core.databases import start_packs


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store in which one company is two accounts and has a subsidiary, and in which one person was seen."""
    url = store_url
    with psycopg.connect(url) as connection:
        rows: tuple[tuple[Any, ...], ...] = (
            ("crm-1", "acme.example", "Acme, Inc.", "jo", None, {"employees": 800}),
            ("crm-2", "acme.example", "Acme", None, None, {"employees": 90}),
            ("crm-3", "acme.example", "Acme France", None, "Acme, Inc.", {}),
        )
        for row in rows:
            traits = {name: {"crm": [value, None, 1]} for name, value in row[5].items()}
            connection.execute(
                "INSERT INTO segue.accounts (account_id, domain, name, owner, parent_id, traits)"
                " VALUES (%s, %s, %s, %s, %s, %s)",
                (*row[:5], Jsonb(traits)),
            )
        connection.execute(
            "INSERT INTO segue.contacts (contact_id, account_id, traits) VALUES ('c', 'crm-2', %s)",
            (Jsonb({"title": {"declared": ["Chief Financial Officer", 0.9, 1]}}),),
        )
        connection.execute(
            "INSERT INTO segue.events (source, message_id, kind, at, contact_id, account_id)"
            " VALUES ('k', 'm', 'page', %s, 'c', 'crm-2')",
            (datetime.now(UTC) - timedelta(days=2),),
        )

    start_packs(url, "saas_pipeline")
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def read(segue: Segue, *words: str) -> dict[str, Any]:
    said = segue(*words, "--json")
    assert said.code == 0, said.err
    found: dict[str, Any] = json.loads(said.out)
    return found


def test_accounts_are_proposed_merged_shown_and_undone(segue: Segue, store: str) -> None:
    said = segue("duplicates", "list", width=200)
    assert said.code == 0, said.err
    assert "1 group of accounts that may be one; nothing is merged by itself" in said.out
    assert "stays  crm-1: Acme, Inc., acme.example, owner jo" in said.out
    assert "crm contradicts itself on employees: 800 of crm-1 counts, 90 of crm-2 does not" in said.out
    assert "crm-3" not in said.out, "a subsidiary shares its group's domain by right"
    merged = segue("duplicates", "merge", "crm-2", "--into", "crm-1", "--reason", "One company", width=200)
    assert merged.code == 0 and "crm-2 now stands for crm-1" in merged.err
    shown = segue("account", "crm-2", width=200).out
    for line in (
        "asked for as: crm-2, which was merged into it",
        "by cli: One company",
        "subsidiaries: Acme France (crm-3)",
        "saas_pipeline committee: cfo 1 contact (last ",
        "missing revenue, cmo, it, ciso",
    ):
        assert line in shown, (line, shown)
    assert read(segue, "account", "crm-3")["family"]["parent"]["id"] == "crm-1"
    assert read(segue, "duplicates", "list")["groups"] == []
    undone = read(segue, "duplicates", "undo", "crm-2")
    assert undone["undone"] and undone["merge"]["reason"] == "One company"
    assert read(segue, "account", "crm-2")["account"]["id"] == "crm-2"
    with psycopg.connect(store) as connection:
        audit = connection.execute(
            "SELECT actor, action, target FROM segue.audit ORDER BY audit_id"
        ).fetchall()
    assert audit == [("cli", "merge", "crm-2"), ("cli", "unmerge", "crm-2")]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            "duplicates merge crm-2 --into crm-2 --reason x",
            "into: expected another account than 'crm-2' itself",
        ),
        ("duplicates merge nope --into crm-2 --reason x", "no account 'nope'"),
        ("duplicates merge crm-2 --into crm-1 --reason \x07", "reason: .*without control characters"),
        ("duplicates undo crm-2", "'crm-2' is merged into no other account"),
        ("duplicates list --after x", "after: expected the `next` of another page, found 'x'"),
        ("account nope", "no account 'nope'"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(segue: Segue, store: str, given: str, words: str) -> None:
    assert re.search(words, segue(*given.split(" ")).error)
