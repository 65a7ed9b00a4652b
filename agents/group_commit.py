"""One transaction that commits a group of decisions: limits, leases, daily caps, idempotent answers and the rows.

Locks are taken in one order by everyone: accounts, leases, reps, pages, idempotency keys.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta

from segue.accounts.counted import DeliveredCounts
from segue.accounts.rep_loads import take_up_to_cap
from segue.accounts.stored import Delivered
from segue.agents.entry import Committed, Entry, LeaseLost, LimitLost, Once, Outcome, PageLost, Repeated
from segue.agents.leases import take_leases, take_pages
from segue.core.database import Connection, Database

COLUMNS = (
    "decision_id", "decided_at", "account_id", "domain", "visitor", "pack", "surface", "segment", "status",
    "play", "rep", "mode", "chooser", "fallback_reason", "arm", "revision", "shadow", "beside", "key_id", "latency_ms",
    "facts", "proposal", "answer",
)  # fmt: skip
"""The columns of a decision's row, in the order of `Entry.row`."""

KEPT_FOR = timedelta(hours=24)
"""How long the answer to an idempotent call is given again."""


_Numbered = Mapping[int, Entry]


class _RepeatedFoundError(Exception):
    """Some of the group were answered already: the transaction starts again without them."""

    def __init__(self, found: Mapping[int, Outcome]) -> None:
        super().__init__()
        self.found = found


async def commit_group(database: Database, entries: Sequence[Entry]) -> list[Outcome]:
    """Commit entries together, no two of one idempotency key; return what came of each, in their order.

    Raises:
        UnavailableError: the database does not answer; whether they were stored is not known.
        psycopg.Error: one of them cannot be stored; none was.
    """
    if all(entry.stands_alone for entry in entries):
        async with database.connection() as connection:  # one COPY is a transaction of its own
            await _store(connection, entries)
        return [Committed()] * len(entries)
    repeated: dict[int, Outcome] = {}
    while True:
        left = {number: entry for number, entry in enumerate(entries) if number not in repeated}
        try:
            async with database.transaction() as connection:
                lost = await _lose(connection, left)
                kept = {number: entry for number, entry in left.items() if number not in lost}
                found = await _find_repeated(connection, kept)
                if found:
                    # what they counted must not stand, nor what others lost to them
                    raise _RepeatedFoundError(found)
                await _store(connection, list(kept.values()))
        except _RepeatedFoundError as error:
            repeated.update(error.found)
        else:
            committed = dict.fromkeys(kept, Committed())
            outcomes = {**repeated, **lost, **committed}
            return [outcomes[number] for number in range(len(entries))]


async def read_answer(connection: Connection, key_id: str, idempotency_key: str) -> Once | None:
    """Return the answer that a call with this key got within the last 24 hours, if there was one."""
    cursor = await connection.execute(
        "SELECT key_id, idempotency_key, body_digest, status, response FROM segue.idempotency"
        " WHERE key_id = %s AND idempotency_key = %s AND created_at >= now() - %s",
        (key_id, idempotency_key, KEPT_FOR),
    )
    row = await cursor.fetchone()
    return None if row is None else Once(*row)


async def _lose(connection: Connection, entries: _Numbered) -> dict[int, Outcome]:
    """Find those who come too late: for a limit, for their account's lease, for a rep's day or for their page."""
    lost = await _lose_limits(connection, entries)
    leases = {number: entry.lease for number, entry in entries.items() if entry.lease and number not in lost}
    if leases:
        lost |= {
            number: LeaseLost(lease) for number, lease in (await take_leases(connection, leases)).items()
        }
    lost |= await _lose_caps(connection, {n: each for n, each in entries.items() if n not in lost})
    # last of all: what a page rests on is a decision that is stored
    pages = {number: entry.page for number, entry in entries.items() if entry.page and number not in lost}
    if pages:
        lost |= dict.fromkeys(await take_pages(connection, pages), PageLost())
    return lost


async def _lose_limits(connection: Connection, entries: _Numbered) -> dict[int, Outcome]:
    """Find those whose play is past its limit by now."""
    lost: dict[int, Outcome] = {}
    limited = {number: entry for number, entry in entries.items() if entry.limits}
    if limited:
        delivered = await _delivered(connection, list(limited.values()))
        for number, entry in limited.items():
            done = delivered[entry.account_id]
            if _is_past(entry, done):
                lost[number] = LimitLost(tuple(done))
            else:
                done.append(Delivered(entry.play, entry.contact, entry.now))
    return lost


async def _lose_caps(connection: Connection, entries: _Numbered) -> dict[int, Outcome]:
    """Count assignments up to each rep's cap, and find those past it."""
    lost: dict[int, Outcome] = {}
    capped = [
        (*entry.rep_cap, entry.now.date(), number) for number, entry in entries.items() if entry.rep_cap
    ]
    for rep, cap, day, number in sorted(capped, key=lambda each: (each[0], each[2], each[3])):
        if not await take_up_to_cap(connection, rep, day, cap):
            lost[number] = LimitLost(rep=rep)
    return lost


def _is_past(entry: Entry, done: Sequence[Delivered]) -> bool:
    counts = DeliveredCounts(done, entry.now, entry.contact)
    return any(
        sum(counts.delivered(play, limit.per, limit.over) for play in limit.plays) >= limit.at_most
        for limit in entry.limits
    )


async def _delivered(connection: Connection, entries: Sequence[Entry]) -> dict[str, list[Delivered]]:
    """Return the deliveries of some accounts, which others cannot add to until the transaction ends."""
    accounts = sorted({entry.account_id for entry in entries})
    oldest = min(entry.now - max(entry.window, *(limit.over for limit in entry.limits)) for entry in entries)
    await connection.execute(
        "SELECT pg_advisory_xact_lock(key) FROM"
        " (SELECT DISTINCT hashtextextended(id, 7) AS key FROM unnest(%s::text[]) AS id ORDER BY 1) AS keys",
        (accounts,),
    )
    cursor = await connection.execute(
        "WITH member AS ("
        " SELECT id AS account_id, id AS own FROM unnest(%(accounts)s::text[]) AS id"
        " UNION ALL SELECT alias_of, account_id FROM segue.accounts WHERE alias_of = ANY(%(accounts)s))"
        " SELECT member.account_id, play, contact, delivered_at FROM member"
        " JOIN segue.deliveries ON deliveries.account_id = member.own WHERE delivered_at > %(oldest)s",
        {"accounts": accounts, "oldest": oldest},
    )
    found: dict[str, list[Delivered]] = {account: [] for account in accounts}
    for account, play, contact, at in await cursor.fetchall():
        found[account].append(Delivered(play, contact, at))
    return found


async def _find_repeated(connection: Connection, entries: _Numbered) -> dict[int, Outcome]:
    """Keep the answers of idempotent calls; one whose key is taken waits for its holder and is `Repeated`."""
    calls = {entry.once.key: (number, entry.once) for number, entry in entries.items() if entry.once}
    if not calls:
        return {}
    ordered = [once for _, (_, once) in sorted(calls.items(), key=lambda item: item[0])]
    columns = zip(
        *((o.key_id, o.idempotency_key, o.body_digest, o.status, o.response) for o in ordered), strict=True
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
    found: dict[int, Outcome] = {}
    for key, (number, _) in calls.items():
        if key not in kept:
            answered = await read_answer(connection, *key)
            assert answered is not None
            found[number] = Repeated(answered)
    return found


async def _store(connection: Connection, entries: Sequence[Entry]) -> None:
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
