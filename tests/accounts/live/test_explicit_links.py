"""Links by hand hold for what was claimed before them and for what is claimed after."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import psycopg

from segue.accounts.explicit_links import Stated, part_stated, put_stated
from segue.accounts.links import LinkKind
from segue.core.database import Database
from segue.core.schema import migrate
from tests.accounts.live.conftest import NOW, Store
from tests.accounts.live.test_taking import event

LATER = NOW + timedelta(hours=1)
Step = Callable[[], Any]


def put(store: Store, *links: Stated) -> Step:
    """Link by hand."""

    async def work(database: Database) -> None:
        await put_stated(database, links, [store.pack], LATER)

    return lambda: store.run(work)


def part(store: Store, link: Stated) -> Step:
    """Part by hand."""

    async def work(database: Database) -> None:
        await part_stated(database, link, "test", [store.pack], LATER)

    return lambda: store.run(work)


def take(store: Store, *events: dict[str, Any]) -> Step:
    """Take events of a server in."""
    return lambda: store.take(list(events))


def held(store: Store) -> list[Any]:
    """Return what is held of who is who: not the links that do not count, nor when a row was made."""
    found = store.state()
    traits = [row for row in found["traits"] if row[1]]
    return [
        found["events"],
        [row[:5] + row[7:] for row in found["visitors"]],
        [row[:2] + row[3:5] for row in found["contacts"]],
        traits,
    ]


def test_stated_and_parted_in_any_order_among_the_events(store: Store) -> None:
    contact, visitor = (LinkKind.CONTACT_ACCOUNT, "ada"), (LinkKind.VISITOR_CONTACT, "v1")
    steps = [
        take(store, event("identify", 1, 60, anonymousId="v1", userId="ada", traits={"email": "a@acme.com", "size": 3})),
        take(store, event("group", 2, 50, userId="ada", groupId="beta.com", traits={"size": 9})),
        take(store, event("page", 3, 40, anonymousId="v1")),
        part(store, Stated(*contact, "beta.com")),
        put(store, Stated(*visitor, "bob"), Stated(LinkKind.CONTACT_ACCOUNT, "bob", "gamma.com", 0.9)),
    ]  # fmt: skip
    expected = None
    for order in itertools.islice(itertools.permutations(steps), 0, 120, 9):
        store.empty()
        # an account that is parted has to be there
        store.rows("INSERT INTO segue.accounts (account_id, domain) VALUES ('beta.com', 'beta.com')")
        for step in order:
            step()
        found = held(store)
        expected = expected or found
        assert found == expected
    assert [row[7] for row in store.state()["events"]] == ["acme.com", "acme.com", "gamma.com"]
    assert store.rows("SELECT contact_id, method FROM segue.visitors") == [("bob", "explicit")]


def test_stating_again_takes_parting_back(store: Store) -> None:
    link = Stated(LinkKind.CONTACT_ACCOUNT, "ada", "acme.com")
    take(store, event("identify", 1, userId="ada", traits={"email": "a@acme.com"}))()
    for _ in range(2):
        part(store, link)()
    assert store.rows("SELECT account_id FROM segue.events") == [(None,)]
    for _ in range(2):
        put(store, link)()
    assert store.rows("SELECT account_id FROM segue.events") == [("acme.com",)]
    assert len(store.rows("SELECT 1 FROM segue.links")) == 2, "the address and the hand"


def test_a_weak_link_by_hand_settles_nothing_alone_and_never_outdoes_a_sure_one(store: Store) -> None:
    put(store, Stated(LinkKind.CONTACT_ACCOUNT, "ada", "acme.com", 0.3))()
    assert store.rows("SELECT account_id FROM segue.contacts") == [(None,)]
    put(store, Stated(LinkKind.CONTACT_ACCOUNT, "ada", "acme.com", 0.5))()
    assert store.rows("SELECT account_id FROM segue.contacts") == [("acme.com",)]
    take(store, event("group", 1, userId="ada", groupId="beta.com"))()
    assert store.rows("SELECT account_id FROM segue.contacts") == [("beta.com",)]


def test_what_a_store_of_before_knew_of_visitors_is_kept(new_database: Callable[[], str]) -> None:
    url = new_database()
    migrate(url, "0004")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("INSERT INTO segue.accounts (account_id) VALUES ('acme.com')")
        connection.execute(
            "INSERT INTO segue.links (kind, from_id, to_id, method, confidence, at)"
            " VALUES ('visitor_account', 'v1', 'acme.com', 'group', 0.95, now()), ('visitor_account', 'v2', 'acme.com',"
            " 'group', 0.95, now()), ('visitor_contact', 'v2', 'ada', 'user_id', 1, now())"
        )
        connection.execute(
            "INSERT INTO segue.visitors VALUES ('v1', NULL, 'acme.com', 'group', 0.95, now(), now()),"
            " ('v2', 'ada', 'acme.com', 'user_id', 1, now(), now())"
        )

        def visitors() -> list[Any]:
            return connection.execute(
                "SELECT to_jsonb(v) - 'first_seen' - 'last_seen' FROM segue.visitors AS v ORDER BY visitor"
            ).fetchall()

        before = visitors()
        migrate(url)
        own = {"account_method": "group", "account_confidence": 0.95}
        assert [row[0] for row in visitors()] == [
            {"visitor": "v1", "contact_id": None, "account_id": "acme.com", "method": None, "confidence": None, **own},
            {"visitor": "v2", "contact_id": "ada", "account_id": "acme.com", "method": "user_id", "confidence": 1, **own},
        ]  # fmt: skip
        migrate(url, "0004")
        assert visitors() == before
