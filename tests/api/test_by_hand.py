from __future__ import annotations

import json
import re
import uuid
from typing import Any

import psycopg
import pytest

from tests.api.conftest import Segue
from tests.core.databases import start_packs


@pytest.fixture
def store(store_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A store with one account and a live pack, which the commands are pointed at."""
    url = store_url
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO segue.accounts (account_id, domain) VALUES ('001', 'acme.example')")

    start_packs(url, "buying_motion", "saas_pipeline")
    monkeypatch.setenv("DATABASE_URL", url)
    return url


def rows(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()


def test_a_label_is_held_and_let_go(segue: Segue, store: str) -> None:
    said = segue("pin", "acme.example", "--label", "sales_ready", "--reason", "the CEO asked", "--days", "3")
    assert said.code == 0 and "001: label sales_ready in saas_pipeline until " in said.err
    (held,) = rows(
        store, "SELECT account_id, pack, kind, value, reason, pinned_by, expires_at - now() FROM segue.pins"
    )
    assert held[:6] == ("001", "saas_pipeline", "label", "sales_ready", "the CEO asked", "cli")
    assert 2.9 < held[6].total_seconds() / 86_400 <= 3
    assert json.loads(segue("unpin", "001", "--label", "--json").out)["pack"] == "saas_pipeline"
    assert rows(store, "SELECT 1 FROM segue.pins") == []
    audit = rows(
        store, "SELECT actor, action, target, detail ->> 'reason' FROM segue.audit ORDER BY audit_id"
    )
    assert audit == [("cli", "pin", "001", "the CEO asked"), ("cli", "unpin", "001", None)]


def test_an_owner_is_held_in_every_pack(segue: Segue, store: str) -> None:
    said = segue("pin", "001", "--owner", "Dana", "--reason", "an old friend", "--days", "3", "--json")
    pin = json.loads(said.out)["pin"]
    assert (pin["kind"], pin["pack"], pin["value"]) == ("owner", None, "Dana")
    assert rows(store, "SELECT pack, value FROM segue.pins") == [("", "Dana")]
    assert segue("unpin", "001", "--owner").code == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("pin 001 --reason x --days 1", "expected either --label SEGMENT or --owner REP"),
        ("pin 001 --label a --owner b --reason x --days 1", "expected either --label"),
        (
            "pin 001 --label sales_redy --reason x --days 1",
            "no segment 'sales_redy'.*did you mean 'sales_ready'",
        ),
        ("pin 001 --label sales_ready --pack nope --reason x --days 1", "no live pack 'nope'"),
        ("pin 001 --owner Sam --pack saas_pipeline --reason x --days 1", "an owner holds in every pack"),
        ("pin none.example --owner Sam --reason x --days 1", "no account 'none.example'"),
        ("pin 001 --owner Sam --reason x --days 0", "--days.*greater than or equal to 1"),
        (f"pin 001 --owner Sam --reason {'x' * 501} --days 1", "reason: .*at most 500"),
        ("pin 001 --owner Sam --reason a\x07b --days 1", "reason: .*without control characters"),
        ("unpin 001", "expected either --label or --owner"),
        ("unpin 001 --label", "nothing is held by hand as label of 001 in saas_pipeline"),
        ("unpin 001 --label --pack gone", "nothing is held by hand as label of 001 in gone"),
        ("switch chatt off --reason x", "no surface or play 'chatt'; did you mean 'chat'"),
        ("switch chat of --reason x", "expected on or off after 'chat', found 'of'"),
        ("switch chat", "expected on or off after 'chat'"),
        ("switch chat off", "expected --reason"),
    ],
)
def test_what_does_not_fit_is_one_line_and_changes_nothing(
    segue: Segue, store: str, given: str, words: str
) -> None:
    assert re.search(words, segue(*given.split(" ")).error)
    assert (
        rows(
            store,
            "SELECT 1 FROM segue.pins UNION ALL SELECT 1 FROM segue.audit UNION ALL SELECT 1 FROM segue.switches",
        )
        == []
    )


def test_a_switch_is_turned_and_listed(segue: Segue, store: str) -> None:
    assert "chat is off" in segue("switch", "chat", "off", "--reason", "a wrong [claim] went out").err
    assert segue("switch", "book_meeting", "off", "--reason", "no rooms", "--json").code == 0
    assert segue("switch", "book_meeting", "on", "--reason", "rooms again").code == 0
    shown = segue("switch", "list").out
    assert "chat" in shown and "a wrong [claim] went out" in shown
    listed = json.loads(segue("switch", "list", "--json").out)["switches"]
    assert [(each["name"], each["off"]) for each in listed] == [("book_meeting", False), ("chat", True)]
    assert rows(store, "SELECT action, target, detail ->> 'off' FROM segue.audit ORDER BY audit_id") == [
        ("switch", "chat", "true"), ("switch", "book_meeting", "true"), ("switch", "book_meeting", "false"),
    ]  # fmt: skip


def test_what_was_switched_can_be_let_go_when_no_pack_names_it_any_more(segue: Segue, store: str) -> None:
    with psycopg.connect(store) as connection:
        connection.execute("INSERT INTO segue.switches VALUES ('old_play', true, 'x', now(), 'cli')")
    assert segue("switch", "old_play", "on", "--reason", "gone").code == 0


def test_without_an_active_policy_nothing_is_held(
    segue: Segue, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", url)
    assert "no policy is active yet" in segue("switch", "chat", "off", "--reason", str(uuid.uuid4())).error
