"""Stored accounts that may be one: what they share, how they are grouped, and which a tie-break would keep."""

from __future__ import annotations

import asyncio
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from segue.accounts.duplicate_keys import RANKS, AccountNames, SharedBy, keys_of
from segue.accounts.families import read_family, set_parent
from segue.accounts.stored_duplicates import Shared, grouped
from segue.agents.merging_by_hand import list_duplicates
from segue.core.database import open_database
from segue.core.errors import ConflictError, InputError
from segue.core.schema import migrate
from tests.core.databases import new_database, server_url, url

__all__ = ["new_database", "server_url", "url"]


@pytest.mark.parametrize(
    ("one", "other", "by"),
    [
        (AccountNames("0015g00000AbCdE"), AccountNames("0015g00000AbCdEAAV"), SharedBy.CRM_ID),
        (AccountNames("1", "acme.com"), AccountNames("2", "acme.com", "Other"), SharedBy.DOMAIN),
        (AccountNames("1", "acme.com"), AccountNames("2", "acme.co.uk"), SharedBy.COUNTRY_DOMAIN),
        (AccountNames("1", None, "ACME, Inc.", "US"), AccountNames("2", "a.io", "Acme", "US"), SharedBy.NAME),
        (
            AccountNames("1", "acme.com", "Acme France SA", "FR", "Acme"),
            AccountNames("2", "acme.com", "Acme France", "FR", "Acme Inc"),
            SharedBy.SUBSIDIARY,
        ),
        (AccountNames("1", None, "Acme", "US"), AccountNames("2", None, "Acme", "DE"), None),
        (
            AccountNames("1", "acme.com", "Acme"),
            AccountNames("2", "acme.com", "Acme France", None, "Acme"),
            None,
        ),
        (AccountNames("1", "acme.io"), AccountNames("2", "acme.dev"), None),
        (AccountNames("0015g00000AbCdE"), AccountNames("0015g00000AbCde"), None),
    ],
)
def test_what_two_accounts_share(one: AccountNames, other: AccountNames, by: SharedBy | None) -> None:
    shared = {kind for kind, key in keys_of(one) if (kind, key) in set(keys_of(other))}
    assert min(shared, key=RANKS.__getitem__, default=None) == by


def test_what_share_anything_make_one_group_the_surest_first() -> None:
    found = grouped(
        [
            Shared(SharedBy.NAME, "Acme", ("c", "d")),
            Shared(SharedBy.NAME, "Acme", ("b", "c")),
            Shared(SharedBy.DOMAIN, "x.example", ("y", "z")),
        ]
    )
    assert [each.accounts for each in found] == [("y", "z"), ("b", "c", "d")]


def put(store: str, account: str, domain: str | None = None, name: str | None = None, **more: Any) -> None:
    traits = {key: {"crm": [value, None, 1]} for key, value in more.pop("traits", {}).items()}
    with psycopg.connect(store, autocommit=True) as connection:
        connection.execute(
            "INSERT INTO segue.accounts (account_id, domain, name, owner, parent_id, alias_of, traits)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s)",
            (
                account,
                domain,
                name,
                more.get("owner"),
                more.get("parent"),
                more.get("alias_of"),
                Jsonb(traits),
            ),
        )


def link(store: str, contact: str, *accounts: str) -> None:
    with psycopg.connect(store, autocommit=True) as connection:
        for account in accounts:
            connection.execute(
                "INSERT INTO segue.links (kind, from_id, to_id, method, confidence, at)"
                " VALUES ('contact_account', %s, %s, 'work_email', 0.9, now())",
                (contact, account),
            )


def listed(
    store: str, after: str | None = None, limit: int = 50, account: str | None = None
) -> dict[str, Any]:
    async def ask() -> dict[str, Any]:
        async with open_database(store, 2) as database:
            return await list_duplicates(database, after, limit, account)

    return asyncio.run(ask())


def test_proposals_of_a_store(url: str) -> None:
    migrate(url)
    put(url, "crm-1", "acme.example", "Acme", owner="jo", traits={"employees": 800, "country": "US"})
    put(
        url,
        "crm-2",
        "acme.example",
        "Acme Inc",
        traits={"employees": 900, "industry": "saas", "country": "US"},
    )
    put(url, "gone", "acme.example", "Acme", alias_of="crm-1")
    put(url, "acme-fr", "acme.example", "Acme France", parent="crm-1")
    put(url, "beta.de", "beta.de")
    put(url, "beta.com", "beta.com", "Beta")
    put(url, "mail.de", "mail.de", "Mail One")
    put(url, "mail.com", "mail.com", "Mail Two")
    put(url, "gamma.example", "gamma.example")
    put(url, "g-1", "gamma-group.example", "Gamma")
    for contact in ("ada", "bob"):
        link(url, contact, "gamma.example", "g-1")
    link(url, "eve", "gamma.example", "beta.de")
    found = listed(url)
    assert [[each["id"] for each in group["accounts"]] for group in found["groups"]] == [
        ["crm-1", "crm-2"],
        ["beta.com", "beta.de"],
        ["g-1", "gamma.example"],
    ]
    first = found["groups"][0]
    assert (first["pick"], first["because"]) == ("crm-1", "has_owner")
    assert [each["by"] for each in first["shared"]] == ["domain", "name"]
    assert first["contradictions"] == [
        {"trait": "employees", "source": "crm", "kept": 800, "of": "crm-1", "other": 900, "other_of": "crm-2"}
    ]
    assert found["groups"][2]["shared"][0]["what"] == "2 contacts"
    assert (found["total"], found["next"]) == (3, None)
    page = listed(url, limit=1)
    assert page["next"] == "1:crm-1"
    rest = listed(url, page["next"])["groups"]
    assert [each["pick"] for each in rest] == ["beta.com", "g-1"]
    assert [each["pick"] for each in listed(url, account="beta.de")["groups"]] == ["beta.com"]
    with pytest.raises(InputError, match="after: expected the `next` of another page, found 'x'"):
        listed(url, after="x")


def test_a_parent_is_found_by_whatever_it_was_stated_as(url: str) -> None:
    migrate(url)
    put(url, "group", "group.example", "The Group")
    put(url, "by-name", None, "A", parent="The Group")
    put(url, "by-domain", None, "B", parent="group.example")
    put(url, "by-id", None, "C", parent="group")
    put(url, "early", None, "D", parent="Nobody Yet")
    put(url, "old", None, "The Old Group", alias_of="group")
    put(url, "of-old", None, "E", parent="The Old Group")

    async def run() -> None:
        async with open_database(url, 2) as database, database.transaction() as connection:
            for child in ("by-name", "by-domain", "by-id", "of-old"):
                family = await read_family(connection, child)
                assert family.parent is not None and family.parent.id == "group", child
            early = await read_family(connection, "early")
            assert (early.stated_parent, early.parent) == ("Nobody Yet", None)
            group = await read_family(connection, "group", ["old"])
            assert [each.id for each in group.subsidiaries] == ["by-domain", "by-id", "by-name", "of-old"]
            await set_parent(connection, "early", "by-id")
            for above in ("early", "by-id"):
                with pytest.raises(ConflictError, match="cannot be its parent"):
                    await set_parent(connection, above, "early")
            await set_parent(connection, "early", None)
            assert (await read_family(connection, "early")).stated_parent is None

    asyncio.run(run())
