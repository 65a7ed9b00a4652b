"""A text that must go is found and replaced in every kind of column, and nothing else is touched."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import psycopg
import pytest
from psycopg.types.json import Jsonb

from segue.core.database import open_database
from segue.core.errors import ConflictError
from segue.core.stored_texts import Needles, replace_texts

EMAIL = "ada.o'neill+x@acme.example"
NEEDLES = Needles(frozenset({EMAIL}))
HELD = (
    EMAIL, f"<{EMAIL}>", f"mailto:{EMAIL.upper()}", f"a\n{EMAIL}\n", f"\t{EMAIL}", f"\x01{EMAIL}",
    "?m%3Dada.o%27neill%2Bx%40acme.example&b", "ada.o%27neill%2Bx%40acme.example",
)  # fmt: skip
NOT_HELD = (f"nev{EMAIL}", f"{EMAIL}x", "ada.o'neill+x@acmeXexample", "ada", "")


def replaced(url: str, needles: Needles = NEEDLES) -> dict[str, int]:
    async def run() -> dict[str, int]:
        async with open_database(url, 3) as database, database.transaction() as connection:
            return await replace_texts(connection, needles, "erased:1")

    return asyncio.run(run())


@pytest.fixture
def store(store_url: str) -> str:
    with psycopg.connect(store_url) as connection:
        connection.execute(
            "CREATE TABLE segue.own (n int, a text, b varchar(300), c json, d jsonb, e text[], f bytea)"
        )
        for number, text in enumerate((*HELD, *NOT_HELD)):
            value = Jsonb({"deep": [{"text": text}]})
            connection.execute(
                "INSERT INTO segue.own VALUES (%s, %s, %s, %s, %s, %s, %s)",
                (number, text, text, value, value, [text, "x"], b"\x00"),
            )
    return store_url


def test_every_column_in_every_spelling(store: str) -> None:
    assert replaced(store) == {"segue.own": len(HELD)}
    with psycopg.connect(store) as connection:
        rows = connection.execute("SELECT a, b, c, d, e FROM segue.own ORDER BY n").fetchall()
    for text, (plain, short, said, kept, many) in zip((*HELD, *NOT_HELD), rows, strict=True):
        found: tuple[Any, ...] = (plain, short, said["deep"][0]["text"], kept["deep"][0]["text"], many[0])
        if text in HELD:
            assert {each.count("erased:1") for each in found} == {1}, found
            assert not any(re.search("neill", each, re.IGNORECASE) for each in found)
        else:
            assert set(found) == {text}
    assert replaced(store) == {}


def test_what_cannot_be_replaced_stops_it(store: str) -> None:
    with psycopg.connect(store) as connection:
        connection.execute(
            "CREATE FUNCTION segue.back() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;"
            " CREATE TRIGGER back BEFORE UPDATE ON segue.own FOR EACH ROW EXECUTE FUNCTION segue.back()"
        )
    with pytest.raises(ConflictError, match=r"nothing is erased: .* segue\.own\.a, segue\.own\.b"):
        replaced(store)


def test_nothing_to_look_for_changes_nothing(store: str) -> None:
    assert replaced(store, Needles(frozenset())) == {}
    assert re.search(Needles(frozenset()).pattern, "any text") is None


def test_postgresql_finds_nothing_where_there_is_nothing_to_look_for(url: str) -> None:
    with psycopg.connect(url) as connection:
        found = connection.execute(
            "SELECT 'any text' ~* %(p)s, '' ~* %(p)s", {"p": Needles(frozenset()).pattern}
        )
        assert found.fetchone() == (False, False)


def test_rows_stay_apart_where_the_text_was_all_that_parted_them(store_url: str) -> None:
    with psycopg.connect(store_url) as connection:
        for key in ("ada@acme.example", "ADA@acme.example", "b ada@acme.example", "other"):
            connection.execute(
                "INSERT INTO segue.visitors (visitor, first_seen, last_seen) VALUES (%s, now(), now())",
                (key,),
            )
            connection.execute(
                "INSERT INTO segue.events (source, message_id, kind, at, visitor) VALUES ('k', %s, 'page', now(), %s)",
                (key, key),
            )
    replaced(store_url, Needles(frozenset({"ada@acme.example"})))
    with psycopg.connect(store_url) as connection:
        rows = connection.execute(
            "SELECT message_id, visitors.visitor FROM segue.events JOIN segue.visitors USING (visitor)"
        ).fetchall()
    assert len(rows) == 4, "who did what is still known"
    assert all(message == visitor for message, visitor in rows)
    assert [row for row in rows if "ada" in row[0].casefold()] == []
