"""What changed for a seller since an instant: which of their accounts moved, why, and what failed to fire."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from segue.accounts.transition_log import LoggedTransition
from segue.agents.seller_case import Desk, call_segments, segment_words
from segue.agents.seller_entities import Named
from segue.agents.seller_people import Seller

_MOST = 2_000
"""Changes that are read; more are counted by nobody, and said to be more."""
_LATE = timedelta(minutes=5)
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_LENGTH = re.compile(r"\b(\d{1,3})\s*(hours?|h|days?|d|weeks?|w)\b")
_THEIRS = """
WITH theirs AS (
    SELECT account_id FROM segue.accounts WHERE lower(owner) = ANY(%(reps)s)
    UNION SELECT account_id FROM segue.accounts WHERE lower(open_opportunity_owner) = ANY(%(reps)s)
    UNION SELECT account_id FROM segue.pins
        WHERE kind = 'owner' AND lower(value) = ANY(%(reps)s) AND expires_at > %(now)s
)
"""
_LATEST = """
SELECT transition_id, account_id, pack, from_segment, to_segment, from_status, to_status, because, cause,
    transitions.revision, at, accounts.domain, accounts.name,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('play', play, 'moment', moment, 'status', status,
        'reason', reason, 'due_at', due_at) ORDER BY consequence_id), '[]')
      FROM segue.consequences WHERE consequences.account_id = transitions.account_id
        AND consequences.pack = transitions.pack AND consequences.transition_id = transitions.transition_id),
    accounts.alias_of
FROM segue.transitions JOIN segue.accounts USING (account_id)
WHERE pack = %(pack)s AND at >= %(since)s AND at <= %(now)s AND alias_of IS NULL AND to_segment IS NOT NULL
ORDER BY transition_id DESC LIMIT %(most)s
"""
_OF_THEIRS = _THEIRS + _LATEST.replace(
    "FROM segue.transitions JOIN", "FROM segue.transitions JOIN theirs USING (account_id) JOIN"
)


@dataclass(frozen=True, slots=True)
class Moved:
    """One account that is elsewhere than it was."""

    account: Named
    before: str | None
    after: str
    because: tuple[Mapping[str, Any], ...]
    cause: str
    at: datetime
    up: bool
    """True where it came into a segment that is called."""
    down: bool
    """True where it left one."""


@dataclass(slots=True)
class WeekChanges:
    """What changed for some sellers."""

    since: datetime
    now: datetime
    moved: list[Moved] = field(default_factory=list)
    """Those that came into a segment that is called first, then those that left one, the newest first."""
    first: int = 0
    """Accounts that had their first label since."""
    returned: int = 0
    """Accounts that moved and are back where they were."""
    failed: list[tuple[Named, str, str]] = field(default_factory=list)
    """What failed to fire: the account, the play's title, and why."""
    more: bool = False


async def what_changed(desk: Desk, seller: Seller, since: datetime, now: datetime) -> WeekChanges:
    """Return what changed for a seller's accounts in the pack that decides.

    Raises:
        UnavailableError: the database does not answer, or no policy is active.
    """
    return await changes_of(desk, [seller.email], since, now)


async def changes_of(desk: Desk, reps: Sequence[str] | None, since: datetime, now: datetime) -> WeekChanges:
    """Return what changed for the accounts of some reps, by their addresses; of all accounts where None are named.

    Raises:
        UnavailableError: the database does not answer, or no policy is active.
    """
    pack = desk.packs[-1]
    names = None if reps is None else [each.casefold() for each in reps]
    asked = {"reps": names, "now": now, "since": since, "pack": pack.name, "most": _MOST}
    async with desk.database.connection() as connection:
        query = _LATEST if names is None else _OF_THEIRS
        cursor = await connection.execute(query.encode(), asked)
        changes = [LoggedTransition(*row) for row in await cursor.fetchall()]
    found = WeekChanges(since, now, more=len(changes) == _MOST)
    called = frozenset(call_segments(pack))
    by_account: dict[str, list[LoggedTransition]] = {}
    for each in changes:
        by_account.setdefault(each.account_id, []).append(each)
        for consequence in each.consequences:
            wrong = _went_wrong(consequence, now)
            if wrong is not None:
                title = (
                    pack.plays[consequence["play"]].model.title if consequence["play"] in pack.plays else ""
                )
                found.failed.append((_named(each), title or consequence["play"], wrong))
    for of_one in by_account.values():
        _add(found, of_one, called)
    found.moved.sort(key=lambda each: (not each.up, not each.down, -each.at.timestamp()))
    return found


def since_of(text: str, now: datetime) -> datetime:
    """Return how far back a question looks: `since Tuesday`, `yesterday`, `last 3 days`; else the week's Monday.

    On a Monday the week is the one that ended.
    """
    said = text.casefold()
    midnight = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    length = _LENGTH.search(said)
    if length is not None:
        unit = {"h": "hours", "d": "days", "w": "weeks"}[length[2][0]]
        return now - timedelta(**{unit: int(length[1])})
    if "yesterday" in said:
        return midnight - timedelta(days=1)
    if "today" in said or "this morning" in said:
        return midnight
    if "last week" in said or "past week" in said:
        return now - timedelta(days=7)
    if "month" in said:
        return now - timedelta(days=30)
    if "weekend" in said:
        return midnight - timedelta(days=(midnight.weekday() - 5) % 7)
    for number, name in enumerate(_DAYS):
        if name in said:
            return midnight - timedelta(days=(midnight.weekday() - number) % 7 or 7)
    return midnight - timedelta(days=midnight.weekday() or 7)


def _add(found: WeekChanges, changes: Sequence[LoggedTransition], called: frozenset[str]) -> None:
    """Add what an account's changes, the newest first, come to."""
    newest, oldest = changes[0], changes[-1]
    moves = [each for each in changes if each.from_segment not in (None, each.to_segment)]
    if oldest.from_segment is None:
        found.first += 1
        if newest.to_segment not in called:
            return
    elif not moves:
        return
    elif newest.to_segment == oldest.from_segment:
        found.returned += 1
        return
    assert newest.to_segment is not None
    last = moves[0] if moves else newest
    before = oldest.from_segment
    found.moved.append(
        Moved(
            _named(newest), None if before is None else segment_words(before), segment_words(newest.to_segment),
            tuple(last.because), last.cause, last.at, newest.to_segment in called and before not in called,
            before in called and newest.to_segment not in called,
        )
    )  # fmt: skip


def _named(change: LoggedTransition) -> Named:
    return Named(change.account_id, change.domain, change.name)


def _went_wrong(consequence: Mapping[str, Any], now: datetime) -> str | None:
    if consequence["status"] == "parked":
        return str(consequence["reason"] or "no error was kept")
    late = datetime.fromisoformat(consequence["due_at"]) < now - _LATE
    return "nothing has carried it out yet" if consequence["status"] == "waiting" and late else None
