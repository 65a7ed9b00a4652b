"""Streams: what they tell and when, how many there may be, and when they end."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from segue.accounts.traces import traces_of
from segue.agents.live_state import set_switch
from segue.api.problems import RefusedError
from segue.api.services import Services
from segue.api.stream_tokens import WINDOW, Listener, StreamTokens
from segue.api.streams import stamp_of
from segue.core.ids import new_id
from tests.service.ofrep.story import Store
from tests.service.running import Service, replica

pytestmark = pytest.mark.trial

FAR = 4_000_000_000
LABELLED = (
    "INSERT INTO segue.labels (account_id, pack, segment, status, revision, since, labelled_at)"
    " VALUES (%s, %s, 'large', 'matched', 'x', now(), now())"
)


async def told(stream: AsyncIterator[bytes], within: float = 10.0) -> bytes:
    """Return the next thing that a stream tells, beats left out."""
    while (found := await asyncio.wait_for(anext(stream), within)).startswith(b":"):
        pass
    return found


def test_a_stream_tells_of_what_changed_for_its_visitor(story: Store) -> None:
    account, other = story.account(size=500), story.account(size=500)
    visitor = f"v-{new_id()}"
    story.rows(
        "INSERT INTO segue.visitors (visitor, account_id, account_method, account_confidence, first_seen, last_seen)"
        " VALUES (%s, %s, 'explicit', 0.9, now(), now())", visitor, account,
    )  # fmt: skip
    changes: dict[str, tuple[Any, ...]] = {
        "label": (LABELLED, account, "another"),
        # of whichever pack: the replica itself labels the account anew in a moment
        "relabelled": ("UPDATE segue.labels SET segment = 'small' WHERE account_id = %s", account),
        "consent": (
            ("INSERT INTO segue.consents (kind, subject, purpose, source, state, at)"
            " VALUES ('visitor', %s, 'marketing', 'declared', 'denied', now())"), visitor,
        ),
        "identified": ("UPDATE segue.visitors SET account_id = %s WHERE visitor = %s", other, visitor),
        "merged": ("UPDATE segue.accounts SET alias_of = %s WHERE account_id = %s", account, other),
    }  # fmt: skip

    async def listen(parts: Services) -> list[bytes]:
        stream = await parts.streams.begin(Listener("key", visitor, FAR), "192.0.2.1")
        found = [await told(stream)]
        for query, *parameters in changes.values():
            # beside the loop: the replica may hold the row
            await asyncio.to_thread(story.rows, query, *parameters)
            found.append(await told(stream))
        async with parts.database.connection() as connection:
            await set_switch(connection, "hello", True, "A test", "test")
        found.append(await told(stream))
        async with parts.database.connection() as connection:
            await set_switch(connection, "hello", False, "A test", "test")
        found.append(await told(stream))
        await stream.aclose()  # type: ignore[attr-defined]
        assert len(parts.streams) == 0
        return found

    retry, *events = story.run(listen)
    assert retry.startswith(b"retry:") and len(events) == len(changes) + 2
    assert all(each.startswith(b'data: {"type":"refetchEvaluation"') for each in events)


def test_what_changed_between_an_answer_and_its_stream_is_told_at_once(service: Service) -> None:
    """Consent, of a visitor without an account: a replica that labels an account would tell every stream of that."""
    visitor = f"v-{new_id()}"
    asked = {"context": {"targetingKey": visitor}}
    found = service.post("/ofrep/v1/evaluate/flags", asked, key="anywhere")
    service.rows(
        "INSERT INTO segue.consents (kind, subject, purpose, source, state, at)"
        " VALUES ('visitor', %s, 'marketing', 'declared', 'denied', now())", visitor,
    )  # fmt: skip
    where = found.json()["eventStreams"][0]["endpoint"]["requestUri"]
    with httpx2.Client(timeout=5) as client, client.stream("GET", service.url + where) as stream:
        lines = (each for each in stream.iter_lines() if each)
        assert next(lines).startswith("retry:")
        assert next(lines).startswith('data: {"type":"refetchEvaluation"')  # no beat, which takes longer
    headers = {"If-None-Match": found.headers["etag"]}
    again = service.post("/ofrep/v1/evaluate/flags", asked, key="anywhere", headers=headers)
    assert again.status_code == 200  # with the token of a stream that opens upon nothing new
    assert again.json()["eventStreams"][0]["endpoint"]["requestUri"] != where


async def stamp(parts: Services, visitor: str) -> str:
    """Return what an answer for a visitor would be made from."""
    async with parts.database.connection() as connection:
        return stamp_of(parts.streams.shared(), (await traces_of(connection, [visitor]))[visitor])


def test_a_stream_that_opens_upon_what_its_answer_was_made_from_tells_nothing(story: Store) -> None:
    visitor = f"v-{new_id()}"

    async def listen(parts: Services) -> bool:
        async with story.replica() as other:
            made_from = await stamp(other, visitor)
        stream = await parts.streams.begin(Listener("key", visitor, FAR, made_from), "192.0.2.1")
        assert (await told(stream)).startswith(b"retry:")
        try:
            await told(stream, 2.5)
        except TimeoutError:
            return True
        return False

    assert story.run(listen)


def test_the_account_of_who_denies_is_not_read_for_a_stream(story: Store) -> None:
    account, visitor = story.account(size=500), f"v-{new_id()}"
    story.rows(
        "INSERT INTO segue.visitors (visitor, account_id, account_method, account_confidence, first_seen, last_seen)"
        " VALUES (%s, %s, 'explicit', 0.9, now(), now())", visitor, account,
    )  # fmt: skip

    async def stamps(parts: Services) -> list[str]:
        found = [await stamp(parts, visitor)]
        story.rows(LABELLED, account, "one_more")
        found.append(await stamp(parts, visitor))
        story.rows(
            "INSERT INTO segue.consents (kind, subject, purpose, source, state, at)"
            " VALUES ('visitor', %s, 'personalization', 'declared', 'denied', now())", visitor,
        )  # fmt: skip
        found.append(await stamp(parts, visitor))
        story.rows("DELETE FROM segue.labels WHERE account_id = %s", account)
        return [*found, await stamp(parts, visitor)]

    known, relabelled, denied, denied_still = story.run(stamps)
    assert len({known, relabelled, denied}) == 3 and denied_still == denied


def test_streams_are_bounded_and_end(story: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEGUE_STREAMS", "3")
    monkeypatch.setenv("SEGUE_STREAMS_PER_ADDRESS", "2")

    async def listen(parts: Services) -> list[int]:
        now = int(time.time())
        streams = [await parts.streams.begin(Listener("key", "v", FAR), "192.0.2.1") for _ in range(2)]
        refused = []
        for address in ("192.0.2.1", "192.0.2.2", "192.0.2.3"):
            try:
                streams.append(await parts.streams.begin(Listener("key", "v", now), address))
            except RefusedError as error:
                refused.append(error.status)
        assert [each async for each in streams[2]] == [b"retry: 2000\n\n"]  # its token is over
        parts.streams.end()
        for stream in streams[:2]:
            assert [each async for each in stream] == [b"retry: 2000\n\n"]
        assert len(parts.streams) == 0
        return refused

    assert story.run(listen) == [429, 429]


@pytest.fixture
def tokens(story: Store) -> StreamTokens:
    async def made(parts: Services) -> StreamTokens:
        return parts.stream_tokens

    return story.run(made)


def test_a_token_is_the_same_within_a_window_and_holds_for_minutes(tokens: StreamTokens) -> None:
    start = (time.time() // WINDOW) * WINDOW
    found = tokens.make("key", "v", "s", start)
    assert found is not None and found == tokens.make("key", "v", "s", start + WINDOW - 1)
    others = [("key", "v", "s", start + WINDOW), ("key", "w", "s", start), ("key", "v", "t", start)]
    assert found not in [tokens.make(*each) for each in others]
    assert tokens.read(found) == Listener("key", "v", int(start + 2 * WINDOW), "s")
    past = tokens.make("key", "v", "s", start - 2 * WINDOW)
    assert past is not None
    for wrong in (past, found[:-3] + "abc", "", "é", "a.b.c", f"{found}.x"):
        with pytest.raises(RefusedError) as error:
            tokens.read(wrong)
        assert error.value.status == 401


@pytest.mark.parametrize("token", ["", "eyJ0", "é", "a" * 4_000])
def test_who_has_no_token_hears_nothing(service: Service, token: str) -> None:
    assert service.client.get(f"{service.url}/ofrep/v1/events", params={"token": token}).status_code == 401


def test_a_replica_that_is_told_to_end_does_not_wait_for_its_streams(
    service: Service, tmp_path: Path
) -> None:
    body = {"context": {"targetingKey": "v-1"}}
    with httpx2.Client(timeout=30) as client, replica(service.database, tmp_path / "own") as own:
        own.keys = service.keys
        found = own.post("/ofrep/v1/evaluate/flags", body, key="anywhere").json()
        where = found["eventStreams"][0]["endpoint"]["requestUri"]
        with client.stream("GET", own.url + where) as stream:
            assert stream.status_code == 200
            assert stream.headers["content-type"].startswith("text/event-stream")
            lines = stream.iter_lines()
            assert next(lines).startswith("retry:")
            os.kill(own.process_id, signal.SIGTERM)
            started = time.monotonic()
            assert [each for each in lines if each] == []
            assert time.monotonic() - started < 5
