"""Whose traces are erased and whose are not, and what of an event an account's counts keep."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import psycopg
import pytest
from psycopg.types.json import Jsonb

from segue.accounts.persons import Person
from segue.agents.erasure import Asked, Erased, erase, look
from segue.core.database import Connection, Database, open_database

T = TypeVar("T")


def over(url: str, work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_database(url, 3) as database:
            return await work(database)

    return asyncio.run(run())


def person(url: str, **asked: str) -> Person:
    return over(url, lambda database: look(database, Asked(**asked)))  # type: ignore[arg-type]


def erased(url: str, asked: Asked, **more: Any) -> Erased:
    return over(url, lambda database: erase(database, asked, in_flight=0, **more))


@pytest.fixture
def people(store: str) -> str:
    """Ada, whose manager is Grace, and Grace, whom Ada invited by a form."""
    with psycopg.connect(store) as connection:
        connection.execute("INSERT INTO segue.accounts (account_id, domain) VALUES ('acme', 'acme.example')")
        for contact, email, manager in (("c-ada", "ada@acme.example", "grace@acme.example"),
                                        ("c-grace", "grace@acme.example", None)):  # fmt: skip
            traits = {
                "email": {"crm": [email, None, 1]},
                "manager_email": manager,
                "name": f"The one of {email}",
            }
            connection.execute("INSERT INTO segue.contacts VALUES (%s, 'acme', %s)", (contact, Jsonb(traits)))
        form = {
            "email": "grace@acme.example",
            "amount": 12.5,
            "seats": 3,
            "agreed": True,
            "note": "for Grace",
        }
        connection.execute(
            "INSERT INTO segue.events (source, message_id, kind, at, visitor, contact_id, account_id, name, path, url,"
            " referrer, properties) VALUES"
            " ('k', '1', 'track', now(), 'v-ada', 'c-ada', 'acme', 'Invite Sent', '/team', 'https://a:b@x.example/team?q=1#f',"
            " 'https://x.example/u/c-ada', %s), ('k', '2', 'page', now(), 'v-grace', 'c-grace', 'acme', NULL,"
            " '/team', NULL, NULL, '{}')",
            (Jsonb(form),),
        )
        for name in ("ada", "grace"):
            connection.execute(
                "INSERT INTO segue.visitors VALUES (%s, %s, 'acme', 'identify', 1, now(), now())",
                (f"v-{name}", f"c-{name}"),
            )
    return store


@pytest.mark.parametrize(
    "by", [{"contact": "c-ada"}, {"visitor": "v-ada"}, {"email": "ADA@acme.example "}], ids=str
)
def test_one_person_is_found_by_any_of_their_names_and_nobody_else(people: str, by: dict[str, str]) -> None:
    found = person(people, **by)
    assert (set(found.contacts), set(found.visitors), set(found.accounts)) == ({"c-ada"}, {"v-ada"}, {"acme"})
    assert {each.casefold() for each in found.emails} == {"ada@acme.example"}, "not their manager's"


def test_others_stay_as_they_are(people: str) -> None:
    erased(people, Asked(contact="c-ada"))
    with psycopg.connect(people) as connection:
        assert connection.execute("SELECT contact_id, traits ->> 'name' FROM segue.contacts").fetchall() == [
            ("c-grace", "The one of grace@acme.example")
        ]
        assert connection.execute("SELECT visitor FROM segue.visitors").fetchall() == [("v-grace",)]


def test_of_an_event_what_is_counted_stays(people: str) -> None:
    touched: list[list[str]] = []

    async def work_out(_: Connection, accounts: Any) -> None:
        touched.append(list(accounts))

    erased(people, Asked(contact="c-ada"), counted=frozenset({"amount", "note", "agreed"}), touched=work_out)
    with psycopg.connect(people) as connection:
        row = connection.execute(
            "SELECT account_id, name, path, url, referrer, properties, visitor, contact_id FROM segue.events"
            " WHERE message_id = '1'"
        ).fetchone()
    assert row is not None
    assert row[:6] == (
        "acme",
        "Invite Sent",
        "/team",
        "https://x.example/team",
        None,
        {"amount": 12.5, "agreed": True},
    )
    assert row[6].startswith("erased:") and row[7].startswith("erased:") and row[6] != row[7]
    assert touched == [["acme"]], "its traits are worked out anew once"


def test_an_account_s_own_names_are_no_person_s(people: str) -> None:
    found = person(people, visitor="acme.example")
    assert not found.needles and person(people, visitor="acme").accounts == {"acme"}
    assert (
        over(people, lambda database: erase(database, Asked(visitor="acme.example"), in_flight=0)).rows == {}
    )
    with psycopg.connect(people) as connection:
        assert connection.execute("SELECT account_id, domain FROM segue.accounts").fetchall() == [
            ("acme", "acme.example")
        ]


def test_what_an_alias_s_events_had_come_to_goes_from_the_account_that_counts(people: str) -> None:
    with psycopg.connect(people) as connection:
        connection.execute("INSERT INTO segue.accounts (account_id) VALUES ('group')")
        connection.execute(
            'UPDATE segue.accounts SET event_traits = \'{"k": "ada"}\', event_traits_at = now()'
        )
        connection.execute("UPDATE segue.accounts SET alias_of = 'group' WHERE account_id = 'acme'")
    assert erased(people, Asked(contact="c-ada")).rows["events"]
    with psycopg.connect(people) as connection:
        rows = connection.execute(
            "SELECT account_id, event_traits, label_due_at IS NOT NULL FROM segue.accounts ORDER BY 1"
        ).fetchall()
    assert rows == [("acme", None, False), ("group", None, True)]
