"""The journal: decisions that come in together are committed together, before their callers see them.

One COPY and one commit take a group; a row that cannot be stored fails alone. Limits and daily caps are
held inside the same transaction, and so is the answer to an idempotent call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import psycopg

from segue.accounts.stored import Delivered
from segue.agents.counted import DeliveredCounts
from segue.core.database import Connection, Database
from segue.core.errors import InputError, SegueError
from segue.policies.models.segment import Limit

COLUMNS = (
    "decision_id", "decided_at", "account_id", "domain", "visitor", "pack", "surface", "segment", "status",
    "play", "rep", "mode", "chooser", "fallback_reason", "arm", "revision", "shadow", "key_id", "latency_ms",
    "facts", "proposal", "answer",
)  # fmt: skip
"""The columns of a decision's row, in the order of `Entry.row`."""

_MOST = 256
"""Decisions a group."""
_WRITERS = 2
"""Groups under way at once: while one waits for the disk the next is written."""
KEPT_FOR = timedelta(hours=24)
"""How long the answer to an idempotent call is given again."""


@dataclass(frozen=True, slots=True)
class Once:
    """A call that may be repeated: its key within the caller's, the digest of its body, and its answer."""

    key_id: str
    idempotency_key: str
    body_digest: bytes
    status: int
    response: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """A decision to commit, with what its commit depends on."""

    row: tuple[Any, ...]
    account_id: str
    play: str
    now: datetime
    contact: str | None = None
    counted: bool = False
    """Whether some limit counts the play, so that its delivery is kept."""
    limits: tuple[Limit, ...] = ()
    rep_cap: tuple[str, int] | None = None
    """The rep who is assigned, and how many assignments a day they take."""
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Committed:
    """The decision is stored."""


@dataclass(frozen=True, slots=True)
class Repeated:
    """A call with the same idempotency key was answered already."""

    once: Once


@dataclass(frozen=True, slots=True)
class LimitLost:
    """Others took what the limit or the daily cap had left; nothing was stored."""

    delivered: tuple[Delivered, ...] = ()
    """The deliveries to the account as they are now."""
    rep: str | None = None
    """The rep whose day is full."""


Outcome = Committed | Repeated | LimitLost


@dataclass(eq=False)
class _Waiting:
    entry: Entry
    future: asyncio.Future[Outcome] = field(repr=False)


class Journal:
    """Commits decisions in groups. Open it within the loop that uses it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[_Waiting] = []
        self._writers: set[asyncio.Task[None]] = set()
        self.committed = 0
        """Decisions stored by this process, for metrics."""
        self.groups = 0

    async def commit(self, entry: Entry) -> Outcome:
        """Store a decision; when this returns `Committed` it is on the disk.

        Raises:
            UnavailableError: the database does not answer; whether the decision was stored is not known.
            InputError: the row cannot be stored.
        """
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(entry, future))
        if len(self._writers) < _WRITERS:
            writer = asyncio.create_task(self._write())
            self._writers.add(writer)
            writer.add_done_callback(self._writers.discard)
        return await future

    async def answered(self, key_id: str, idempotency_key: str) -> Once | None:
        """Return the answer that a call with this key got within the last 24 hours, if there was one."""
        async with self._database.connection() as connection:
            return await _answer(connection, key_id, idempotency_key)

    async def close(self) -> None:
        """Wait for what is under way."""
        await asyncio.gather(*self._writers, return_exceptions=True)

    async def _write(self) -> None:
        while self._waiting:
            group = self._take_group()
            try:
                await self._commit_group(group)
            except SegueError as error:
                _fail(group, error)
            except psycopg.Error as error:
                _fail(group, InputError(f"the decision cannot be stored: {type(error).__name__}"))
            except (
                Exception
            ) as error:  # each caller hears of it; raised here too, it would be logged word for word
                _fail(group, error)
            except BaseException as error:
                _fail(group, error)
                raise

    def _take_group(self) -> list[_Waiting]:
        """Take what waits, but of calls with one idempotency key only the first: it decides for the rest."""
        group: list[_Waiting] = []
        left: list[_Waiting] = []
        taken: set[tuple[str, str]] = set()
        for each in self._waiting:
            once = each.entry.once
            key = (once.key_id, once.idempotency_key) if once else None
            if len(group) >= _MOST or (key is not None and key in taken):
                left.append(each)
                continue
            if key is not None:
                taken.add(key)
            group.append(each)
        self._waiting = left
        return group

    async def _commit_group(self, group: Sequence[_Waiting]) -> None:
        try:
            await self._commit(group)
        except psycopg.DataError:
            if len(group) == 1:
                raise
            for each in group:  # one of them cannot be stored: it fails alone
                try:
                    await self._commit([each])
                except psycopg.DataError as error:
                    _fail([each], InputError(f"the decision cannot be stored: {type(error).__name__}"))

    async def _commit(self, group: Sequence[_Waiting]) -> None:
        outcomes: dict[_Waiting, Outcome] = {}
        left = list(group)
        while left:
            async with self._database.connection() as connection:
                try:
                    async with connection.transaction():
                        await _lose_limits(connection, left, outcomes)
                        left = [each for each in left if each not in outcomes]
                        await _find_repeated(connection, left, outcomes)
                        if any(each in outcomes for each in left):
                            raise _RepeatedFound  # what they counted must not stand
                        await _store([each.entry for each in left], connection)
                except _RepeatedFound:
                    left = [each for each in left if each not in outcomes]
                    continue
                break
        outcomes.update(dict.fromkeys(left, Committed()))
        self.committed += len(left)
        self.groups += 1
        for each in group:
            if not each.future.done():
                each.future.set_result(outcomes[each])


class _RepeatedFound(Exception):
    """Some of the group were answered already: the transaction starts again without them."""


async def _lose_limits(
    connection: Connection, group: Sequence[_Waiting], outcomes: dict[_Waiting, Outcome]
) -> None:
    """Find those whose play is past its limit by now, and count assignments up to each rep's cap."""
    limited = [each for each in group if each.entry.limits]
    if limited:
        delivered = await _delivered(connection, [each.entry for each in limited])
        for each in limited:
            entry = each.entry
            done = delivered[entry.account_id]
            if _is_past(entry, done):
                outcomes[each] = LimitLost(tuple(done))
            else:
                done.append(Delivered(entry.play, entry.contact, entry.now))
    capped = [each for each in group if each.entry.rep_cap and each not in outcomes]
    for each in sorted(capped, key=lambda waiting: str(waiting.entry.rep_cap)):
        assert each.entry.rep_cap is not None
        rep, cap = each.entry.rep_cap
        if not await _assign(connection, rep, each.entry.now.date(), cap):
            outcomes[each] = LimitLost(rep=rep)


