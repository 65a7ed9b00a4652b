"""Who looks: what is known of them as far as they agree, read together with others and apart from them."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from segue.accounts.consent import Consent, ConsentState
from segue.accounts.consent_writer import put_consents
from segue.accounts.erased import remember
from segue.accounts.person_reader import Person, PersonReader
from segue.accounts.placed import Placed
from segue.accounts.traces import traces_of
from segue.core.database import Database
from tests.core.databases import with_database

NOW = datetime(2026, 10, 1, tzinfo=UTC)
TITLE: Any = {"title": {"crm": ["CMO", None, 1]}}
LINKED = Placed("acme", "explicit", 0.9)


@pytest.fixture
def url(store_url: str) -> str:
    """A store with an account, a contact of it, and two browsers: the contact's and one of the account alone."""
    with psycopg.connect(store_url, autocommit=True) as connection:
        connection.execute("INSERT INTO segue.accounts (account_id) VALUES ('acme')")
        connection.execute(
            "INSERT INTO segue.contacts (contact_id, account_id, method, confidence, traits)"
            " VALUES ('ada', 'acme', 'explicit', 0.9, %s)", (Jsonb(TITLE),),
        )  # fmt: skip
        connection.execute(
            "INSERT INTO segue.visitors (visitor, contact_id, account_id, account_method, account_confidence, method,"
            " confidence, first_seen, last_seen) VALUES ('hers', 'ada', NULL, NULL, NULL, 'explicit', 1, %s, %s),"
            " ('shared', NULL, 'acme', 'explicit', 0.9, NULL, NULL, %s, %s)", (NOW,) * 4,
        )  # fmt: skip
    return store_url


def read(url: str, *asked: tuple[str | None, str | None], **how: Any) -> list[Person]:
    """Read people in one group, and each alone; they have to be the same."""

    async def both(database: Database) -> list[Person]:
        reader = PersonReader(database)
        together = list(await asyncio.gather(*(reader.read(*each, **how) for each in asked)))
        assert together == [await reader.read(*each, **how) for each in asked]
        return together

    return with_database(url, both)


def say(url: str, kind: Any, subject: str, state: str, purpose: str = "personalization") -> None:
    said = Consent(kind, subject, purpose, ConsentState(state), "test", NOW)
    with_database(url, lambda database: put_consents(database, [said]))


def test_their_account_and_what_they_are_is_read_as_far_as_it_is_asked_for(url: str) -> None:
    asked = (
        ("hers", None),
        (None, "ada"),
        ("shared", None),
        ("shared", "ada"),
        ("new", None),
        ("n\0w", "\ud800"),
    )
    known = read(url, *asked, with_traits=True)
    assert [(each.placed, each.traits) for each in known] == [
        (LINKED, TITLE), (LINKED, TITLE), (LINKED, {}), (LINKED, TITLE), (None, {}), (None, {}),
    ]  # fmt: skip
    assert all(each.traits == {} and each.trace is None for each in read(url, *asked))
    assert [each.placed for each in read(url, *asked)] == [each.placed for each in known]


def test_nothing_more_is_read_of_who_denies_or_was_erased(url: str) -> None:
    say(url, "contact", "ada", "denied")
    say(url, "visitor", "shared", "denied", "marketing")
    hers, ada, shared = read(url, ("hers", None), (None, "ada"), ("shared", None), with_traits=True)
    assert hers.is_impersonal and ada.is_impersonal and not shared.is_impersonal
    assert [(each.placed, each.traits) for each in (hers, ada)] == [(None, {})] * 2
    assert (shared.placed, shared.marketing) == (LINKED, ConsentState.DENIED)

    async def erase(database: Database) -> None:
        async with database.transaction() as connection:
            await remember(connection, ["shared", "n\0body"])

    with_database(url, erase)
    shared, nobody, new = read(url, ("shared", None), (None, "n\0body"), ("new", None), with_traits=True)
    assert (shared.erased, shared.placed) == (True, None) and nobody.erased and not new.is_impersonal


def test_a_trace_is_that_of_their_streams_whoever_else_is_read(url: str) -> None:
    say(url, "visitor", "shared", "granted")
    hers, shared, again, nobody = read(
        url, ("hers", None), ("shared", "ada"), ("hers", None), (None, "ada"), traced=True
    )

    async def of_streams(database: Database) -> dict[str, str]:
        async with database.connection() as connection:
            return await traces_of(connection, ["hers", "shared"])

    assert {"hers": hers.trace, "shared": shared.trace} == with_database(url, of_streams)
    assert hers.trace == again.trace != shared.trace and nobody.trace is None
    say(url, "visitor", "hers", "denied")
    assert read(url, ("hers", None), traced=True)[0].trace not in (hers.trace, None)
