"""Nothing of an erased person's conversations is left, nor of one whose time is over."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from segue.agents.conversations.parts import Started
from segue.agents.erasure import Asked, erase
from segue.agents.maintenance import maintain
from segue.core.errors import NotFoundError
from tests.agents.conversations.talking import SERVER, Talk, part_of, talking

pytestmark = pytest.mark.trial


def places_of(url: str, text: str) -> list[str]:
    """Return the tables in which a text stands, as it is or in bytes."""
    with psycopg.connect(url) as connection:
        tables = connection.execute(
            "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname LIKE 'segue%'"
        ).fetchall()
        found = []
        for (table,) in tables:
            query = f"SELECT EXISTS (SELECT FROM {table} AS t WHERE t::text ~* %s OR t::text LIKE %s)"
            if connection.execute(query.encode(), (text, f"%{text.encode().hex()}%")).fetchone() == (True,):
                found.append(table)
        return found


_SAID = "ada-lovelace@example.com"


def test_an_erased_person_s_conversations_are_gone_whole(store: str) -> None:
    async def do(talk: Talk) -> None:
        theirs = [
            part_of(await talk.say("My secret plan", visitor="visitor-of-ada-1"), Started).conversation_id,
            part_of(await talk.say("Another", contact_id="contact-of-ada-1"), Started).conversation_id,
            part_of(await talk.say(f"Write to {_SAID}", visitor="v-2"), Started).conversation_id,
        ]
        other = part_of(await talk.say("Hello", visitor="v-3"), Started).conversation_id
        for asked in (
            Asked(visitor="visitor-of-ada-1"),
            Asked(contact="contact-of-ada-1"),
            Asked(email=_SAID),
        ):
            found = await erase(talk.database, asked, in_flight=0)
            assert found.rows["conversations"] == 1
        for conversation_id in theirs:
            with pytest.raises(NotFoundError):
                await talk.conversations.history(conversation_id, SERVER)
        assert (await talk.conversations.history(other, SERVER)).turns

    talking(store, do)
    for text in ("My secret plan", "visitor-of-ada-1", "contact-of-ada-1", _SAID):
        assert not places_of(store, text), text


def test_a_turn_under_way_when_its_person_is_erased_leaves_nothing(store: str) -> None:
    async def do(talk: Talk) -> None:
        began = part_of(await talk.say("Hello", visitor="visitor-of-ada-1"), Started)
        slow = asyncio.create_task(
            talk.say("My secret plan", visitor="visitor-of-ada-1", conversation_id=began.conversation_id)
        )
        await asyncio.sleep(0)
        await erase(talk.database, Asked(visitor="visitor-of-ada-1"), in_flight=0)
        await asyncio.gather(slow, return_exceptions=True)

    talking(store, do)
    assert not places_of(store, "My secret plan")


def test_a_conversation_goes_with_the_time_of_its_decisions(store: str) -> None:
    async def do(talk: Talk) -> None:
        old = part_of(await talk.say("Old", visitor="v-1"), Started).conversation_id
        new = part_of(await talk.say("New", visitor="v-2"), Started).conversation_id
        async with talk.database.connection() as connection:
            await connection.execute(
                "UPDATE segue.conversations SET said_at = now() - interval '401 days' WHERE conversation_id = %s",
                (old,),
            )
        done = await maintain(talk.database, 400, datetime.now(UTC) + timedelta(seconds=1))
        assert done is not None and done.conversations_deleted == 1
        assert (await talk.conversations.history(new, SERVER)).turns

    talking(store, do)
    with psycopg.connect(store) as connection:
        assert connection.execute("SELECT count(DISTINCT thread_id) FROM segue.checkpoints").fetchone() == (
            1,
        )