def _is_past(entry: Entry, done: Sequence[Delivered]) -> bool:
    counts = DeliveredCounts(done, entry.now, entry.contact)
    return any(
        sum(counts.delivered(play, limit.per, limit.over) for play in limit.plays) >= limit.at_most
        for limit in entry.limits
    )


async def _delivered(connection: Connection, entries: Sequence[Entry]) -> dict[str, list[Delivered]]:
    """Return the deliveries of some accounts, which others cannot add to until the transaction ends."""
    accounts = sorted({entry.account_id for entry in entries})
    oldest = min(entry.now - limit.over for entry in entries for limit in entry.limits)
    await connection.execute(
        "SELECT pg_advisory_xact_lock(key) FROM"
        " (SELECT DISTINCT hashtextextended(id, 7) AS key FROM unnest(%s::text[]) AS id ORDER BY 1) AS keys",
        (accounts,),
    )
    cursor = await connection.execute(
        "SELECT account_id, play, contact, delivered_at FROM segue.deliveries"
        " WHERE account_id = ANY(%s) AND delivered_at > %s",
        (accounts, oldest),
    )
    found: dict[str, list[Delivered]] = {account: [] for account in accounts}
    for account, play, contact, at in await cursor.fetchall():
        found[account].append(Delivered(play, contact, at))
    return found


async def _assign(connection: Connection, rep: str, day: date, cap: int) -> bool:
    cursor = await connection.execute(
        "INSERT INTO segue.rep_loads AS loads (rep, day, assignments) VALUES (%s, %s, 1)"
        " ON CONFLICT (rep, day) DO UPDATE SET assignments = loads.assignments + 1"
        " WHERE loads.assignments < %s",
        (rep, day, cap),
    )
    return cursor.rowcount == 1


async def _find_repeated(
    connection: Connection, group: Sequence[_Waiting], outcomes: dict[_Waiting, Outcome]
) -> None:
    """Keep the answers of idempotent calls; one whose key is taken waits for its holder and is `Repeated`."""
    calls = {
        (each.entry.once.key_id, each.entry.once.idempotency_key): each for each in group if each.entry.once
    }
    if not calls:
        return
    ordered = [each.entry.once for _, each in sorted(calls.items(), key=lambda item: item[0])]
    columns = zip(
        *((o.key_id, o.idempotency_key, o.body_digest, o.status, o.response) for o in ordered if o),
        strict=True,
    )
    cursor = await connection.execute(
        "INSERT INTO segue.idempotency AS old (key_id, idempotency_key, body_digest, status, response)"
        " SELECT * FROM unnest(%s::text[], %s::text[], %s::bytea[], %s::smallint[], %s::bytea[])"
        " ON CONFLICT (key_id, idempotency_key) DO UPDATE SET body_digest = excluded.body_digest,"
        " status = excluded.status, response = excluded.response, created_at = now()"
        " WHERE old.created_at < now() - %s RETURNING key_id, idempotency_key",
        (*(list(column) for column in columns), KEPT_FOR),
    )
    kept = {tuple(row) for row in await cursor.fetchall()}
    for key, each in calls.items():
        if key not in kept:
            answered = await _answer(connection, *key)
            assert answered is not None
            outcomes[each] = Repeated(answered)


async def _answer(connection: Connection, key_id: str, idempotency_key: str) -> Once | None:
    cursor = await connection.execute(
        "SELECT key_id, idempotency_key, body_digest, status, response FROM segue.idempotency"
        " WHERE key_id = %s AND idempotency_key = %s AND created_at >= now() - %s",
        (key_id, idempotency_key, KEPT_FOR),
    )
    row = await cursor.fetchone()
    return None if row is None else Once(*row)


async def _store(entries: Sequence[Entry], connection: Connection) -> None:
    if not entries:
        return
    async with connection.cursor() as cursor:
        async with cursor.copy(f"COPY segue.decisions ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for entry in entries:
                await copy.write_row(entry.row)
        counted = [entry for entry in entries if entry.counted]
        if counted:
            async with cursor.copy("COPY segue.deliveries FROM STDIN") as copy:
                for entry in counted:
                    await copy.write_row(
                        (entry.account_id, entry.contact, entry.play, entry.now, entry.row[0])
                    )


def _fail(group: Sequence[_Waiting], error: BaseException) -> None:
    for each in group:
        if not each.future.done():
            each.future.set_exception(error)
