"""Who moved since an instant: from where to where, why, what that set off, and what failed to happen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from segue.accounts.transition_log import LoggedTransition, transitions_since
from segue.agents.move_groups import clause_words
from segue.core.database import Database

Json = dict[str, Any]

_LATE = timedelta(minutes=5)
"""What still waits that long after it was due is late: nothing seems to carry it out."""
_NAMED = 1_000
"""Accounts of a group, and failures, that are named; the counts are of all."""


@dataclass(slots=True)
class PlayTally:
    """What became of one play for the accounts of a group, on entering or on leaving."""

    play: str
    moment: str
    segment: str
    statuses: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    """Why it was excluded or cancelled."""

    def to_json(self) -> Json:
        """Return it as plain JSON."""
        return {
            "play": self.play, "moment": self.moment, "segment": self.segment,
            "statuses": dict(self.statuses), "reasons": dict(self.reasons.most_common()),
        }  # fmt: skip


@dataclass(slots=True)
class MovedGroup:
    """The accounts that went from one segment of a pack to another."""

    pack: str
    before: str
    after: str
    moves: int = 0
    accounts: list[Json] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[tuple[str, ...]] = field(default_factory=Counter)
    """The clauses that flipped, in words, to how many moves had them."""
    plays: dict[tuple[str, str], PlayTally] = field(default_factory=dict)

    def to_json(self) -> Json:
        """Return it as plain JSON, the commonest reason first."""
        return {
            "pack": self.pack, "from": self.before, "to": self.after, "moves": self.moves,
            "causes": dict(self.causes.most_common()),
            "because": [
                {"clauses": list(words), "moves": count} for words, count in self.reasons.most_common()
            ],
            "plays": [each.to_json() for each in self.plays.values()], "accounts": self.accounts,
        }  # fmt: skip


@dataclass(slots=True)
class Moved:
    """Everything that changed since an instant, as of another."""

    since: datetime
    until: datetime
    accounts: int = 0
    """All that there are."""
    groups: dict[tuple[str, str, str], MovedGroup] = field(default_factory=dict)
    first: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(pack, segment) to how many accounts had their first label there."""
    merged: Counter[str] = field(default_factory=Counter)
    """Pack to the accounts that were merged into others: they have no label of their own any more."""
    surer: int = 0
    """Changes of how sure a label is, the segment staying."""
    returned: int = 0
    """Of those that moved, the accounts that are back in a segment in which they were at the start."""
    statuses: Counter[str] = field(default_factory=Counter)
    """What became of the plays that were set off."""
    failed: list[Json] = field(default_factory=list)
    """What was given up after the last try, or is late: each with its account, play and error."""
    failures: int = 0
    _ends: dict[tuple[str, str], tuple[str, str]] = field(default_factory=dict)

    @property
    def moved(self) -> int:
        """How many accounts moved, each counted once, in whichever pack."""
        return len({account for account, _ in self._ends})

    def ordered(self) -> list[MovedGroup]:
        """Return the groups, the largest first."""
        return sorted(
            self.groups.values(), key=lambda each: (each.pack, -each.moves, each.before, each.after)
        )

    def add(self, change: LoggedTransition) -> None:
        """Take one transition into account; they come the newest first."""
        for consequence in change.consequences:
            self._note(change, consequence)
        if change.to_segment is None:
            self.merged[change.pack] += 1
        elif change.from_segment is None:
            self.first[change.pack, change.to_segment] += 1
        elif change.from_segment == change.to_segment:
            self.surer += 1
        else:
            self._move(change, change.from_segment, change.to_segment)

    def finish(self) -> None:
        """Work out what hangs on all of them: who came back."""
        self.returned = len({account for (account, _), (start, end) in self._ends.items() if start == end})

    def to_json(self) -> Json:
        """Return it as plain JSON."""
        first = [
            {"pack": pack, "segment": segment, "accounts": count}
            for (pack, segment), count in self.first.most_common()
        ]
        return {
            "since": self.since.isoformat(), "until": self.until.isoformat(), "accounts": self.accounts,
            "moved": self.moved, "returned": self.returned, "set_off": dict(self.statuses),
            "failures": self.failures, "failed": self.failed,
            "groups": [each.to_json() for each in self.ordered()], "first_labels": first,
            "changes_of_status": self.surer,
            "merged": [{"pack": pack, "accounts": count} for pack, count in self.merged.most_common()],
        }  # fmt: skip

    def _move(self, change: LoggedTransition, before: str, after: str) -> None:
        key = change.pack, before, after
        group = self.groups.setdefault(key, MovedGroup(*key))
        group.moves += 1
        group.causes[change.cause] += 1
        group.reasons[tuple(clause_words(each) for each in change.because)] += 1
        if len(group.accounts) < _NAMED:
            group.accounts.append(
                {"account": change.account_id, "domain": change.domain, "name": change.name,
                 "at": change.at.isoformat(), "cause": change.cause, "because": list(change.because)}
            )  # fmt: skip
        for each in change.consequences:
            place = each["play"], each["moment"]
            tally = group.plays.setdefault(place, PlayTally(each["play"], each["moment"], each["segment"]))
            tally.statuses[each["status"]] += 1
            if each["status"] in ("excluded", "cancelled") and each["reason"]:
                tally.reasons[each["reason"]] += 1
        at = change.counts_for, change.pack
        _, end = self._ends.get(at, ("", after))
        self._ends[at] = before, end

    def _note(self, change: LoggedTransition, consequence: Mapping[str, Any]) -> None:
        status = consequence["status"]
        self.statuses[status] += 1
        due = datetime.fromisoformat(consequence["due_at"])
        late = status == "waiting" and due < self.until - _LATE
        if status == "parked" or late:
            self.failures += 1
            if len(self.failed) < _NAMED:
                self.failed.append(
                    {"consequence_id": consequence["consequence_id"], "account": change.account_id,
                     "domain": change.domain, "name": change.name, "pack": change.pack,
                     "segment": consequence["segment"], "play": consequence["play"],
                     "moment": consequence["moment"], "status": "late" if late else "parked",
                     "reason": consequence["reason"], "attempts": consequence["attempts"],
                     "due_at": due.isoformat()}
                )  # fmt: skip


async def moved_since(database: Database, since: datetime, now: datetime, pack: str | None = None) -> Moved:
    """Return who moved from an instant to now, in one pack or in all.

    Raises:
        UnavailableError: the database does not answer.
    """
    found = Moved(since, now)
    async with database.transaction() as connection:
        cursor = await connection.execute("SELECT count(*) FROM segue.accounts WHERE alias_of IS NULL")
        row = await cursor.fetchone()
        found.accounts = row[0] if row else 0
        async for change in transitions_since(connection, since, pack):
            found.add(change)
    found.finish()
    return found
