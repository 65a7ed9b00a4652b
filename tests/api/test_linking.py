from __future__ import annotations

import json

import psycopg
import pytest

from segue.core.schema import migrate
from tests.api.conftest import Segue
from tests.core.databases import start_packs


@pytest.fixture
def store(url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with two accounts and a live pack, which the commands are pointed at."""
    migrate(url)
    with psycopg.connect(url) as connection:
        connection.execute(
            "INSERT INTO segue.accounts (account_id, domain) VALUES ('001', 'acme.example'), ('002', 'group.example')"
        )

    start_packs(url, "saas_pipeline")
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def test_linked_and_parted_by_hand(segue: Segue, store: str) -> None:
    said = segue("link", "contact_account", "c-1", "acme.example", "--confidence", "0.9")
    assert said.code == 0 and "c-1 is linked to acme.example" in said.err
    assert json.loads(segue("link", "account_parent", "001", "group.example", "--json").out) == {"stored": 1}
    with psycopg.connect(store) as connection:
        held = connection.execute(
            "SELECT account_id, method, round(confidence::numeric, 2)::text FROM segue.contacts"
        )
        assert held.fetchall() == [("001", "explicit", "0.90")]
        assert connection.execute("SELECT parent_id FROM segue.accounts ORDER BY 1").fetchall()[0] == ("002",)
        audit = connection.execute("SELECT actor, action, detail FROM segue.audit ORDER BY audit_id LIMIT 1")
        assert audit.fetchall() == [("cli", "link", {"contact_account": 1})]
    assert "c-1 is no longer linked to 001" in segue("unlink", "contact_account", "c-1", "001").err
    assert json.loads(segue("unlink", "contact_account", "c-1", "001", "--json").out) == {"removed": False}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("link", "contact_contact", "a", "b"), "contact_contact"),
        (("link", "contact_account", " ", "b"), "from: Value error, expected a text that is not blank"),
        (("link", "account_parent", "001", "nowhere.example"), "to: no account 'nowhere.example'"),
        (("unlink", "account_parent", "nowhere.example", "001"), "from: no account 'nowhere.example'"),
        (("link", "contact_account", "c", "gmail.com"), "to: expected an account"),
    ],
)
def test_what_is_refused(segue: Segue, store: str, words: tuple[str, ...], why: str) -> None:
    said = segue(*words)
    assert said.code != 0 and why in " ".join(said.err.split())
