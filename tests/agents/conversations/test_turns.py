"""A turn from its beginning to its end, and the conversation after a restart."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from segue.agents import telemetry
from segue.agents.conversations.parts import Asked, Decided, Finished, HandedOver, HandOver, Started, Text
from segue.agents.conversations.turn_request import Speaker
from segue.agents.telemetry_spans import Recorder
from segue.core.errors import ConflictError, NotFoundError
from tests.agents.conversations.talking import BROWSER, SERVER, Talk, of_account, part_of, talking

pytestmark = pytest.mark.trial


def test_a_known_account_is_offered_a_meeting_with_its_owner(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("Could somebody walk me through it?", **of_account("acme"))
        assert isinstance(parts[0], Started) and isinstance(parts[-1], Finished)
        assert part_of(parts, Decided).decision["play"]["name"] == "book_meeting"
        assert "25 minutes" in part_of(parts, Text).delta
        handed = part_of(parts, HandedOver)
        assert (handed.how, handed.rep) == (HandOver.MEETING, "rep-1@example.com")

    talking(store, do)


def test_a_conversation_goes_on_after_a_restart(store: str) -> None:
    async def begin(talk: Talk) -> str:
        parts = await talk.say("Hello", visitor="v-1", **of_account("young"))
        assert part_of(parts, Asked).trait == "employees"
        return part_of(parts, Started).conversation_id

    conversation_id = talking(store, begin)

    async def go_on(talk: Talk) -> None:
        parts = await talk.say("Something else", conversation_id=conversation_id, visitor="v-1")
        assert part_of(parts, Started).turn == 2
        found = await talk.conversations.history(conversation_id, SERVER)
        assert [each["text"] for each in found.turns] == ["Hello", "Something else"]
        assert (found.turns[0]["asked"], bool(found.turns[0]["reply"])) == ("employees", True)

    talking(store, go_on)


def test_somebody_else_s_conversation_is_as_unknown_as_one_that_never_was(store: str) -> None:
    async def do(talk: Talk) -> None:
        parts = await talk.say("Hello", BROWSER, visitor="v-1")
        conversation_id = part_of(parts, Started).conversation_id
        await talk.say(
            "Again", replace(BROWSER, key_id="its-successor"), conversation_id=conversation_id, visitor="v-1"
        )
        told = set()
        for speaker, visitor, asked in (
            (BROWSER, "v-2", conversation_id), (BROWSER, None, conversation_id), (SERVER, "v-2", conversation_id),
            (SERVER, "v-1", "6f1c7cf6-0000-4000-8000-000000000000"), (SERVER, "v-1", "no id"), (SERVER, "v-1", "\0"),
        ):  # fmt: skip
            with pytest.raises(NotFoundError) as refused:
                await talk.say("Mine?", speaker, conversation_id=asked, visitor=visitor)
            told.add(refused.value.message)
            with pytest.raises(NotFoundError):
                await talk.conversations.history(asked, speaker, visitor)
        assert len(told) == 1
        by_server = await talk.say("Hello", visitor="v-1")
        with pytest.raises(NotFoundError):
            await talk.say(
                "Mine?", BROWSER, conversation_id=part_of(by_server, Started).conversation_id, visitor="v-1"
            )

    talking(store, do)


def test_of_who_wants_nothing_kept_no_name_is_kept(store: str) -> None:
    async def do(talk: Talk) -> None:
        who = {"visitor": "visitor-1", "personal": False, **of_account("acme")}
        first = await talk.say("Hello", BROWSER, **who)
        assert part_of(first, Decided).decision["account"]["id"] == "visitor:unknown"
        again = await talk.say(
            "Again", BROWSER, conversation_id=part_of(first, Started).conversation_id, **who
        )
        assert part_of(again, Started).turn == 2
        async with talk.database.connection() as connection:
            cursor = await connection.execute("SELECT visitor, contact_id, account FROM segue.conversations")
            assert await cursor.fetchall() == [(None, None, None)]

    talking(store, do)


def test_turns_of_one_conversation_wait_for_each_other(store: str) -> None:
    async def do(talk: Talk) -> None:
        conversation_id = part_of(await talk.say("1", visitor="v"), Started).conversation_id
        found = await asyncio.gather(
            *(talk.say(str(each), conversation_id=conversation_id, visitor="v") for each in range(2, 9))
        )
        assert sorted(part_of(parts, Started).turn for parts in found) == [*range(2, 9)]
        history = await talk.conversations.history(conversation_id, SERVER)
        assert [each["turn"] for each in history.turns] == [*range(1, 9)]
        await talk.conversations.settled()
        async with talk.database.connection() as connection:
            cursor = await connection.execute("SELECT count(*) FROM segue.checkpoints")
            assert await cursor.fetchone() == (1,), "of eight turns only the newest memory is kept"

    talking(store, do)


def test_a_turn_that_never_ends_is_waited_for_a_while(store: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("segue.agents.conversations.rows._WAITS", 0.05)

    async def do(talk: Talk) -> None:
        conversation_id = part_of(await talk.say("1", visitor="v"), Started).conversation_id
        async with talk.database.connection() as connection:
            await connection.execute(
                "UPDATE segue.conversations SET busy_until = now() + interval '1 minute'"
            )
        with pytest.raises(ConflictError):
            await talk.say("2", conversation_id=conversation_id, visitor="v")

    talking(store, do)


def test_a_turn_is_made_to_its_end_whoever_stops_listening(store: str) -> None:
    async def do(talk: Talk) -> None:
        turn = talk.conversations.turn(replace(talk.request, text="Hello", visitor="v"), Speaker("k", False))
        started = await anext(turn)
        assert isinstance(started, Started)
        await turn.aclose()
        parts = await talk.say("Still there?", conversation_id=started.conversation_id, visitor="v")
        assert part_of(parts, Started).turn == 2

    talking(store, do)


def test_a_turn_is_told_as_one_of_an_agent_with_its_steps_and_without_a_word_of_it(store: str) -> None:
    spans, tracers = InMemorySpanExporter(), TracerProvider()
    tracers.add_span_processor(SimpleSpanProcessor(spans))

    async def do(talk: Talk) -> str:
        telemetry.record_to(Recorder(tracers, MeterProvider(), capture_content=False))
        try:
            return part_of(await talk.say("Mondegreen please", visitor="v-6"), Started).conversation_id
        finally:
            telemetry.record_to(None)

    conversation_id = talking(store, do)
    found = {each.name: each for each in spans.get_finished_spans()}
    turn = found["invoke_agent segue"]
    assert turn.context is not None and turn.attributes is not None
    assert turn.attributes["gen_ai.conversation.id"] == conversation_id
    for name in ("understand", "declare", "decide", "reply"):
        parent = found[name].parent
        assert parent is not None and parent.span_id == turn.context.span_id
    assert "embeddings all-MiniLM-L6-v2-int8" in found
    assert "Mondegreen" not in "".join(each.to_json() for each in found.values())
