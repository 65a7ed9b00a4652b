"""Carry a consequence out: claimed, judged again, done by its connector, and what came of it stored.

At least once: what the other side did is known only by its answer, so a process that dies between the call
and the commit leaves the consequence open, and the next try sends the same id.
"""

from __future__ import annotations

import asyncio
import logging
import random
import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Protocol

from psycopg.types.json import Jsonb

from segue.activation.connectors.choosing import connector_of
from segue.activation.connectors.connected import crm_of
from segue.activation.connectors.connector import (
    AnyConnector,
    Errand,
    LocalConnector,
    NotDoneError,
    RefusedError,
    TellingConnector,
    TryAgainError,
)
from segue.activation.consequence import OPEN, Consequence, locked, put_off, settle
from segue.activation.judging import NotNow, ServingPacks, judged
from segue.activation.words import forget_words, words_of
from segue.core.database import Connection, Database
from segue.core.settings import Settings

_log = logging.getLogger(__name__)
_MOST_REASON = 500


class Policies(Protocol):
    """Where the packs that serve come from."""

    @property
    def live(self) -> ServingPacks:
        """What serves now; raises `UnavailableError` where nothing does yet."""
        ...


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a consequence is tried, and how long it waits in between, in seconds."""

    tries: int
    first_wait: float
    longest_wait: float

    @classmethod
    def of(cls, settings: Settings) -> Retries:
        """Return what the settings say."""
        return cls(
            settings.activation_tries, settings.activation_first_wait, settings.activation_longest_wait
        )

    def wait(self, attempts: int, asked: float | None) -> float:
        """Return the wait after so many tries: twice the last, less a random half; at least what was asked for."""
        longest = min(self.longest_wait, self.first_wait * 2.0 ** min(attempts - 1, 40))
        spread = longest * random.uniform(0.5, 1.0)  # noqa: S311 - only so that not all come back at once
        return max(spread, min(asked or 0.0, self.longest_wait))


@dataclass(frozen=True, slots=True)
class Activation:
    """Everything that carrying out rests on."""

    database: Database
    policies: Policies
    connectors: Mapping[str, AnyConnector]
    retries: Retries
    timeout: float
    """Seconds that one call of a connector may take, whatever it does."""


async def carry_out(activation: Activation, consequence_id: str) -> None:
    """Carry one consequence out, or store why not. One that is finished already is left alone.

    Raises:
        UnavailableError: the database does not answer, or no policy serves yet.
    """
    serving = activation.policies.live
    async with activation.database.transaction() as connection:
        claimed = await _claimed(connection, activation, serving, consequence_id)
    if claimed is None:
        return
    consequence, call = claimed
    try:
        async with asyncio.timeout(activation.timeout):
            detail = await call()
    except Exception as error:  # whatever it is, the consequence is tried again or parked, never lost
        await _failed(activation, consequence, error)
        return
    async with activation.database.transaction() as connection:
        if await _is_still_mine(connection, consequence):
            await settle(connection, consequence, "done", None, detail)


_Call = Callable[[], Awaitable[Mapping[str, Any]]]
"""The call of the connector."""


async def _claimed(
    connection: Connection, activation: Activation, serving: ServingPacks, consequence_id: str
) -> tuple[Consequence, _Call] | None:
    """Judge a consequence and mark it as under way; None where nothing is left to do, which is stored."""
    # the account before the consequence, as whoever labels locks them
    await connection.execute(
        "SELECT 1 FROM segue.accounts WHERE account_id ="
        " (SELECT account_id FROM segue.consequences WHERE consequence_id = %s) FOR UPDATE",
        (consequence_id,),
    )
    found = await locked(connection, consequence_id)
    if found is None or found.status not in OPEN:
        return None
    now = datetime.now(UTC)
    if found.due_at > now:
        await put_off(connection, found, found.due_at)
        return None
    verdict = await judged(connection, found, serving, now)
    if isinstance(verdict, NotNow):
        await settle(connection, found, verdict.status, verdict.reason, verdict.detail)
        if verdict.fallback is not None and "instead_of" not in found.detail:
            await _set_off(connection, found, verdict.fallback, now)
        return None
    name = connector_of(verdict.play.model, crm_of(activation.connectors))
    connector = activation.connectors.get(name)
    if connector is None:
        await settle(connection, found, "excluded", "not_configured", {"connector": name})
        return None
    before = await _held_up_until(connection, found, name, now)
    if before is not None:
        await settle(connection, found, "waiting", "after_another", {"connector": name})
        await put_off(connection, found, before)
        return None
    if found.attempts >= activation.retries.tries:  # its last try ended with its process
        await settle(connection, found, "parked", found.reason or "interrupted")
        return None
    if isinstance(connector, LocalConnector):
        await _carried_out_here(connection, found, verdict, connector)
        return None
    attempts = found.attempts + 1
    await settle(connection, found, "doing", found.reason, {"connector": name}, attempts)
    if isinstance(connector, TellingConnector):
        words = await words_of(connection, found, verdict, connector, now)
        call: _Call = partial(connector.tell, verdict, words.told, words.first_try)
    else:
        call = partial(connector.carry_out, verdict)
    return replace(found, attempts=attempts), call


async def _carried_out_here(
    connection: Connection, found: Consequence, errand: Errand, connector: LocalConnector
) -> None:
    try:
        detail = await connector.carry_out_in(connection, errand)
    except NotDoneError as error:
        await settle(connection, found, "excluded", error.reason, error.detail)
        return
    await settle(connection, found, "done", None, {"connector": connector.name, **detail}, found.attempts + 1)


async def _failed(activation: Activation, consequence: Consequence, error: Exception) -> None:
    """Store why a try failed, and when the next one is; or that it was the last."""
    async with activation.database.transaction() as connection:
        if not await _is_still_mine(connection, consequence):
            return
        if isinstance(error, NotDoneError | RefusedError):
            await forget_words(connection, consequence)
        if isinstance(error, NotDoneError):
            await settle(connection, consequence, "excluded", error.reason, error.detail)
            return
        reason = _reason(error, activation.timeout)
        _log.warning("consequence %s: %s", consequence.consequence_id, reason)
        if isinstance(error, RefusedError) or consequence.attempts >= activation.retries.tries:
            await settle(connection, consequence, "parked", reason)
            return
        asked = error.after if isinstance(error, TryAgainError) else None
        seconds = activation.retries.wait(consequence.attempts, asked)
        at = datetime.now(UTC) + timedelta(seconds=seconds)
        await settle(connection, consequence, "waiting", reason, {"next_try_at": at.isoformat()})
        await put_off(connection, consequence, at)


def _reason(error: Exception, timeout: float) -> str:
    if isinstance(error, RefusedError | TryAgainError):
        return str(error)[:_MOST_REASON]
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout:g} s"
    return type(error).__name__  # its message may hold what was sent


async def _is_still_mine(connection: Connection, consequence: Consequence) -> bool:
    """Return True when nobody took the consequence over since this try began."""
    now = await locked(connection, consequence.consequence_id)
    return now is not None and now.status == "doing" and now.attempts == consequence.attempts


async def _held_up_until(
    connection: Connection, consequence: Consequence, connector: str, now: datetime
) -> datetime | None:
    """Return until when one that was due before, of the same account and connector, holds this one up.

    A system that does not answer holds up what goes to it, and nothing else. The latest is told: there
    this one comes after.
    """
    cursor = await connection.execute(
        "SELECT max(greatest((detail ->> 'next_try_at')::timestamptz, %s)) FROM segue.consequences"
        " WHERE account_id = %s AND status = ANY(%s) AND attempts > 0 AND detail ->> 'connector' = %s"
        " AND (due_at, transition_id) < (%s, %s) AND consequence_id <> %s",
        (
            now, consequence.account_id, list(OPEN), connector, consequence.due_at, consequence.transition_id,
            consequence.consequence_id,
        ),
    )  # fmt: skip
    row = await cursor.fetchone()
    return None if row is None or row[0] is None else row[0] + timedelta(seconds=1)


async def _set_off(connection: Connection, consequence: Consequence, play: str, now: datetime) -> None:
    """Store the play that follows where nobody was free, under an id that a repetition has too."""
    fallback_id = str(uuid.uuid5(uuid.UUID(consequence.consequence_id), f"instead:{play}"))
    cursor = await connection.execute(
        "INSERT INTO segue.consequences (consequence_id, transition_id, account_id, pack, revision, segment,"
        " play, moment, due_at, status, detail) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, 'waiting', %s)"
        " ON CONFLICT DO NOTHING",
        (
            fallback_id, consequence.transition_id, consequence.account_id, consequence.pack,
            consequence.revision, consequence.segment, play, consequence.moment, now,
            Jsonb({"instead_of": consequence.consequence_id}),
        ),
    )  # fmt: skip
    made = await locked(connection, fallback_id)
    if cursor.rowcount == 1 and made is not None:
        await put_off(connection, made, now)
