"""Leases and the decisions of pages as they are taken: who comes second is told what holds, and decides again.

A lease that is over, or of another policy or label, or that was seen to be broken, gives way; any other stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from segue.core.database import Connection, write_json
from segue.core.text_arrays import text_array
from segue.policies.lease import Lease, lease_of

_TAKE_LEASES = """
INSERT INTO segue.leases AS old (account_id, pack, segment, revision, play, goal, offer, rep, taken_at, until,
    decision_id, replaced)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
    %s::text[], %s::timestamptz[], %s::timestamptz[], %s::uuid[], %s::uuid[])
ON CONFLICT (account_id, pack) DO UPDATE SET segment = excluded.segment, revision = excluded.revision,
    play = excluded.play, goal = excluded.goal, offer = excluded.offer, rep = excluded.rep,
    taken_at = excluded.taken_at, until = excluded.until, decision_id = excluded.decision_id,
    replaced = excluded.replaced
WHERE old.until <= excluded.taken_at OR old.revision <> excluded.revision OR old.segment <> excluded.segment
    OR old.decision_id = excluded.replaced
RETURNING account_id, pack
"""
_TAKE_PAGES = """
INSERT INTO segue.pages AS old (page, account_id, segment, play, rests_on, said, made_at, until, decision_id, replaced)
SELECT * FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::text[], %s::bytea[], %s::jsonb[],
    %s::timestamptz[], %s::timestamptz[], %s::uuid[], %s::uuid[])
ON CONFLICT (page) DO UPDATE SET account_id = excluded.account_id, segment = excluded.segment,
    play = excluded.play, rests_on = excluded.rests_on, said = excluded.said, made_at = excluded.made_at,
    until = excluded.until, decision_id = excluded.decision_id, replaced = excluded.replaced
WHERE old.until <= excluded.made_at OR old.rests_on <> excluded.rests_on OR old.decision_id = excluded.replaced
RETURNING page
"""


@dataclass(frozen=True, slots=True)
class TakenLease:
    """A lease that a decision takes for its account."""

    account_id: str
    lease: Lease
    taken_at: datetime
    replaced: str | None = None
    """The decision of the lease that this decision found broken."""

    @property
    def key(self) -> tuple[str, str]:
        """What it is the only one of."""
        return self.account_id, self.lease.pack


@dataclass(frozen=True, slots=True)
class HeldPage:
    """The decision that the flags of a page rest on."""

    page: bytes
    account_id: str
    segment: str
    play: str
    rests_on: bytes
    said: Mapping[str, Any]
    """What the flags are made from."""
    made_at: datetime
    until: datetime
    decision_id: str
    replaced: str | None = None
    """The decision of the page before, where something broke it."""


async def take_leases(connection: Connection, wanted: Mapping[int, TakenLease]) -> dict[int, Lease]:
    """Take leases for numbered decisions; return what holds instead for those that came too late.

    Of several for one account the first takes it.
    """
    first: dict[tuple[str, str], int] = {}
    for number, each in wanted.items():
        first.setdefault(each.key, number)
    rows = [
        (
            each.account_id, each.lease.pack, each.lease.segment, each.lease.revision, each.lease.play,
            each.lease.goal, each.lease.offer, each.lease.rep, each.taken_at.isoformat(),
            each.lease.until.isoformat(), each.lease.decision_id, each.replaced,
        )
        for each in (wanted[first[key]] for key in sorted(first))
    ]  # fmt: skip
    if not rows:
        return {}
    cursor = await connection.execute(_TAKE_LEASES, _columns(rows))
    taken = {(row[0], row[1]) for row in await cursor.fetchall()}
    late = {
        number: each for number, each in wanted.items() if each.key not in taken or first[each.key] != number
    }
    if not late:
        return {}
    found = {key: wanted[first[key]].lease for key in taken}
    found.update(await _leases_of(connection, {each.key for each in late.values()} - taken))
    return {number: found[each.key] for number, each in late.items()}


async def _leases_of(connection: Connection, keys: set[tuple[str, str]]) -> dict[tuple[str, str], Lease]:
    if not keys:
        return {}
    cursor = await connection.execute(
        "SELECT account_id, pack, segment, revision, play, goal, offer, rep, until::text, decision_id"
        " FROM segue.leases WHERE (account_id, pack) IN (SELECT * FROM unnest(%s::text[], %s::text[]))",
        _columns(sorted(keys)),
    )
    return {(row[0], row[1]): lease_of(row[1:]) for row in await cursor.fetchall()}


async def take_pages(connection: Connection, wanted: Mapping[int, HeldPage]) -> set[int]:
    """Store what pages rest on, for numbered decisions; return those of which another was first."""
    first: dict[bytes, int] = {}
    for number, each in wanted.items():
        first.setdefault(each.page, number)
    rows = [
        (
            _hex(each.page), each.account_id, each.segment, each.play, _hex(each.rests_on), write_json(each.said),
            each.made_at.isoformat(), each.until.isoformat(), each.decision_id, each.replaced,
        )
        for each in (wanted[first[page]] for page in sorted(first))
    ]  # fmt: skip
    if not rows:
        return set()
    cursor = await connection.execute(_TAKE_PAGES, _columns(rows))
    taken = {bytes(row[0]) for row in await cursor.fetchall()}
    return {number for number, each in wanted.items() if each.page not in taken or first[each.page] != number}


async def read_pages(connection: Connection, pages: Sequence[bytes]) -> dict[bytes, HeldPage]:
    """Return what pages rest on, of those of which it is stored."""
    cursor = await connection.execute(
        "SELECT page, account_id, segment, play, rests_on, said, made_at, until, decision_id FROM segue.pages"
        " WHERE page = ANY(%s)",
        (list(pages),),
    )
    found = {}
    for page, account, segment, play, rests_on, said, made_at, until, decision in await cursor.fetchall():
        found[bytes(page)] = HeldPage(
            bytes(page), account, segment, play, bytes(rests_on), said, made_at, until, str(decision)
        )
    return found


def _columns(rows: Sequence[tuple[str | None, ...]]) -> list[str]:
    return [text_array(column) for column in zip(*rows, strict=True)]


def _hex(data: bytes) -> str:
    return f"\\x{data.hex()}"
